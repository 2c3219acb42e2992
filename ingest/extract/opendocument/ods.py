"""OpenDocument spreadsheets and templates: a page for each visible sheet, with tables and
charts."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from ingest.extract.extracted import Extracted, ExtractRequest, RawHeading, RawPage
from ingest.extract.opendocument.about import odf_about
from ingest.extract.opendocument.cells import OdsSheet
from ingest.extract.opendocument.odt import OdfDocument, open_odf, refuse_encrypted
from ingest.extract.opendocument.parts import object_blocks
from ingest.extract.shared.blocks import Block, join_blocks
from ingest.extract.shared.timing import OutOfTime, time_limit
from ingest.extract.shared.verdict import judge
from ingest.extract.shared.xml_stream import Element, attribute, events, short
from ingest.extract.sheets.regions import sheet_blocks
from ingest.extract.sniff import ODS
from kb.domain import PageUnit, Verdict
from kb.messages import N_, Message, PermanentError
from kb.text.storable import storable

SHEETS_LIMIT_S = 60
"""Seconds for all sheets of a file."""
_SHAPES = ("draw:frame", "draw:custom-shape", "draw:rect")


def extract_ods(source: ExtractRequest) -> Extracted:
    with open_odf(source.path) as archive:
        refuse_encrypted(archive)
        sheets = _Sheets(OdfDocument(archive))
        sheets.read(archive, source)
        if not sheets.read_ones:
            raise PermanentError(
                N_("The workbook has no visible sheet: show its sheets and save it.")
            )
        pages = [_page(archive, sheet, number) for number, sheet in enumerate(sheets.read_ones, 1)]
        about = odf_about(archive)
    source.on_page(len(pages), len(pages))
    return Extracted(
        media_type=ODS,
        unit=PageUnit.SHEET,
        pages=tuple(pages),
        headings=tuple(RawHeading(1, page.label, page.number, 0) for page in pages if page.label),
        title=about.title,
        authors=about.authors,
        language=about.language,
        statements=about.statements,
        notes=tuple(_notes(sheets.read_ones)),
    )


class _Sheets:
    """Reads the sheets of a file, one after another."""

    def __init__(self, document: OdfDocument) -> None:
        self.read_ones: list[OdsSheet] = []
        self._document = document
        self._hidden_styles: set[str] = set()
        self._open: list[OdsSheet | None] = []
        self._headers = 0

    def read(self, archive: zipfile.ZipFile, source: ExtractRequest) -> None:
        """Read all sheets, up to the end or a limit of text or time."""
        rows = ("table:table-row",)
        try:
            with time_limit(SHEETS_LIMIT_S):
                stream = events(archive, "content.xml", forget=rows, needed=True, whole=rows)
                for event, name, element in stream:
                    self._handle_event(event, name, element)
                    if event == "start" and name == "table:table":
                        source.on_page(len(self.read_ones), len(self.read_ones) + 2)
        except OutOfTime:
            for sheet in self.read_ones[-1:]:
                sheet.grid.cut = True
        for sheet in self.read_ones:
            sheet.finish()

    def _handle_event(self, event: str, name: str, element: Element) -> None:
        sheet = self._open[0] if self._open else None
        if name == "table:table":
            self._sheet(event, element)
        elif name == "style:style" and event == "end":
            self._note_style(element)
        elif name == "table:table-header-rows":
            self._headers += 1 if event == "start" else -1
        elif sheet is None or event != "end" or len(self._open) > 1:
            return
        elif name == "table:table-column":
            sheet.add_columns(element)
        elif name == "table:table-row":
            sheet.add_row(element, header=bool(self._headers))
        elif name == "table:shapes":
            _add_shapes(sheet, element)

    def _sheet(self, event: str, element: Element) -> None:
        if event == "end":
            self._open.pop()
            return
        visible = attribute(element, "table:style-name") not in self._hidden_styles
        sheet = None
        if visible and not self._open:
            name = " ".join(attribute(element, "table:name").split())
            sheet = OdsSheet(name, lambda p: self._document.reader.read(p).text)
            self.read_ones.append(sheet)
        self._open.append(sheet)

    def _note_style(self, element: Element) -> None:
        hidden = (attribute(child, "table:display") == "false" for child in element)
        if any(hidden):
            self._hidden_styles.add(attribute(element, "style:name"))


def _add_shapes(sheet: OdsSheet, shapes: Element) -> None:
    for element in shapes:
        name = short(element.tag)
        if name == "draw:frame":
            sheet.add_frame(element)
        elif name in _SHAPES:
            sheet.texts += [sheet.text_of(p) for p in element.iter("{*}p")]


def _page(archive: zipfile.ZipFile, sheet: OdsSheet, number: int) -> RawPage:
    blocks = list(_blocks(archive, sheet))
    title = [Block(sheet.name, level=1)] if sheet.name else []
    text, _, tables = join_blocks([*title, *blocks])
    text = storable(text)
    verdict = judge(text) if blocks else Verdict.EMPTY
    return RawPage(number, text, verdict, sheet.name, tuple(tables))


def _blocks(archive: zipfile.ZipFile, sheet: OdsSheet) -> Iterator[Block]:
    grid = sheet.grid
    yield from sheet_blocks(grid.rows, grid.hidden_rows, {min(sheet.header_rows, default=0)})
    yield from (Block(text) for text in sheet.texts if text)
    for address in sheet.objects:
        yield from object_blocks(archive, address)


def _notes(sheets: list[OdsSheet]) -> Iterator[Message]:
    for number, sheet in enumerate(sheets, 1):
        if sheet.grid.cut:
            yield Message(N_("Sheet {sheet}: only the beginning was read."), {"sheet": number})
