"""A comparison as a memo: table, measured results, numbered sources."""

from __future__ import annotations

from datetime import date

from kb.messages import N_
from kb.practices.practice import Source
from web.presenters.comparison import Cell, Comparison, ComparisonRow
from web.printing.paper import (
    Block,
    Citations,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Text,
)
from web.rendering.i18n import Locale


def memo(comparison: Comparison, address: str, today: date, reader: Locale) -> Paper:
    """``address`` is that of the comparison on the site."""
    say = reader.gettext
    titles = [column.title for column in comparison.columns]
    blocks: list[Block] = [
        PaperParagraph(
            say(
                N_(
                    "This memo puts practices side by side as their cards say. Numbers in square "
                    "brackets lead to the sources at the end. What was only expected stands apart "
                    "from what was achieved."
                )
            )
        ),
        PaperHeading(say(N_("Practices compared"))),
        table(comparison, reader),
        PaperHeading(say(N_("Sources"))),
        Citations([_citation(cited.source) for cited in comparison.sources]),
        PaperParagraph((say(N_("The same comparison on the site: ")), PaperLink(address, address))),
    ]
    subtitle = say(N_("Comparison made on {day}")).format(day=reader.date(today))
    return Paper(" · ".join(titles), subtitle, reader.code, blocks)


def table(comparison: Comparison, reader: Locale) -> PaperTable:
    """The comparison as one table; the reader's municipality, if known, is the first column."""
    say = reader.gettext
    own = [comparison.own.name] if comparison.own else []
    header = [say(N_("Item")), *own, *(column.title for column in comparison.columns)]
    rows = [_row(row, bool(own), reader) for row in comparison.rows]
    widths = [0.6, *(0.5 for _ in own), *(1.0 for _ in comparison.columns)]
    return PaperTable(header, rows, missing=say(N_("not reported")), widths=widths)


def _row(row: ComparisonRow, has_own: bool, reader: Locale) -> list[Text | None]:
    own = [_cell(row.own, reader) or "–"] if has_own else []
    return [row.name, *own, *(_cell(cell, reader) for cell in row.cells)]


def _cell(cell: Cell, reader: Locale) -> str | None:
    page_word = reader.gettext(N_("p. {page}"))
    return "\n".join(line.with_source(page_word) for line in cell) or None


def _citation(source: Source) -> Text:
    year = f", {source.year}" if source.year else ""
    words = f"{source.title}. {source.publisher}{year}."
    return (f"{words} ", PaperLink(source.url, source.url)) if source.url else words
