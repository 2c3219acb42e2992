"""``Content``: an item's text, metadata and passages, as sent from the child process to the
worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingest.extract.mail.cms import Signature
from kb.domain import Guess, Heading, Page, PageUnit, Passage
from kb.messages import Message


@dataclass(frozen=True)
class AttachedFile:
    """A file that came with a document. The receiver must delete the file at ``path``. Without a
    ``path``, ``reason`` says why it cannot become a document."""

    name: str
    path: Path | None = None
    reason: Message | None = None


@dataclass(frozen=True)
class Content:
    """Text, metadata and passages of an item. Empty values are unknown."""

    title: str
    passages: tuple[Passage, ...]
    language: str = ""
    pages: tuple[Page, ...] = ()
    outline: tuple[Heading, ...] = ()
    media_type: str = ""
    unit: PageUnit = PageUnit.PAGE
    authors: list[str] = field(default_factory=list)
    author_names: list[dict[str, str]] = field(default_factory=list)
    """The authors as CSL-JSON names."""
    publisher: str = ""
    year: int | None = None
    guesses: tuple[Guess, ...] = ()
    """Candidates for title, authors, year and publisher, best first."""
    fingerprint: bytes = b""
    """MinHash signature, see ``ingest.duplicates.minhash``."""
    notes: tuple[Message, ...] = ()
    """Messages about what could not be read, shown on the document page."""
    signatures: tuple[Signature, ...] = ()
    attached: tuple[AttachedFile, ...] = ()
