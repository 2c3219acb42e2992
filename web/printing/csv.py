"""Rows as CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import re

from web.printing.paper import PaperLink, PaperTable, Text, plain_text_of, split_links

FORMULA = re.compile(r"[=+@\t\r]|-(?![\d.,]+\s*$)")
"""Text that spreadsheets run as a formula; negative numbers are excepted."""


def as_csv(table: PaperTable, language: str) -> bytes:
    """UTF-8 with byte order mark, semicolons as separators (Italian spreadsheets use the comma for
    decimals).

    A link is written as its words followed by its address.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "it" else ",", lineterminator="\r\n")
    writer.writerow([escape_formula(plain_text_of(cell)) for cell in table.header])
    for row in table.rows:
        writer.writerow([escape_formula(_with_addresses(cell)) for cell in table.cells(row)])
    return out.getvalue().encode("utf-8-sig")


def _with_addresses(cell: Text) -> str:
    addresses = [piece.url for piece in split_links(cell) if isinstance(piece, PaperLink)]
    return " ".join([plain_text_of(cell), *(f"<{address}>" for address in addresses)])


def escape_formula(cell: str) -> str:
    """Prefix text that a spreadsheet would run as a formula with an apostrophe."""
    return f"'{cell}" if FORMULA.match(cell) else cell
