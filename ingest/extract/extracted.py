"""What an extractor is given and what it gives back, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.extract.cms import Signature
from kb.domain import GuessedField, GuessReason, PageUnit, Table, Verdict
from kb.messages import Message
from kb.settings import Settings

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

PATIENCE = 0.75

OnPage = Callable[[int, int], None]
"""Told (pages done, pages in all) after every page; what it raises ends the extraction."""


@dataclass(frozen=True)
class ExtractRequest:
    """A file to read.

    ``avoid`` holds pages (from 1) whose first reader killed or hung its process the last time.
    """

    path: Path
    filename: str
    settings: Settings
    on_page: OnPage
    avoid: frozenset[int] = frozenset()

    @property
    def patience_s(self) -> float:
        """Seconds for one step that reports nothing: it ends before the whole child is given up
        as hanging."""
        return PATIENCE * self.settings.extract_timeout_s


@dataclass(frozen=True)
class RawPage:
    """``text`` exactly as the reader gave it, except that what no database can keep (lone
    surrogates, NUL) is one U+FFFD each, so that offsets hold. ``tables`` are placed in it."""

    number: int
    text: str
    verdict: Verdict
    label: str = ""
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class RawHeading:
    """``level`` from 1; ``offset`` counts characters of the raw text of ``page``."""

    level: int
    title: str
    page: int
    offset: int


@dataclass(frozen=True)
class Attached:
    """A file within a file, to become a document of its own; with a ``reason`` it cannot."""

    name: str
    data: bytes = b""
    reason: Message | None = None


@dataclass(frozen=True)
class Statement:
    """What a file says of itself, as it stands there: a title, a date, one or several authors."""

    field: GuessedField
    text: str
    reason: GuessReason


@dataclass(frozen=True)
class Extracted:
    """A file's text and what the file says about itself. Empty strings mean "does not say".

    ``statements`` tell more than ``title``, ``authors`` and ``year``, of which the field a
    statement is about is then not looked at; ``ingest.guessing`` ranks them.

    ``laid_out``: lines are those of a printed page (or hard-wrapped text) and want joining.
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
    """One for each text that says anything."""
    return tuple(Statement(field, text, reason) for text in texts if isinstance(text, str) and text)


def storable(text: str) -> str:
    """Replace, one for one, the characters that UTF-8 or PostgreSQL cannot hold."""
    return _UNSTORABLE.sub("\ufffd", text)
