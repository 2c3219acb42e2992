"""A comparison as a memo: head, what differs, what is unknown, table, numbered sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kb.messages import N_
from kb.practices.practice import Source
from web.presenters.comparison import Cell, Comparison, ComparisonRow
from web.printing.paper import (
    Block,
    Bullets,
    Citations,
    Facts,
    Foreign,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperTable,
    Piece,
    Text,
    WebAddress,
)
from web.rendering.i18n import Locale

MOST_DIFFERENCES = 9
SHORT_CHARACTERS = 120
"""Of the longest statement in a row that the first page names as a difference."""
TO_FILL_IN = "…" * 14


@dataclass(frozen=True)
class MemoHead:
    """Who writes and what was asked; what is empty is left to fill in by hand."""

    author: str = ""
    office: str = ""
    question: str = ""


def memo(
    comparison: Comparison, address: str, today: date, reader: Locale, head: MemoHead
) -> Paper:
    """``address`` is that of the comparison on the site."""
    return _Memo(comparison, reader).paper(address, today, head)


def short_places(comparison: Comparison) -> list[str]:
    """The places of the practices without their countries."""
    return [column.place.split(",")[0] for column in comparison.columns]


def _name_columns(comparison: Comparison) -> list[str]:
    """The places, with the titles of the practices where several are of one place."""
    places = short_places(comparison)
    return [
        f"{place} ({column.title})" if places.count(place) > 1 else place
        for place, column in zip(places, comparison.columns, strict=True)
    ]


class _Memo:
    def __init__(self, comparison: Comparison, reader: Locale) -> None:
        self.comparison, self.reader = comparison, reader
        self.say = reader.gettext
        self.places = _name_columns(comparison)

    def paper(self, address: str, today: date, head: MemoHead) -> Paper:
        say = self.say
        title = say(N_("Practices compared: {places}")).format(
            places=", ".join(dict.fromkeys(short_places(self.comparison)))
        )
        blocks: list[Block] = [
            Facts(list(self._head(today, head))),
            PaperHeading(say(N_("What differs"))),
            *self._differences(),
            PaperHeading(say(N_("What is not known"))),
            *self._unknown(),
            PaperHeading(say(N_("Practices compared"))),
            practices_table(self.comparison, self.reader),
            *self._own_place(),
            PaperHeading(say(N_("Sources"))),
            Citations([_citation(cited.source) for cited in self.comparison.sources]),
            WebAddress(say(N_("The same comparison on the site: ")).strip(), address),
        ]
        return Paper(title, "", self.reader.code, blocks, kind=say(N_("Memo")), day=today)

    def _head(self, today: date, head: MemoHead) -> Iterator[tuple[str, Text]]:
        say = self.say
        listed: list[Piece] = []
        for column in self.comparison.columns:
            listed += ["\n"] if listed else []
            listed.append(Foreign(column.title, column.language))
        yield say(N_("Subject")), listed
        yield say(N_("To")), TO_FILL_IN
        yield say(N_("From")), head.author or TO_FILL_IN
        yield say(N_("Office")), head.office or TO_FILL_IN
        yield say(N_("Date")), self.reader.date(today)
        yield say(N_("Question asked")), head.question or TO_FILL_IN

    def _differences(self) -> list[Block]:
        """The rows with short statements that are not alike."""
        about_the_place = {self.say(N_("Place")), self.say(N_("Likeness of the context"))}
        rows = (row for row in self.comparison.rows if row.name not in about_the_place)
        found = [row for row in rows if _differs(row)]
        items = [self._difference(row) for row in found[:MOST_DIFFERENCES]]
        remark = PaperParagraph(
            self.say(
                N_(
                    "As the cards say. Numbers in square brackets lead to the sources at the end; "
                    "what was only expected stands apart from what was achieved."
                )
            ),
            small=True,
        )
        if not items:
            return [PaperParagraph(self.say(N_("Nothing that can be said in a line."))), remark]
        return [Bullets(items), remark]

    def _difference(self, row: ComparisonRow) -> str:
        pairs = zip(self.places, row.cells, strict=True)
        cells = ((place, _cell(cell, self.reader)) for place, cell in pairs)
        said = "; ".join(f"{place}: {text.removesuffix('.')}" for place, text in cells if text)
        return f"{row.name} – {said}".replace("\n", ", ")

    def _unknown(self) -> list[Block]:
        """For each practice the rows in which its card says nothing."""
        rows = [row for row in self.comparison.rows if any(row.cells)]
        items = []
        for number, place in enumerate(self.places):
            names = [row.name for row in rows if not row.cells[number]]
            if names:
                items.append(f"{place}: {', '.join(names)}")
        of_none = [row.name for row in self.comparison.rows if not any(row.cells) and not row.own]
        if of_none:
            nobody = self.say(N_("None of them"))
            items.append(f"{nobody}: {', '.join(of_none)}")
        if not items:
            return [PaperParagraph(self.say(N_("Every card answers every item of the table.")))]
        return [Bullets(items)]

    def _own_place(self) -> list[Block]:
        """The municipality beside the places, in a table of its own."""
        own = self.comparison.own
        if own is None:
            return []
        rows: list[list[Text | None]] = [
            [row.name, _cell(row.own, self.reader), *_cells(row, self.reader)]
            for row in self.comparison.rows
            if row.own
        ]
        header = [self.say(N_("Item")), own.name, *self.places]
        heading = self.say(N_("{name} and these places")).format(name=own.name)
        return [
            PaperHeading(heading),
            PaperTable(header, rows, missing=self.say(N_("not reported"))),
        ]


def practices_table(comparison: Comparison, reader: Locale) -> PaperTable:
    """The practices side by side; rows in which no card says anything are left out."""
    say = reader.gettext
    titles = (Foreign(column.title, column.language) for column in comparison.columns)
    header: list[Text] = [say(N_("Item")), *titles]
    rows = [[row.name, *_cells(row, reader)] for row in comparison.rows if any(row.cells)]
    widths = [0.5, *(1.0 for _ in comparison.columns)]
    return PaperTable(header, rows, missing=say(N_("not reported")), widths=widths)


def table(comparison: Comparison, reader: Locale) -> PaperTable:
    """All of it for spreadsheets; the reader's municipality, if known, is the first column."""
    say = reader.gettext
    own = [comparison.own.name] if comparison.own else []
    header = [say(N_("Item")), *own, *(column.title for column in comparison.columns)]
    rows = [
        [row.name, *([_cell(row.own, reader) or "–"] if own else []), *_cells(row, reader)]
        for row in comparison.rows
    ]
    return PaperTable(header, rows, missing=say(N_("not reported")))


def _differs(row: ComparisonRow) -> bool:
    said = {tuple((line.text, line.marks) for line in cell) for cell in row.cells if cell}
    longest = max((sum(len(line.text) for line in cell) for cell in row.cells), default=0)
    return len(said) > 1 and longest <= SHORT_CHARACTERS


def _cells(row: ComparisonRow, reader: Locale) -> list[Text | None]:
    return [_cell(cell, reader) for cell in row.cells]


def _cell(cell: Cell, reader: Locale) -> str | None:
    page_word = reader.gettext(N_("p. {page}"))
    return "\n".join(line.with_source(page_word) for line in cell) or None


def _citation(source: Source) -> Text:
    year = f", {source.year}" if source.year else ""
    title = Foreign(source.title, source.language)
    after = f". {source.publisher}{year}. "
    return (title, after, PaperLink(source.url, source.url)) if source.url else (title, after)
