"""What an item says, read and split: the value that travels from the child process to SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingest.extract.cms import Signature
from kb.domain import Guess, Heading, Page, PageUnit, Passage
from kb.messages import Message


@dataclass(frozen=True)
class AttachedFile:
    """A file that came with a document: at ``path``, whose reader has to remove it, or, with a
    ``reason``, nowhere."""

    name: str
    path: Path | None = None
    reason: Message | None = None


@dataclass(frozen=True)
class Content:
    """Text and passages of an item. Empty values mean that the item does not say."""

    title: str
    passages: tuple[Passage, ...]
    language: str = ""
    pages: tuple[Page, ...] = ()
    outline: tuple[Heading, ...] = ()
    media_type: str = ""
    unit: PageUnit = PageUnit.PAGE
    authors: list[str] = field(default_factory=list)
    author_names: list[dict[str, str]] = field(default_factory=list)
    """The authors as names of CSL-JSON."""
    publisher: str = ""
    year: int | None = None
    guesses: tuple[Guess, ...] = ()
    """Candidates for the fields above, the best first."""
    fingerprint: bytes = b""
    """See ``ingest.duplicates.minhash``."""
    notes: tuple[Message, ...] = ()
    """What could not be read, page by page, with the reason."""
    signatures: tuple[Signature, ...] = ()
    attached: tuple[AttachedFile, ...] = ()
