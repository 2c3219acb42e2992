"""What an issue says, as a value with a hash: shown before it is published, kept from then on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from kb.storage.periodical import hash_json


class EntryKind(StrEnum):
    PRACTICE = "practice"
    PROJECT = "project"
    DOCUMENT = "document"
    COLLECTION = "collection"
    NOTE = "note"
    """A text of the issue itself."""


COLLECTION_PREFIX = "collection:"
NOTE_PREFIX = "note:"
"""Beginnings of the ids of entries that are no items."""


class _Texts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextFact(_Texts):
    label: str
    value: str


class EntryTexts(_Texts):
    """What an issue says of an entry. ``key``: id of the item, or ``collection:`` or ``note:`` with
    an id. ``note``: why it is here, or the text of a note (Markdown). ``path``: its page."""

    key: str
    kind: EntryKind
    title: str = ""
    title_en: str = ""
    language: str = ""
    lead: str = ""
    """Place, authors or days, on one line."""
    summary: str = ""
    facts: tuple[TextFact, ...] = ()
    note: str = ""
    path: str = ""

    @property
    def sha256(self) -> str:
        return hash_json(self.model_dump(mode="json"))


class SectionTexts(_Texts):
    """A heading with its text (Markdown) and entries; no title: the entries before any heading."""

    title: str = ""
    text: str = ""
    entries: tuple[EntryTexts, ...] = ()


class IssueTexts(_Texts):
    number: int
    dated: date
    title: str
    title_en: str = ""
    language: str
    editorial: str
    """Markdown."""
    sections: tuple[SectionTexts, ...] = ()

    @property
    def sha256(self) -> str:
        return hash_json(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """As it is kept: each entry with its hash."""
        kept = self.model_dump(mode="json")
        for section, dumped in zip(self.sections, kept["sections"], strict=True):
            for entry, one in zip(section.entries, dumped["entries"], strict=True):
                one["sha256"] = entry.sha256
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> IssueTexts:
        sections = [
            section
            | {
                "entries": [
                    {name: value for name, value in entry.items() if name != "sha256"}
                    for entry in section["entries"]
                ]
            }
            for section in kept["sections"]
        ]
        return cls.model_validate(kept | {"sections": sections})

    def entries(self) -> Iterator[EntryTexts]:
        for section in self.sections:
            yield from section.entries
