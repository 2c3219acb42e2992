"""Building blocks of the card's form: kinds of field, groups, sections."""

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
    """A source of the same card."""
    PART = "part"
    """A section of the story."""
    SETTLEMENT = "settlement"
    SWITCH = "switch"
    """Yes, or not said."""
    KEPT = "kept"
    """A hidden field, sent back unchanged."""


@dataclass(frozen=True)
class FormField:
    """``words`` is the maximum number of words; ``language``, if set, that of the text.

    ``rare`` fields of a group are folded away while they are empty.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.LINE
    vocabulary: str = ""
    hint: str = ""
    words: int = 0
    required: bool = False
    language: str = ""
    wide: bool = False
    rare: bool = False


@dataclass(frozen=True)
class FieldGroup:
    """A repeatable group of fields. ``titles`` are the fields that an entry is titled by.

    ``fixed`` groups have the entries that another step added; none is added or removed. Their
    ``key`` names the field that identifies an entry.
    """

    name: str
    heading: str
    entry: str
    add: str
    titles: tuple[str, ...]
    fields: tuple[FormField, ...]
    key: str = ""

    @property
    def fixed(self) -> bool:
        return bool(self.key)


@dataclass(frozen=True)
class FormSection:
    id: str
    heading: str
    lead: str = ""
    fields: tuple[FormField, ...] = ()
    groups: tuple[FieldGroup, ...] = ()
