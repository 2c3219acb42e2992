"""Input and output types of the extractors, common to all formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.extract.mail.cms import Signature
from kb.domain import GuessedField, GuessReason, PageUnit, Table, Verdict
from kb.messages import Message
from kb.settings import Settings

PATIENCE = 0.75
"""Share of the child's limit on silence that a single step may take."""

OnPage = Callable[[int, int], None]
"""Called with (pages done, pages in total) after every page. An exception that it raises ends the
extraction."""


@dataclass(frozen=True)
class ExtractRequest:
    """A file to read.

    ``avoid``: pages (from 1) on which the first reader crashed or hung before.
    """

    path: Path
    filename: str
    settings: Settings
    on_page: OnPage
    avoid: frozenset[int] = frozenset()

    @property
    def patience_s(self) -> float:
        """Longest time for a step without progress report, shorter than the child's limit on
        silence."""
        return PATIENCE * self.settings.extract_timeout_s


@dataclass(frozen=True)
class RawPage:
    """A page. ``text``: as extracted, except that characters that no database stores (lone
    surrogates, NUL) are replaced one for one by U+FFFD, so that offsets stay valid. ``tables`` are
    ranges of it."""

    number: int
    text: str
    verdict: Verdict
    label: str = ""
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class RawHeading:
    """A heading. ``level`` from 1; ``offset`` in the raw text of ``page``."""

    level: int
    title: str
    page: int
    offset: int


@dataclass(frozen=True)
class Attached:
    """A file embedded in another. With a ``reason`` it cannot become a document."""

    name: str
    data: bytes = b""
    reason: Message | None = None


@dataclass(frozen=True)
class Statement:
    """A metadata value declared by the file: a title, a date, one or several authors."""

    field: GuessedField
    text: str
    reason: GuessReason


@dataclass(frozen=True)
class Extracted:
    """Text and metadata of a file. Empty strings mean unknown.

    If ``statements`` has any for a field, the plain field (``title``, ``authors``, ``year``) is
    ignored for it; ``ingest.guessing`` ranks them. ``laid_out``: lines are those of a printed page
    or hard-wrapped text and must be joined.
    """

    media_type: str
    unit: PageUnit
    pages: tuple[RawPage, ...]
    headings: tuple[RawHeading, ...] = ()
    title: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    language: str = ""
    year: int | None = None
    laid_out: bool = False
    notes: tuple[Message, ...] = ()
    signatures: tuple[Signature, ...] = ()
    attached: tuple[Attached, ...] = ()
    statements: tuple[Statement, ...] = ()

    @property
    def total_pages(self) -> int:
        return len(self.pages)


Extractor = Callable[[ExtractRequest], Extracted]


def statements(field: GuessedField, reason: GuessReason, *texts: object) -> tuple[Statement, ...]:
    """A statement for each non-empty text."""
    return tuple(Statement(field, text, reason) for text in texts if isinstance(text, str) and text)
