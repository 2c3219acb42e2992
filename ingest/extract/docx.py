"""Word documents, as a stream: a file of a million paragraphs takes seconds, not memory.

Headings are told by outline level (ECMA-376, 17.3.1.20), through all styles a style is based on,
so that those of house templates are found too.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.extract.about import one_line, sensible_title
from ingest.extract.blocks import Block, Kind, assemble, sections
from ingest.extract.extracted import Extracted, Source
from ingest.extract.office import office_about
from ingest.extract.sniff import DOCX
from ingest.extract.tables import Cell, Tables
from ingest.extract.xml_stream import Element, attribute, events
from kb.domain import PageUnit

BODY_LEVEL = 9  # outlineLvl counts from 0; 9 is body text
LONGEST_HEADING = 300
MAX_STYLE_DEPTH = 20
_AS_TEXT = {"w:tab": " ", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
_OF_TABLES = frozenset({"w:tblHeader", "w:gridBefore", "w:gridSpan", "w:vMerge"})
OFF = ("0", "false", "off")
_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_CONTENTS_NAME = re.compile(r"(?:toc|table of figures|index) ?\d*", re.IGNORECASE)


@dataclass
class _Style:
    name: str = ""
    based_on: str = ""
    level: int | None = None


@dataclass
class _Paragraph:
    parts: list[str] = field(default_factory=list)
    style: str = ""
    level: int | None = None
    item: bool = False


def extract_docx(source: Source) -> Extracted:
    with zipfile.ZipFile(source.path) as archive:
        main = _main_part(archive)
        folder = main.rpartition("/")[0]
        reader = _Reader(_styles(archive, f"{folder}/styles.xml"))
        blocks = list(reader.blocks(archive, main, needed=True))
        blocks += reader.blocks(archive, f"{folder}/footnotes.xml", needed=False)
    text, marks, tables = assemble(blocks)
    pages, headings = sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    about = office_about(source.path)
    first = marks[0].title if marks else ""
    return Extracted(
        media_type=DOCX,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=about.title or sensible_title(reader.title) or sensible_title(first),
        authors=about.authors,
        language=about.language,
        year=about.year,
    )


class _Reader:
    """Paragraphs, list items and table rows of one part after the other."""

    def __init__(self, styles: dict[str, _Style]) -> None:
        self._styles = styles
        self._open: list[_Paragraph] = []
        self._tables = Tables()
        self.title = ""

    def blocks(self, archive: zipfile.ZipFile, part: str, *, needed: bool) -> Iterator[Block]:
        fallback = 0
        for event, name, element in events(archive, part, forget=("w:p",), needed=needed):
            if name == "mc:Fallback":  # the same content again, for older programs
                fallback += 1 if event == "start" else -1
            elif fallback:
                continue
            elif event == "start":
                self._start(name)
            else:
                yield from self._end(name, element)

    def _start(self, name: str) -> None:
        if name == "w:p":
            self._open.append(_Paragraph())
        elif name == "w:tbl":
            self._tables.start_table()
        elif name == "w:tr":
            self._tables.start_row()
        elif name == "w:tc":
            self._tables.start_cell()

    def _end(self, name: str, element: Element) -> list[Block]:
        if name == "w:tbl":
            return self._tables.end_table()
        if name == "w:p":
            return [kept for b in self._block(self._open.pop()) for kept in self._tables.take(b)]
        if name in _OF_TABLES:
            _note_table(self._tables, name, attribute(element, "w:val"))
        elif self._open:
            _note(self._open[-1], name, element)
        return []

    def _block(self, paragraph: _Paragraph) -> list[Block]:
        text = "".join(paragraph.parts).strip()
        style = self._styles.get(paragraph.style, _Style())
        if not text or _CONTENTS_NAME.fullmatch(style.name):
            return []
        if style.name.lower() == "title" and not self.title:
            self.title = one_line(text)
        level = style.level if paragraph.level is None else paragraph.level
        if level is not None and level < BODY_LEVEL and len(text) <= LONGEST_HEADING:
            return [Block(one_line(text), level=level + 1)]
        return [Block(f"• {text}", Kind.ITEM) if paragraph.item else Block(text)]


def _note_table(tables: Tables, name: str, value: str) -> None:
    """What a property of the open row or cell says about it (ECMA-376, 17.4)."""
    row, cell = tables.row, tables.cell
    if row and name == "w:tblHeader":
        row.header = value not in OFF
    elif row and name == "w:gridBefore" and value.isdecimal():
        row.cells.append(Cell(columns=int(value)))
    elif cell and name == "w:gridSpan" and value.isdecimal():
        cell.columns = int(value)
    elif cell and name == "w:vMerge":
        cell.continues = value != "restart"


def _note(paragraph: _Paragraph, name: str, element: Element) -> None:
    """What the end of an element inside a paragraph says about it."""
    match name:
        case "w:t":
            paragraph.parts.append(element.text or "")
        case "w:tab" | "w:br" | "w:cr" | "w:noBreakHyphen":
            paragraph.parts.append(_AS_TEXT[name])
        case "w:pStyle":
            paragraph.style = paragraph.style or attribute(element, "w:val")
        case "w:outlineLvl":
            paragraph.level = _number(attribute(element, "w:val"))
        case "w:numPr":
            paragraph.item = True


def _main_part(archive: zipfile.ZipFile) -> str:
    """The document's own part, wherever its relationships put it."""
    for _, name, element in events(archive, "_rels/.rels"):
        if name.endswith("Relationship") and element.get("Type", "").endswith("/officeDocument"):
            return str(element.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _styles(archive: zipfile.ZipFile, part: str) -> dict[str, _Style]:
    """Styles by id, each with the outline level that it has or inherits."""
    styles: dict[str, _Style] = {}
    style = _Style()
    for event, name, element in events(archive, part):
        if event == "start" and name == "w:style":
            style = styles.setdefault(attribute(element, "w:styleId"), _Style())
        elif event == "end" and name == "w:name" and not style.name:
            style.name = attribute(element, "w:val")
            if heading := _HEADING_NAME.fullmatch(style.name):
                style.level = int(heading[1]) - 1
        elif event == "end" and name == "w:basedOn":
            style.based_on = attribute(element, "w:val")
        elif event == "end" and name == "w:outlineLvl":
            style.level = _number(attribute(element, "w:val"))
    for style in styles.values():
        style.level = _inherited_level(style, styles)
    return styles


def _inherited_level(style: _Style, styles: dict[str, _Style]) -> int | None:
    for _ in range(MAX_STYLE_DEPTH):
        if style.level is not None or style.based_on not in styles:
            break
        style = styles[style.based_on]
    return style.level


def _number(value: str) -> int | None:
    return int(value) if value.isdecimal() else None
