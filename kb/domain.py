"""The words of the knowledge base as plain values. Knows no library and no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SPLITTER_VERSION = "2"
"""Goes up with every change that could cut a text differently, header included: part of the ids
of passages and of the name of the index."""
CARD_LANGUAGE = "it"
"""Practice cards are written in it; title, summary and indicators exist in English too."""
DEFAULT_LANGUAGE = CARD_LANGUAGE
"""Of pages and questions where nothing says another one."""


class Kind(StrEnum):
    """What a search finds."""

    DOCUMENT = "document"
    PRACTICE = "practice"


class Status(StrEnum):
    """Where an item stands. It is searchable exactly when it is ``READY``."""

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
    """What one page of a document is, where the format has no paper pages."""

    PAGE = "page"
    SLIDE = "slide"
    SHEET = "sheet"
    CHAPTER = "chapter"
    SECTION = "section"


class Verdict(StrEnum):
    """What the text of a page is worth."""

    TEXT = "text"
    EMPTY = "empty"
    GARBAGE = "garbage"
    OCR = "ocr"


class GuessedField(StrEnum):
    """A field of a document's description that is guessed from the file."""

    TITLE = "title"
    AUTHORS = "authors"
    YEAR = "year"
    PUBLISHER = "publisher"


class GuessReason(StrEnum):
    """Where a guess comes from."""

    PUBLISHED = "published"
    """A date of publication that the file declares as one."""
    IMPRINT = "imprint"
    """The first or last page: “Roma, 12 marzo 2021”, “© 2021”, “A cura di …”."""
    TITLE = "title"
    FILE_NAME = "file_name"
    MODIFIED = "modified"
    CREATED = "created"
    PERIOD = "period"
    """The beginning of a period in the title: 2021 of “2021-2027”."""
    PROPERTIES = "properties"
    """The fields title and author of the file."""
    LARGE_LINE = "large_line"
    """The largest line of the first page, or a paragraph in the style “Title”."""
    HEADING = "heading"
    FIRST_LINE = "first_line"
    NAME_ALONE = "name_alone"
    """The file's name, because nothing else was found."""


@dataclass(frozen=True)
class Guess:
    """A value that a field may have, the reason, and the words of the file it was read from
    (``page`` from 1). ``value``: text, a year, or a list of names of CSL-JSON."""

    field: GuessedField
    value: str | int | list[dict[str, str]]
    reason: GuessReason
    words: str = ""
    page: int | None = None


@dataclass(frozen=True)
class Heading:
    """A heading of a document. ``offset`` counts characters of the page's cleaned text."""

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
    """One place where a page's cleaned text differs from the extracted one.

    ``raw[raw_start:raw_end]`` became ``text[start:end]``; everything between edits is equal.
    """

    raw_start: int
    raw_end: int
    start: int
    end: int


@dataclass(frozen=True)
class Table:
    """Rows of a page, a line each, cells joined by " | ": characters ``start`` to ``end``.

    The header rows, which name the columns, end at ``header_end``; where none are known that is
    ``start``.
    """

    start: int
    end: int
    header_end: int


@dataclass(frozen=True)
class Page:
    """A page, slide, sheet or chapter: ``raw`` exactly as extracted, ``text`` cleaned once.

    ``tables`` are placed in ``text``, in order, none within another.
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
    """A split of an item's text, the unit that is embedded.

    ``spans`` is empty for a practice, whose text has no pages. ``heading_path`` goes from the
    outermost heading inwards and is shown apart from ``text``, which is verbatim.
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
    """What searches filter an item by; the payload of its points.

    ``values`` are by the name of a filter (``kb.filters``); a filter without a value is left out.
    """

    item_id: str
    visibility: Visibility
    values: Mapping[str, tuple[str, ...]]
