"""Rows as CSV that spreadsheets open with a double click."""

from __future__ import annotations

import csv
import io
import re

from web.printing.paper import PaperLink, PaperTable, Text, plain_text_of, split_links

FORMULA = re.compile(r"[=+@\t\r]|-(?![\d.,]+\s*$)")
"""What begins like this is run as a formula; a negative number is not."""


def as_csv(table: PaperTable, language: str) -> bytes:
    """UTF-8 with a mark in front, by which spreadsheets know it.

    Italian spreadsheets expect semicolons, as the comma is theirs for decimals. A link's address
    follows its words.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "it" else ",", lineterminator="\r\n")
    writer.writerow([_harmless(cell) for cell in table.header])
    for row in table.rows:
        writer.writerow([_harmless(_with_addresses(cell)) for cell in table.cells(row)])
    return out.getvalue().encode("utf-8-sig")


def _with_addresses(cell: Text) -> str:
    addresses = [piece.url for piece in split_links(cell) if isinstance(piece, PaperLink)]
    return " ".join([plain_text_of(cell), *(f"<{address}>" for address in addresses)])


def _harmless(cell: str) -> str:
    """Text that a spreadsheet would run as a formula, with an apostrophe in front."""
    return f"'{cell}" if FORMULA.match(cell) else cell
