"""Workbooks (XLSX, XLSM and templates, transitional and strict): a page for each visible sheet,
with tables and charts."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from functools import partial

from ingest.extract.extracted import Extracted, ExtractRequest, RawHeading, RawPage
from ingest.extract.ooxml.charts import chart_blocks
from ingest.extract.ooxml.package import main_part, related, relations
from ingest.extract.ooxml.properties import office_about
from ingest.extract.shared.blocks import Block, join_blocks
from ingest.extract.shared.timing import OutOfTime, time_limit
from ingest.extract.shared.verdict import judge
from ingest.extract.shared.xml_stream import attribute, events
from ingest.extract.sheets.cells import Formats, SheetCells, area_of, read_cells, read_formats
from ingest.extract.sheets.regions import sheet_blocks
from ingest.extract.sniff import XLSX
from kb.domain import PageUnit, Verdict
from kb.messages import N_, Message, PermanentError
from kb.text.storable import storable

SHEET_LIMIT_S = 30
"""Seconds for one sheet."""
MAX_LOOKED_UP = 5000
"""Cells of one reference."""
_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(.+)")


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str


def extract_xlsx(source: ExtractRequest) -> Extracted:
    with zipfile.ZipFile(source.path) as archive:
        sheets, formats = _read_workbook(archive)
        grids = _read_grids(source, archive, sheets, formats)
        pages, headings = [], []
        for number, sheet in enumerate(sheets, 1):
            page = _page(archive, sheet, number, grids)
            pages.append(page)
            headings.append(RawHeading(1, sheet.name, number, 0))
            source.on_page(number, len(sheets))
    about = office_about(source.path)
    return Extracted(
        media_type=XLSX,
        unit=PageUnit.SHEET,
        pages=tuple(pages),
        headings=tuple(headings),
        title=about.title,
        authors=about.authors,
        year=about.year,
        statements=about.statements,
        notes=tuple(_notes(sheets, grids)),
    )


def _read_workbook(archive: zipfile.ZipFile) -> tuple[list[_Sheet], Formats]:
    """The visible sheets in order, and shared strings and styles.

    Raises:
        PermanentError: there is no visible sheet.
    """
    main = main_part(archive, "xl/workbook.xml")
    parts = {one.id: one for one in relations(archive, main)}
    sheets, since_1904 = [], False
    for event, name, element in events(archive, main, needed=True):
        if event == "start" and name == "s:workbookPr":
            since_1904 = element.get("date1904") in ("1", "true", "on")
        elif event == "start" and name == "s:sheet":
            found = parts.get(attribute(element, "r:id"))
            visible = element.get("state", "visible") == "visible"
            if found and visible and found.kind in ("worksheet", "chartsheet"):
                sheets.append(_Sheet(" ".join(element.get("name", "").split()), found.part))
    if not sheets:
        raise PermanentError(N_("The workbook has no visible sheet: show its sheets and save it."))
    kinds = {one.kind: one.part for one in parts.values()}
    formats = read_formats(
        archive, kinds.get("sharedStrings"), kinds.get("styles"), since_1904=since_1904
    )
    return sheets, formats


def _read_grids(
    source: ExtractRequest, archive: zipfile.ZipFile, sheets: list[_Sheet], formats: Formats
) -> dict[str, SheetCells]:
    """The cells of every sheet by its name."""
    grids: dict[str, SheetCells] = {}
    for number, sheet in enumerate(sheets):
        report = partial(source.on_page, number, 2 * len(sheets))
        grids[sheet.name] = SheetCells(cut=True)
        try:
            with time_limit(SHEET_LIMIT_S):
                grids[sheet.name] = read_cells(archive, sheet.part, formats, report)
        except OutOfTime:
            pass
    return grids


def _page(
    archive: zipfile.ZipFile, sheet: _Sheet, number: int, grids: dict[str, SheetCells]
) -> RawPage:
    grid = grids[sheet.name]
    blocks = [
        *sheet_blocks(grid.rows, grid.hidden_rows, _header_rows(archive, sheet.part)),
        *_drawn_blocks(archive, sheet.part, grids),
    ]
    text, _, tables = join_blocks([Block(sheet.name, level=1), *blocks])
    text = storable(text)
    verdict = judge(text) if blocks else Verdict.EMPTY
    return RawPage(number, text, verdict, sheet.name, tuple(tables))


def _header_rows(archive: zipfile.ZipFile, part: str) -> set[int]:
    """Header rows of the sheet's defined tables."""
    rows = set()
    for table in related(archive, part, "table"):
        for event, name, element in events(archive, table):
            area = area_of(element.get("ref", "")) if name == "s:table" else None
            if event == "start" and area and element.get("headerRowCount", "1") != "0":
                rows.add(area[0])
    return rows


def _drawn_blocks(archive: zipfile.ZipFile, part: str, grids: dict[str, SheetCells]) -> list[Block]:
    """The charts and text boxes over the cells."""
    blocks: list[Block] = []
    for drawing in related(archive, part, "drawing"):
        texts: list[str] = []
        for event, name, element in events(archive, drawing):
            if event == "end" and name == "a:p":
                texts.append("".join(t.text or "" for t in element.iter() if t.tag.endswith("}t")))
        blocks += [Block(text) for text in texts if text.strip()]
        for chart in related(archive, drawing, "chart"):
            blocks += chart_blocks(archive, chart, partial(_look_up, grids))
    return blocks


def _look_up(grids: dict[str, SheetCells], reference: str) -> list[str]:
    """The visible cells of a reference in a chart."""
    match = _REFERENCE.fullmatch(reference.strip())
    area = area_of(match[3]) if match else None
    if match is None or area is None:
        return []
    name = " ".join((match[1] or match[2]).replace("''", "'").split())
    rows = grids[name].rows if name in grids else {}
    first, left, last, right = area
    if (last - first + 1) * (right - left + 1) > MAX_LOOKED_UP:
        return []
    return [
        rows.get(row, {}).get(column, "")
        for row in range(first, last + 1)
        for column in range(left, right + 1)
    ]


def _notes(sheets: list[_Sheet], grids: dict[str, SheetCells]) -> list[Message]:
    """Notes on what was not read of the sheets."""
    notes = []
    for number, sheet in enumerate(sheets, 1):
        grid = grids[sheet.name]
        if grid.cut:
            template = N_("Sheet {sheet}: only the beginning was read.")
            notes.append(Message(template, {"sheet": number}))
        if grid.uncomputed:
            template = N_(
                "Sheet {sheet}: {count} formulas without a value, for no program has worked them"
                " out yet: open the file in a spreadsheet program, save it and upload it again."
            )
            notes.append(Message(template, {"sheet": number, "count": grid.uncomputed}))
    return notes
