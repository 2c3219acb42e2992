"""Word documents, read as a stream, so that memory does not grow with the number of paragraphs.

Paragraphs are read whole (``docx_paragraph``); tables, content controls and sections by start and
end events. Headings are found by outline level (ECMA-376, 17.3.1.20) through inherited styles, else
by their looks (``bold_headings``).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ingest.extract.extracted import Extracted, ExtractRequest, statements
from ingest.extract.ooxml.charts import chart_blocks
from ingest.extract.ooxml.package import Relation, main_part
from ingest.extract.ooxml.properties import office_about, pictures_note
from ingest.extract.shared.about import one_line, sensible_title
from ingest.extract.shared.blocks import Block, BlockKind, cut_sections, join_blocks
from ingest.extract.shared.bold_headings import BoldLine, promote_headings
from ingest.extract.shared.running import drop_repeated
from ingest.extract.shared.tables import Cell, Tables
from ingest.extract.shared.xml_stream import (
    Element,
    Event,
    attribute,
    child,
    events,
    is_on,
    tree_events,
    value_of,
)
from ingest.extract.sniff import DOCX
from ingest.extract.word.notes import Notes
from ingest.extract.word.numbering import BULLET, Numbering
from ingest.extract.word.omml import linear
from ingest.extract.word.paragraph import DocxParagraph, is_prompt, read_paragraph
from ingest.extract.word.parts import diagram_part, read_settings, related_by_id
from ingest.extract.word.styles import BODY_LEVEL, read_styles
from kb.domain import GuessedField, GuessReason, PageUnit

LONGEST_HEADING = 300
"""Characters; a longer paragraph with a heading style is text."""
REPORT_EVERY = 50_000
"""Events between two progress reports."""
FORGOTTEN = ("w:p", "w:tr", "w:tbl")
_OF_TABLES = frozenset(
    {"w:tblHeader", "w:gridBefore", "w:gridSpan", "w:vMerge", "w:hidden", "w:del"}
)


def extract_docx(source: ExtractRequest) -> Extracted:
    with zipfile.ZipFile(source.path) as archive:
        document = _Document(archive)
        blocks = promote_headings(list(document.body(source)))
        blocks += [*document.notes.at_end(), *drop_repeated(document.running())]
    source.on_page(0, 1)
    text, marks, tables = join_blocks(blocks)
    source.on_page(0, 1)
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    about = office_about(source.path)
    first = marks[0].title if marks else ""
    return Extracted(
        media_type=DOCX,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=about.title or sensible_title(document.title) or sensible_title(first),
        authors=about.authors,
        language=about.language,
        year=about.year,
        notes=pictures_note(document.pictures),
        statements=(
            *about.statements,
            *statements(GuessedField.TITLE, GuessReason.LARGE_LINE, document.title),
        ),
    )


@dataclass
class _Sections:
    """Headers and footers of the sections: relationship ids by kind of page."""

    references: list[tuple[str, str]] = field(default_factory=list)
    first_page: bool = False

    def note(self, section: Element) -> None:
        """Add the references of a ``w:sectPr``."""
        title_page = child(section, "w:titlePg")
        self.first_page |= title_page is not None and is_on(title_page)
        for one in section:
            if id := attribute(one, "r:id"):
                self.references.append((attribute(one, "w:type"), id))


class _Document:
    """The parts of a file and the counters that span them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._main = main_part(archive, "word/document.xml")
        self._targets = related_by_id(archive, self._main)
        folder = self._main.rpartition("/")[0]

        def part(kind: str) -> str:
            found = (one.part for one in self._targets.values() if one.kind == kind)
            return next(found, f"{folder}/{kind}.xml")

        self._settings = read_settings(archive, part("settings"))
        self.styles = read_styles(archive, part("styles"))
        self.numbering = Numbering(archive, part("numbering"), self.styles)
        self.notes = Notes(self._settings)
        for kind in ("footnote", "endnote"):
            self._read_notes(kind, part(f"{kind}s"))
        self._sections = _Sections()
        self.title = ""
        self.pictures = 0

    def body(self, source: ExtractRequest) -> Iterator[Block]:
        reader = DocxParser(self, self._targets, sections=self._sections)
        stream = events(self._archive, self._main, FORGOTTEN, needed=True, whole=("w:p",))
        yield from reader.blocks(_reporting(stream, source))
        self.title, self.pictures = reader.title, reader.pictures

    def running(self) -> Iterator[Block]:
        """The texts of page headers and footers."""
        shown = {"default", ""}
        shown |= {"first"} if self._sections.first_page else set()
        shown |= {"even"} if self._settings.even_headers else set()
        for kind, id in self._sections.references:
            target = self._targets.get(id)
            if kind in shown and target is not None:
                targets = related_by_id(self._archive, target.part)
                stream = events(self._archive, target.part, FORGOTTEN, whole=("w:p",))
                yield from DocxParser(self, targets, running=True).blocks(stream)

    def part_blocks(self, kind: str, target: Relation | None) -> list[Block]:
        """The text of a chart or diagram."""
        if target is None:
            return []
        read = chart_blocks if kind == "c:chart" else diagram_part
        return read(self._archive, target.part)

    def _read_notes(self, kind: str, part: str) -> None:
        targets = related_by_id(self._archive, part)
        for event, name, element in events(self._archive, part, forget=(f"w:{kind}",)):
            if event == "end" and name == f"w:{kind}" and not attribute(element, "w:type"):
                reader = DocxParser(self, targets)
                blocks = list(reader.blocks(tree_events(element)))
                self.notes.add(kind, attribute(element, "w:id"), blocks)


class DocxParser:
    """Parses one part into blocks: paragraphs, list items, tables, and objects anchored to them."""

    def __init__(
        self,
        document: _Document,
        targets: Mapping[str, Relation],
        *,
        running: bool = False,
        sections: _Sections | None = None,
    ) -> None:
        self._document = document
        self._targets = targets
        self._running = running
        self._sections = sections
        self._tables = Tables()
        self._depth = 0
        self._controls: list[bool] = []
        self._pending: list[Block] = []
        self._carried = ""
        self.title = ""
        self.pictures = 0

    def blocks(self, stream: Iterable[Event]) -> Iterator[Block]:
        inside = fallback = 0
        for event, name, element in stream:
            step = 1 if event == "start" else -1
            if name == "w:sectPr" and event == "end" and self._sections is not None:
                self._sections.note(element)
            elif name == "w:p":
                inside += step
                if event == "end" and not inside and not fallback:
                    yield from self._paragraph(element)
            elif inside:
                continue
            elif name == "mc:Fallback":
                fallback += step
            elif not fallback:
                yield from self._around(event, name, element)
        yield from self._pending

    def _around(self, event: str, name: str, element: Element) -> list[Block]:
        """Handle the events between paragraphs."""
        if name == "w:sdt":
            if event == "start":
                self._controls.append(False)
            elif self._controls:
                self._controls.pop()
        elif name == "w:sdtPr" and event == "end" and self._controls:
            gallery = value_of(element, "w:docPartObj", "w:docPartGallery")
            self._controls[-1] = is_prompt(element) or gallery == "Table of Contents"
        elif name in ("m:oMathPara", "m:oMath") and event == "end":
            return self._place_blocks([Block(linear(element))])
        elif name in ("w:tbl", "w:tr", "w:tc"):
            return self._table(event, name)
        elif name in _OF_TABLES and event == "end":
            _note_table(self._tables, name, element)
        return []

    def _table(self, event: str, name: str) -> list[Block]:
        if event == "start" and name == "w:tbl":
            self._depth += 1
            self._tables.start_table()
        elif event == "start" and name == "w:tr":
            self._tables.start_row()
        elif event == "start":
            self._tables.start_cell()
        elif name == "w:tbl":
            self._depth -= 1
            made = self._tables.end_table()
            if not self._depth:
                made, self._pending = [*made, *self._pending], []
            return made
        return []

    def _place_blocks(self, blocks: Iterable[Block]) -> list[Block]:
        return [kept for block in blocks for kept in self._tables.take(block)]

    def _paragraph(self, element: Element) -> list[Block]:
        if any(self._controls):
            return []
        document = self._document
        read = read_paragraph(element, document.styles, document.notes.mark, running=self._running)
        if read.joined and read.text:
            self._carried += f"{read.text} "
            return []
        read.text, self._carried = (self._carried + read.text).strip(), ""
        self.pictures += read.pictures
        blocks = self._make_block(read)
        for kind, id in read.parts:
            blocks += document.part_blocks(kind, self._targets.get(id))
        for box in read.boxes:
            inner = DocxParser(document, self._targets, running=self._running)
            blocks += inner.blocks(tree_events(box))
            self.pictures += inner.pictures
        notes = [block for note in read.notes for block in document.notes.below(note)]
        if self._depth:
            self._pending += notes
            notes = []
        return [*self._place_blocks(blocks), *notes]

    def _make_block(self, read: DocxParagraph) -> list[Block]:
        if read.removed or read.style.contents:
            return []
        if read.style.title and read.text and not self.title:
            self.title = one_line(read.text)
        level = BODY_LEVEL if read.level is None else read.level
        is_heading = level < BODY_LEVEL and 0 < len(read.text) <= LONGEST_HEADING
        label = self._label(read)
        text = f"{label} {read.text}".strip() if label else read.text
        if not text:
            return []
        if is_heading:
            return [Block(one_line(text.removeprefix(BULLET)), level=level + 1)]
        kind = BlockKind.PARAGRAPH if label is None else BlockKind.ITEM
        return [BoldLine(text, kind, bold=read.bold, size=read.size)]

    def _label(self, read: DocxParagraph) -> str | None:
        """The number of a list item. An empty paragraph shows it only if it contains a word ("Art.
        3"), but is counted."""
        if not read.num_id or read.num_id == "0" or (not read.text and not _shows_number(read)):
            return None
        label = self._document.numbering.label(read.num_id, read.list_level, read.style.id)
        if not read.text and not any(map(str.isalpha, label or "")):
            return None
        return label


def _reporting(stream: Iterable[Event], source: ExtractRequest) -> Iterator[Event]:
    for number, event in enumerate(stream):
        if number % REPORT_EVERY == 0:
            source.on_page(0, 1)
        yield event


def _shows_number(read: DocxParagraph) -> bool:
    return not (read.boxes or read.parts or read.pictures)


def _note_table(tables: Tables, name: str, element: Element) -> None:
    """Apply a property of the open row or cell (17.4)."""
    row, cell, value = tables.row, tables.cell, attribute(element, "w:val")
    if row and name == "w:tblHeader":
        row.header = is_on(element)
    elif row and name in ("w:hidden", "w:del"):
        row.hidden = is_on(element)
    elif row and name == "w:gridBefore" and value.isdecimal():
        row.cells.append(Cell(columns=int(value)))
    elif cell and name == "w:gridSpan" and value.isdecimal():
        cell.columns = int(value)
    elif cell and name == "w:vMerge":
        cell.continues = value != "restart"
