"""Domain types as plain values, without dependencies on libraries or storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SPLITTER_VERSION = "2"
"""Increase with every change that could split a text differently, header included. Part of passage
ids and index names."""
CARD_LANGUAGE = "it"
"""Language of practice cards; title, summary and indicators also exist in English."""
DEFAULT_LANGUAGE = CARD_LANGUAGE
"""Language of pages and questions if none is detected or chosen."""


class Kind(StrEnum):
    """Kind of item."""

    DOCUMENT = "document"
    PRACTICE = "practice"
    PROJECT = "project"


class Status(StrEnum):
    """Processing state of an item. Only ``READY`` items are searchable."""

    QUEUED = "queued"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


class Visibility(StrEnum):
    PUBLIC = "public"
    MEMBERS = "members"
    RESEARCHERS = "researchers"


class PageUnit(StrEnum):
    """What a page of a document is, in formats without pages."""

    PAGE = "page"
    SLIDE = "slide"
    SHEET = "sheet"
    CHAPTER = "chapter"
    SECTION = "section"


class Verdict(StrEnum):
    """Result of reading a page."""

    TEXT = "text"
    EMPTY = "empty"
    GARBAGE = "garbage"
    OCR = "ocr"


class GuessedField(StrEnum):
    """A metadata field that can be guessed from the file."""

    TITLE = "title"
    AUTHORS = "authors"
    YEAR = "year"
    PUBLISHER = "publisher"


class GuessReason(StrEnum):
    """Source of a guess."""

    PUBLISHED = "published"
    """A publication date declared by the file."""
    IMPRINT = "imprint"
    """A line of the first or last pages: “Roma, 12 marzo 2021”, “© 2021”, “A cura di …”."""
    TITLE = "title"
    FILE_NAME = "file_name"
    MODIFIED = "modified"
    CREATED = "created"
    PERIOD = "period"
    """The start of a period in the title: 2021 of “2021-2027”."""
    PROPERTIES = "properties"
    """Title and author fields of the file."""
    LARGE_LINE = "large_line"
    """The largest line of the first page, or a paragraph in the style “Title”."""
    HEADING = "heading"
    FIRST_LINE = "first_line"
    NAME_ALONE = "name_alone"
    """The file name, because there was no other candidate."""


@dataclass(frozen=True)
class Guess:
    """A candidate for a metadata field, with its source and the words of the file that it was read
    from (``page`` from 1). ``value``: text, a year, or a list of CSL-JSON names."""

    field: GuessedField
    value: str | int | list[dict[str, str]]
    reason: GuessReason
    words: str = ""
    page: int | None = None


@dataclass(frozen=True)
class Heading:
    """A heading of a document. ``offset``: characters from the start of the page's cleaned text."""

    level: int
    title: str
    page: int
    offset: int


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive) of the cleaned text of ``page`` (from 1)."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Edit:
    """A difference between a page's extracted and cleaned text.

    ``raw[raw_start:raw_end]`` became ``text[start:end]``; the text between edits is equal.
    """

    raw_start: int
    raw_end: int
    start: int
    end: int


@dataclass(frozen=True)
class Table:
    """A table in a page's text: characters ``start`` to ``end``, one line per row, cells separated
    by " | ".

    The header rows, which name the columns, end at ``header_end``, which is ``start`` if there are
    none.
    """

    start: int
    end: int
    header_end: int


@dataclass(frozen=True)
class Page:
    """A page, slide, sheet or chapter: ``raw`` as extracted, ``text`` cleaned.

    ``tables`` are ranges of ``text``, in order and not nested.
    """

    number: int
    label: str
    raw: str
    text: str
    edits: tuple[Edit, ...]
    verdict: Verdict
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Passage:
    """A part of an item's text, the unit that is embedded and found.

    ``spans`` is empty for a practice, which has no pages. ``heading_path``: headings from the
    outermost to the innermost; not part of ``text``, which is verbatim.
    """

    id: str
    ordinal: int
    text: str
    heading_path: tuple[str, ...]
    language: str
    spans: tuple[Span, ...] = ()

    @property
    def page_first(self) -> int | None:
        return self.spans[0].page if self.spans else None

    @property
    def page_last(self) -> int | None:
        return self.spans[-1].page if self.spans else None


@dataclass(frozen=True)
class FilterValues:
    """Values by which searches filter an item; the payload of its points.

    ``values`` by name of the filter (``kb.filters``); filters without a value are left out.
    """

    item_id: str
    visibility: Visibility
    values: Mapping[str, tuple[str, ...]]
