"""What a form of repeated groups is made of: fields of several kinds, groups, sections."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    DAY = "day"
    URL = "url"
    CHOICE = "choice"
    CHOICES = "choices"
    COUNTRY = "country"
    LANGUAGE = "language"
    LIST = "list"
    SOURCE = "source"
    """One of the card's own sources."""
    PART = "part"
    """One of the six sections of the story."""
    SETTLEMENT = "settlement"
    KEPT = "kept"
    """Not shown: it comes back as it went out."""


@dataclass(frozen=True)
class FormField:
    """``words`` is the most it may have; ``language`` is the one it is written in, if it is set."""

    name: str
    label: str
    kind: FieldKind = FieldKind.LINE
    vocabulary: str = ""
    hint: str = ""
    words: int = 0
    required: bool = False
    language: str = ""
    wide: bool = False


@dataclass(frozen=True)
class FieldGroup:
    """Entries of one kind, as many as there are. ``titles`` are the fields that name an entry."""

    name: str
    heading: str
    entry: str
    add: str
    titles: tuple[str, ...]
    fields: tuple[FormField, ...]
    hint: str = ""


@dataclass(frozen=True)
class FormSection:
    id: str
    heading: str
    lead: str = ""
    fields: tuple[FormField, ...] = ()
    groups: tuple[FieldGroup, ...] = ()
