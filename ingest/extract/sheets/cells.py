"""Read the cells of a worksheet as shown: number formats applied, hidden rows and columns left out
(ECMA-376, part 1, 18.3)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ingest.extract.shared.timing import OutOfTime
from ingest.extract.shared.xml_stream import Element, events, short
from ingest.extract.sheets.number_format import BUILT_IN, GENERAL, date_shown, shown

MAX_CHARACTERS = 2_000_000
"""Characters read of a sheet; a longer one is data, not a document."""
MAX_COLUMN = 16_384
"""Columns of a sheet in Excel."""
MAX_MERGED_ROWS = 200_000
"""Rows that all merged areas of a sheet may fill together."""
REPORT_EVERY_ROWS = 2000
"""Rows between two progress reports."""
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})", re.IGNORECASE)
_TRUE = ("1", "true", "on")

Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 1."""


@dataclass
class SheetCells:
    """The visible cells of a sheet by row and column, from 1. ``uncomputed``: number of formulas
    without a stored value. ``cut``: the sheet is longer than ``MAX_CHARACTERS``."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    uncomputed: int = 0
    cut: bool = False


@dataclass(frozen=True)
class Formats:
    """What cells refer to by index: shared strings, and the number format of each style."""

    texts: list[str]
    codes: list[str]
    since_1904: bool = False


def read_formats(
    archive: zipfile.ZipFile, texts: str | None, styles: str | None, *, since_1904: bool
) -> Formats:
    return Formats(
        _read_shared_texts(archive, texts) if texts else [],
        _read_format_codes(archive, styles) if styles else [],
        since_1904,
    )


def read_cells(
    archive: zipfile.ZipFile, part: str, formats: Formats, on_row: Callable[[], None]
) -> SheetCells:
    """Read the cells of a sheet up to its end or ``MAX_CHARACTERS``."""
    reader = _Reader(formats)
    try:
        for event, name, element in events(archive, part, forget=("s:row",), needed=True):
            if event == "start" and name == "s:row":
                reader.start_row(element)
                if reader.row % REPORT_EVERY_ROWS == 0:
                    on_row()
            elif event == "end" and name == "s:c":
                reader.add(element)
            elif event == "end" and name == "s:col":
                reader.note_column(element)
            elif event == "end" and name == "s:mergeCell":
                area = area_of(element.get("ref", ""))
                reader.merged += [area] if area else []
    except OutOfTime:
        reader.grid.cut = True
    repeat_merged(reader.grid.rows, reader.merged)
    return reader.grid


def repeat_merged(rows: dict[int, dict[int, str]], merged: Iterable[Area]) -> None:
    """Copy the text of merged cells to every row of the merged area that has other text."""
    repeated = 0
    end = max(rows, default=0)
    for first, column, last, _ in merged:
        text = rows.get(first, {}).get(column)
        for row in range(first + 1, min(last, end) + 1):
            repeated += 1
            if not text or repeated > MAX_MERGED_ROWS:
                break
            if row in rows:
                rows[row].setdefault(column, text)


def area_of(reference: str) -> Area | None:
    """The area of a reference such as "B2" or "$B$2:$C$9"; None if it is not one."""
    places = [_parse_place(part) for part in reference.split(":")[:2]]
    known = [place for place in places if place]
    if not known or len(known) < len(places):
        return None
    rows, columns = [row for row, _ in known], [column for _, column in known]
    return min(rows), min(columns), max(rows), max(columns)


def _parse_place(text: str) -> tuple[int, int] | None:
    match = _PLACE.fullmatch(text.strip())
    if not match:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


class _Reader:
    def __init__(self, formats: Formats) -> None:
        self.grid = SheetCells()
        self.row = 0
        self.merged: list[Area] = []
        self._formats = formats
        self._column = 0
        self._hidden = False
        self._hidden_columns: set[int] = set()
        self._length = 0

    def note_column(self, element: Element) -> None:
        width = element.get("width", "")
        if element.get("hidden") in _TRUE or (width and _number(width) == 0):
            first, last = (int(element.get(name, "0") or 0) for name in ("min", "max"))
            self._hidden_columns.update(range(first, min(last, MAX_COLUMN) + 1))

    def start_row(self, element: Element) -> None:
        number = element.get("r", "")
        self.row = int(number) if number.isdecimal() else self.row + 1
        self._column = 0
        height = element.get("ht", "")
        self._hidden = element.get("hidden") in _TRUE or bool(height and _number(height) == 0)
        if self._hidden:
            self.grid.hidden_rows.add(self.row)

    def add(self, element: Element) -> None:
        place = _parse_place(element.get("r", ""))
        self._column = place[1] if place else self._column + 1
        text = self._shown(element)
        if self._hidden or not text or self._column in self._hidden_columns:
            return
        if self._column <= MAX_COLUMN:
            self.grid.rows.setdefault(self.row, {})[self._column] = text
            self._length += len(text)
        if self._length > MAX_CHARACTERS:
            raise OutOfTime

    def _shown(self, element: Element) -> str:
        value, formula, inline = "", False, ""
        for child in element:
            match short(child.tag):
                case "s:v":
                    value = child.text or ""
                case "s:f":
                    formula = True
                case "s:is":
                    inline = _rich_text(child)
        if formula and not value and not inline and element.get("t") != "str":
            self.grid.uncomputed += not self._hidden
        return " ".join((inline or self._of_type(element, value)).split())

    def _of_type(self, element: Element, value: str) -> str:
        match element.get("t", "n"):
            case "s":
                texts = self._formats.texts
                return texts[int(value)] if value.isdecimal() and int(value) < len(texts) else ""
            case "b":
                return {"1": "VERO", "true": "VERO", "0": "FALSO", "false": "FALSO"}.get(value, "")
            case "str" | "inlineStr" | "e":
                return value
            case "d":
                return self._date(value, self._code(element))
        number = _number(value)
        if number is None:
            return value
        code = self._code(element)
        return shown(number, code, since_1904=self._formats.since_1904)

    def _code(self, element: Element) -> str:
        style, codes = element.get("s", ""), self._formats.codes
        return codes[int(style)] if style.isdecimal() and int(style) < len(codes) else GENERAL

    @staticmethod
    def _date(value: str, code: str) -> str:
        try:
            return date_shown(datetime.fromisoformat(value).replace(tzinfo=None), code)
        except ValueError:
            return value


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _read_shared_texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    texts: list[str] = []
    for event, name, element in events(archive, part, forget=("s:si",)):
        if event == "end" and name == "s:si":
            texts.append(_rich_text(element))
    return texts


def _rich_text(element: Element) -> str:
    """The text of all runs, without phonetic readings of Japanese words."""
    parts = []
    for child in element:
        match short(child.tag):
            case "s:t":
                parts.append(child.text or "")
            case "s:r":
                parts += [t.text or "" for t in child if short(t.tag) == "s:t"]
    return "".join(parts)


def _read_format_codes(archive: zipfile.ZipFile, part: str) -> list[str]:
    """The number format of every cell style, in order."""
    custom: dict[int, str] = {}
    codes: list[str] = []
    within = False
    for event, name, element in events(archive, part):
        if name == "s:cellXfs":
            within = event == "start"
        elif event == "start" and name == "s:numFmt":
            custom[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
        elif event == "start" and name == "s:xf" and within:
            number = int(element.get("numFmtId", "0") or 0)
            codes.append(custom.get(number) or BUILT_IN.get(number, GENERAL))
    return codes
