"""OpenDocument texts read as a stream (OASIS OpenDocument 1.3, part 3): ODT, templates, web pages
and flat XML."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ingest.extract.extracted import Extracted, ExtractRequest, statements
from ingest.extract.ooxml.properties import pictures_note
from ingest.extract.opendocument.lists import BULLET, Lists
from ingest.extract.opendocument.paragraph import PARAGRAPHS, OdtParagraph, OdtReader
from ingest.extract.opendocument.parts import (
    equation_object,
    form_controls,
    object_blocks,
    running_heads,
)
from ingest.extract.opendocument.styles import OdtStyles, read_odt_styles
from ingest.extract.shared.about import (
    one_line,
    sensible_authors,
    sensible_language,
    sensible_title,
)
from ingest.extract.shared.blocks import Block, BlockKind, cut_sections, join_blocks
from ingest.extract.shared.bold_headings import BoldLine, promote_headings
from ingest.extract.shared.running import drop_repeated
from ingest.extract.shared.tables import Tables
from ingest.extract.shared.xml_stream import (
    Element,
    Event,
    attribute,
    events,
    fields,
    tree_events,
)
from ingest.extract.sniff import ODT
from kb.domain import GuessedField, GuessReason, PageUnit
from kb.messages import N_, PermanentError

SKIPPED = frozenset(
    {
        *("text:tracked-changes", "text:table-of-content", "text:illustration-index"),
        *("text:table-index", "text:alphabetical-index", "text:object-index", "text:user-index"),
        *("office:annotation", "office:forms"),
    }
)
TABLES = frozenset({"table:table", "table:table-row", "table:table-cell"})
FORGOTTEN = (*PARAGRAPHS, "table:table-row", "table:table")
LONGEST_HEADING = 300
"""Characters; a longer paragraph with a heading style is text."""
MAX_REPEATED = 100
"""Copies made of a repeated column or cell."""
REPORT_EVERY = 50_000
"""Events between two progress reports."""


def extract_odt(source: ExtractRequest) -> Extracted:
    with open_odf(source.path) as archive:
        refuse_encrypted(archive)
        document = OdfDocument(archive)
        blocks = promote_headings(list(document.body(source)))
        blocks += [*document.endnotes, *drop_repeated(document.running())]
        meta = fields(archive, "meta.xml")
    source.on_page(0, 1)
    text, marks, tables = join_blocks(blocks)
    source.on_page(0, 1)
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    title = sensible_title(meta.get("dc:title"))
    return Extracted(
        media_type=ODT,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title
        or sensible_title(document.title)
        or sensible_title(marks[0].title if marks else ""),
        authors=sensible_authors([meta.get("meta:initial-creator"), meta.get("dc:creator")]),
        language=sensible_language(meta.get("dc:language")),
        notes=pictures_note(document.pictures),
        statements=(
            *statements(GuessedField.TITLE, GuessReason.PROPERTIES, meta.get("dc:title")),
            *statements(GuessedField.TITLE, GuessReason.LARGE_LINE, document.title),
            *statements(GuessedField.YEAR, GuessReason.MODIFIED, meta.get("dc:date")),
            *statements(GuessedField.YEAR, GuessReason.CREATED, meta.get("meta:creation-date")),
        ),
    )


class _FlatFile:
    """A flat XML file with the interface of a zip file: one part under several names."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def namelist(self) -> list[str]:
        return ["content.xml", "styles.xml", "meta.xml"]

    def open(self, member: str) -> Any:
        return self._path.open("rb")

    def __enter__(self) -> _FlatFile:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def open_odf(path: Path) -> Any:
    """Open an OpenDocument file, package or flat XML."""
    return zipfile.ZipFile(path) if zipfile.is_zipfile(path) else _FlatFile(path)


def refuse_encrypted(archive: zipfile.ZipFile) -> None:
    for event, name, _ in events(archive, "META-INF/manifest.xml"):
        if event == "start" and name.endswith("encryption-data"):
            raise PermanentError(
                N_("The file opens only with a password: remove the password and upload it again.")
            )


class OdfDocument:
    """The parts of a file and the counters that span them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.styles: OdtStyles = read_odt_styles(archive)
        controls = form_controls(archive)
        self.reader = OdtReader(self.styles, controls, lambda at: equation_object(archive, at))
        self.lists = Lists(self.styles)
        self.endnotes: list[Block] = []
        self.pages_used: set[str] = set()
        self.title = ""
        self.pictures = 0

    def body(self, source: ExtractRequest) -> Iterator[Block]:
        stream = events(self.archive, "content.xml", FORGOTTEN, needed=True, whole=PARAGRAPHS)
        yield from OdtParser(self).blocks(_body_of(stream, source))

    def running(self) -> Iterator[Block]:
        """The texts of page headers and footers."""
        for element in running_heads(self.archive, self.pages_used):
            yield from OdtParser(self, running=True).blocks(tree_events(element))


def _body_of(stream: Iterable[Event], source: ExtractRequest) -> Iterator[Event]:
    """The events inside the document's body, without those of styles."""
    inside = False
    for number, (event, name, element) in enumerate(stream):
        if number % REPORT_EVERY == 0:
            source.on_page(0, 1)
        if name == "office:body":
            inside = event == "start"
        elif inside:
            yield event, name, element


class OdtParser:
    """Parses one part into blocks: paragraphs, list items, tables, and objects anchored to them."""

    def __init__(self, document: OdfDocument, *, running: bool = False) -> None:
        self._document = document
        self._running = running
        self._lists = document.lists if not running else Lists(document.styles)
        self._tables = Tables()
        self._depth = self._headers = self._skipped = 0
        self._pending: list[Block] = []

    def blocks(self, stream: Iterable[Event]) -> Iterator[Block]:
        inside = 0
        for event, name, element in stream:
            step = 1 if event == "start" else -1
            if name in PARAGRAPHS:
                inside += step
                if event == "end" and not inside and not self._skipped:
                    yield from self._paragraph(name, element)
            elif inside:
                continue
            elif name in SKIPPED or (name == "text:section" and _is_hidden(element)):
                self._skipped += step
            elif not self._skipped:
                yield from self._around(event, name, element)
        yield from self._pending

    def _around(self, event: str, name: str, element: Element) -> list[Block]:
        """Handle the events between paragraphs."""
        if name == "text:list":
            if event == "start":
                self._lists.start_list(element)
            else:
                self._lists.end_list()
        elif name in ("text:list-item", "text:list-header") and event == "start":
            self._lists.start_item(element, header=name == "text:list-header")
        elif name == "table:table-header-rows":
            self._headers += 1 if event == "start" else -1
        elif name in TABLES and event == "start":
            self._start_of_table(name, element)
        elif name == "table:table":
            return self._end_of_table()
        elif name == "draw:frame" and event == "end":
            self._document.pictures += _is_picture(element)
        return []

    def _start_of_table(self, name: str, element: Element) -> None:
        """Handle the start of a table, row or cell; covered cells belong to a spanning cell."""
        if name == "table:table":
            self._depth += 1
            self._tables.start_table()
        elif name == "table:table-row":
            self._tables.start_row(header=bool(self._headers))
        else:
            for _ in range(min(_count(element, "table:number-columns-repeated"), MAX_REPEATED)):
                self._tables.start_cell(
                    columns=_count(element, "table:number-columns-spanned"),
                    rows=_count(element, "table:number-rows-spanned"),
                )

    def _end_of_table(self) -> list[Block]:
        self._depth -= 1
        made = self._tables.end_table()
        if self._depth:
            return made
        made, self._pending = [*made, *self._pending], []
        return made

    def _paragraph(self, name: str, element: Element) -> list[Block]:
        document = self._document
        read = document.reader.read(element, running=self._running)
        if read.style.page:
            document.pages_used.add(read.style.page)
        if read.hidden:
            return []
        document.pictures += read.pictures
        blocks = self._make_block(name, element, read)
        for address in read.objects:
            blocks += object_blocks(document.archive, address)
        for box in read.boxes:
            blocks += OdtParser(document, running=self._running).blocks(tree_events(box))
        notes = [block for note in read.notes for block in self._note(*note)]
        if self._depth:
            self._pending += notes
            notes = []
        return [*(kept for block in blocks for kept in self._tables.take(block)), *notes]

    def _note(self, mark: str, kind: str, body: Element) -> list[Block]:
        """A footnote's text after its mark; an endnote's text is stored for the end."""
        inner = OdtParser(self._document, running=True).blocks(tree_events(body))
        blocks = [Block(one.text, one.kind) for one in inner]
        if blocks and mark and blocks[0].kind is not BlockKind.ROW:
            blocks[0] = Block(f"[{mark}] {blocks[0].text}", blocks[0].kind)
        if kind == "endnote":
            self._document.endnotes += blocks
            return []
        return blocks

    def _make_block(self, name: str, element: Element, read: OdtParagraph) -> list[Block]:
        level = self._heading_level(name, element, read)
        if not read.text and not (level and self._lists.inside):
            return []
        if read.style.title and not self._document.title:
            self._document.title = one_line(read.text)
        label = self._lists.label(read.style.list) if self._lists.inside else None
        if name == "text:h" and level and label is None and read.style.list != "":
            label = self._lists.outline_label(level - 1, element)
        text = f"{label} {read.text}".strip() if label else read.text
        if level and 0 < len(read.text) <= LONGEST_HEADING:
            return [Block(one_line(text.removeprefix(BULLET)), level=level)]
        kind = BlockKind.ITEM if label is not None or self._lists.inside else BlockKind.PARAGRAPH
        return [BoldLine(text, kind, bold=read.bold, size=read.size)] if read.text else []

    def _heading_level(self, name: str, element: Element, read: OdtParagraph) -> int:
        """The heading level; 0 for a paragraph that is not a heading."""
        if name == "text:h":
            level = attribute(element, "text:outline-level")
            return int(level) if level.isdecimal() else 1
        return 0 if self._depth else read.style.level or 0


def _is_hidden(section: Element) -> bool:
    return attribute(section, "text:display") == "none" or (
        attribute(section, "text:display") == "condition"
        and attribute(section, "text:is-hidden") == "true"
    )


def _is_picture(frame: Element) -> bool:
    """Whether a frame anchored to a page holds only a picture."""
    names = {str(one.tag).rpartition("}")[2] for one in frame}
    return "image" in names and not names & {"text-box", "object"}


def _count(element: Element, name: str) -> int:
    value = attribute(element, name)
    return int(value) if value.isdecimal() else 1
