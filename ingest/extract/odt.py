"""OpenDocument texts, as a stream (OASIS OpenDocument 1.3, part 3)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

from ingest.extract.about import (
    one_line,
    sensible_authors,
    sensible_language,
    sensible_title,
    sensible_year,
)
from ingest.extract.blocks import Block, Kind, assemble, sections
from ingest.extract.extracted import Extracted, Source
from ingest.extract.sniff import ODT
from ingest.extract.tables import Tables
from ingest.extract.xml_stream import Element, attribute, events, fields, short
from kb.domain import PageUnit
from kb.messages import N_, PermanentError

SKIPPED = frozenset(
    {"text:tracked-changes", "text:table-of-content", "office:annotation", "text:note-citation"}
)
PARAGRAPHS = frozenset({"text:p", "text:h"})
TABLES = frozenset({"table:table", "table:table-row", "table:table-cell"})
AS_TEXT = {"text:tab": " ", "text:line-break": "\n"}
_SPACE = re.compile(r"\s+")


def extract_odt(source: Source) -> Extracted:
    with zipfile.ZipFile(source.path) as archive:
        _refuse_encrypted(archive)
        blocks = list(_Reader().blocks(archive))
        meta = fields(archive, "meta.xml")
    text, marks, tables = assemble(blocks)
    pages, headings = sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    title = sensible_title(meta.get("dc:title"))
    return Extracted(
        media_type=ODT,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title or sensible_title(marks[0].title if marks else ""),
        authors=sensible_authors([meta.get("meta:initial-creator"), meta.get("dc:creator")]),
        language=sensible_language(meta.get("dc:language")),
        year=sensible_year(title, meta.get("meta:creation-date"), meta.get("dc:date")),
    )


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    for event, name, _ in events(archive, "META-INF/manifest.xml"):
        if event == "start" and name.endswith("encryption-data"):
            raise PermanentError(
                N_("The file opens only with a password: remove the password and upload it again.")
            )


class _Reader:
    """Paragraphs, list items and table rows of ``content.xml``."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._headers = 0
        self._skipped = 0
        self._items = 0

    def blocks(self, archive: zipfile.ZipFile) -> Iterator[Block]:
        for event, name, element in events(archive, "content.xml", forget=PARAGRAPHS, needed=True):
            step = 1 if event == "start" else -1
            if name in SKIPPED:
                self._skipped += step
            elif name == "text:list-item":
                self._items += step
            elif name == "table:table-header-rows":
                self._headers += step
            elif event == "start" and name in TABLES:
                self._start_of_table(name, element)
            elif event == "end" and name == "table:table":
                yield from self._tables.end_table()
            elif event == "end" and name in PARAGRAPHS and not self._skipped:
                yield from self._tables.take(self._block(name, element))

    def _start_of_table(self, name: str, element: Element) -> None:
        """A table, row or cell begins; covered cells are what another one spans."""
        if name == "table:table":
            self._tables.start_table()
        elif name == "table:table-row":
            self._tables.start_row(header=bool(self._headers))
        else:
            self._tables.start_cell(
                columns=_count(element, "table:number-columns-spanned"),
                rows=_count(element, "table:number-rows-spanned"),
            )

    def _block(self, name: str, element: Element) -> Block:
        text = "".join(_texts(element)).strip()
        if name == "text:h":
            level = attribute(element, "text:outline-level")
            return Block(one_line(text), level=int(level) if level.isdecimal() else 1)
        return Block(f"• {text}", Kind.ITEM) if self._items and text else Block(text)


def _count(element: Element, name: str) -> int:
    value = attribute(element, name)
    return int(value) if value.isdecimal() else 1


def _texts(element: Element) -> Iterator[str]:
    """The text of a paragraph without that of paragraphs within it, which stand for themselves."""
    yield _collapsed(element.text)
    for child in element:
        name = short(child.tag)
        if name == "text:s":
            yield " "
        elif name in AS_TEXT:
            yield AS_TEXT[name]
        elif name not in PARAGRAPHS and name not in SKIPPED:
            yield from _texts(child)
        yield _collapsed(child.tail)


def _collapsed(text: str | None) -> str:
    """Any run of white space counts as one space (part 3, 6.1.2)."""
    return _SPACE.sub(" ", text or "")
