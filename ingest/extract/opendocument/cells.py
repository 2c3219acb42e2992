"""Cells of an OpenDocument sheet as displayed (OASIS OpenDocument 1.3, part 3, 9).

Programs write runs of equal cells and rows once with a count, up to the last possible row. Counts
are followed only for cells with text, and up to a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ingest.extract.shared.timing import OutOfTime
from ingest.extract.shared.xml_stream import Element, attribute, short
from ingest.extract.sheets.cells import MAX_CHARACTERS, MAX_COLUMN, Area, SheetCells, repeat_merged
from ingest.extract.sheets.number_format import general, shown

MAX_REPEATED_ROWS = 1000
"""Copies made of a repeated row."""
HIDDEN = ("collapse", "filter")
TextOf = Callable[[Element], str]
"""Returns the text of a paragraph."""


@dataclass
class OdsSheet:
    """A sheet being read. ``objects``: addresses of its charts. ``texts``: text boxes."""

    name: str
    text_of: TextOf
    grid: SheetCells = field(default_factory=SheetCells)
    header_rows: set[int] = field(default_factory=set)
    objects: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    _row: int = 0
    _column: int = 0
    _columns: int = 0
    _hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    _merged: list[Area] = field(default_factory=list)
    _length: int = 0

    def add_columns(self, element: Element) -> None:
        count = min(_count(element, "table:number-columns-repeated"), MAX_COLUMN)
        if attribute(element, "table:visibility") in HIDDEN:
            self._hidden_columns.append((self._columns + 1, self._columns + count))
        self._columns += count

    def add_row(self, element: Element, *, header: bool) -> None:
        """Add a row as often as it is repeated.

        Raises:
            OutOfTime: the sheet has more text than is read.
        """
        first, count = self._row + 1, _count(element, "table:number-rows-repeated")
        self._row += count
        cells = self._cells(element, first)
        if attribute(element, "table:visibility") in HIDDEN:
            self.grid.hidden_rows.update(range(first, first + min(count, MAX_REPEATED_ROWS)))
            return
        if not cells:
            return
        for row in range(first, first + min(count, MAX_REPEATED_ROWS)):
            self.grid.rows[row] = dict(cells)
            self._length += sum(map(len, cells.values()))
            if header:
                self.header_rows.add(row)
            if self._length > MAX_CHARACTERS:
                raise OutOfTime

    def finish(self) -> SheetCells:
        repeat_merged(self.grid.rows, self._merged)
        return self.grid

    def _cells(self, row: Element, number: int) -> dict[int, str]:
        cells: dict[int, str] = {}
        column = 0
        for element in row:
            name = short(element.tag)
            if name not in ("table:table-cell", "table:covered-table-cell"):
                continue
            first, count = column + 1, _count(element, "table:number-columns-repeated")
            column += count
            text = self._text(element) if name == "table:table-cell" else ""
            if not text:
                continue
            self._note_span(element, number, first)
            for place in range(first, min(column, MAX_COLUMN) + 1):
                if not any(start <= place <= end for start, end in self._hidden_columns):
                    cells[place] = text
        return cells

    def _note_span(self, element: Element, row: int, column: int) -> None:
        rows = _count(element, "table:number-rows-spanned")
        if rows > 1:
            self._merged.append((row, column, row + rows - 1, column))

    def _text(self, cell: Element) -> str:
        parts = []
        for element in cell:
            match short(element.tag):
                case "text:p" | "text:h":
                    parts.append(self.text_of(element))
                case "text:list":
                    parts += [self.text_of(p) for p in element.iter("{*}p")]
                case "draw:frame":
                    self.add_frame(element)
        text = " ".join(" ".join(parts).split())
        return text or _value(cell)

    def add_frame(self, frame: Element) -> None:
        """Add a chart or text box placed over the cells."""
        for element in frame:
            if short(element.tag) == "draw:object":
                self.objects.append(attribute(element, "xlink:href").removeprefix("./"))
            elif short(element.tag) == "draw:text-box":
                self.texts += [self.text_of(p) for p in element.iter("{*}p")]


def _value(cell: Element) -> str:
    """The value of a cell for which the program stored no displayed text."""
    value = attribute(cell, "office:value")
    match attribute(cell, "office:value-type"):
        case "boolean":
            return {"true": "VERO", "false": "FALSO"}.get(
                attribute(cell, "office:boolean-value"), ""
            )
        case "date":
            return _date(attribute(cell, "office:date-value"))
        case "string":
            return " ".join(attribute(cell, "office:string-value").split())
        case "percentage":
            return _number(value, "0.##%")
        case "currency":
            currency = attribute(cell, "office:currency")
            sign = {"EUR": "€", "": "€"}.get(currency, currency)
            return _number(value, f'#,##0.00 "{sign}"')
    return _number(value, "")


def _number(value: str, code: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return shown(number, code) if code else general(number)


def _date(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{moment:%d/%m/%Y %H:%M}" if "T" in value else f"{moment:%d/%m/%Y}"


def _count(element: Element, name: str) -> int:
    value = attribute(element, name)
    return max(1, int(value)) if value.isdecimal() else 1
