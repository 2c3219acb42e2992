"""The form of a collection as a value, with validation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from kb.domain import DEFAULT_LANGUAGE, Visibility
from kb.messages import N_, Message
from kb.practices.rules import ARGUMENT_WORDS
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType

TITLE_LENGTH = 200
"""Characters."""
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
"""Of an event."""
MOST_OUTCOMES = 10
MOST_PLACES, MOST_HOURS, MOST_PEOPLE = 10_000, 2_000, 100
"""Of an event; 100 are also the most recordings."""
COVERS: Mapping[str, str] = {
    "hills": N_("Hills"),
    "town": N_("Houses"),
    "fields": N_("Fields"),
    "sun": N_("Sun and wind"),
    "water": N_("Water"),
    "care": N_("People"),
    "network": N_("Network"),
    "pages": N_("Pages"),
}
"""The built-in covers: drawings in ``web/static/covers``, with their themes."""

MOTIFS_OF_THEME: Mapping[str, tuple[str, ...]] = {
    "energy": ("sun",),
    "green-economy": ("water", "fields"),
    "tourism-agriculture": ("fields", "hills"),
    "health-care": ("care",),
    "social-enterprise": ("care", "town"),
    "territorial-planning": ("hills", "town"),
    "eco-building": ("town",),
    "smart-communities": ("network", "sun"),
    "public-administration": ("pages", "town", "care"),
    "high-growth-firms": ("network",),
    "biotechnology": ("network",),
}
"""Covers that fit a theme."""


def no_such_year() -> Message:
    """What is said of a day before ``EARLIEST_YEAR`` or after ``LATEST_YEAR``."""
    template = N_("Give a day between the years {first} and {last}.")
    return Message(template, {"first": str(EARLIEST_YEAR), "last": str(LATEST_YEAR)})


@dataclass(frozen=True)
class About:
    """The form's values: everything about a collection except contents and uploaded image."""

    title: str = ""
    title_en: str = ""
    language: str = DEFAULT_LANGUAGE
    argument: str = ""
    visibility: Visibility = Visibility.PUBLIC
    state: CollectionState = CollectionState.DRAFT
    kind: CollectionKind = CollectionKind.THEMATIC
    event_type: EventType | None = None
    held_on: date | None = None
    held_until: date | None = None
    begins_at: time | None = None
    held_in: str = ""
    organiser: str = ""
    people: list[dict[str, Any]] = field(default_factory=list)
    programme: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    licence: str = ""
    places: int | None = None
    enrol_until: date | None = None
    hours: int | None = None
    audience: str = ""
    outcomes: list[str] = field(default_factory=list)
    cover: str = "hills"

    @classmethod
    def of(cls, collection: Collection) -> About:
        return cls(**{name: getattr(collection, name) for name in cls.__dataclass_fields__})

    def problems(self) -> dict[str, Message]:
        """Validation errors by field."""
        found: dict[str, Message] = {}
        if not self.title:
            found["title"] = Message(N_("A collection needs a title."))
        for name in ("title", "title_en", "held_in", "organiser", "licence", "audience"):
            if len(getattr(self, name)) > TITLE_LENGTH:
                too_long = N_("Too long: at most {max_length} characters.")
                found[name] = Message(too_long, {"max_length": TITLE_LENGTH})
        words = len(self.argument.split())
        if words > ARGUMENT_WORDS:
            params = {"count": words, "most": ARGUMENT_WORDS}
            found["argument"] = Message(N_("{count} words: at most {most}."), params)
        if self.state is CollectionState.PUBLISHED and not words:
            found["argument"] = Message(N_("Before it is published, say why it was put together."))
        return found | self._event_problems()

    def _event_problems(self) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if self.kind is CollectionKind.EVENT:
            if self.event_type is None:
                found["event_type"] = Message(N_("Say what kind of event it was."))
            if self.held_on is None:
                found["held_on"] = Message(N_("Say on which day it began."))
        if self.held_on and self.held_until and self.held_until < self.held_on:
            found["held_until"] = Message(N_("The last day is before the first."))
        if self.enrol_until and self.held_on and self.enrol_until > self.held_on:
            found["enrol_until"] = Message(N_("Enrolment ends when the event begins, or before."))
        for name, most in (("places", MOST_PLACES), ("hours", MOST_HOURS)):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                found[name] = Message(N_("Write a number from 1 to {most}."), {"most": most})
        if len(self.outcomes) > MOST_OUTCOMES:
            found["outcomes"] = Message(
                N_("Too many lines: at most {most}."), {"most": MOST_OUTCOMES}
            )
        if len(self.people) > MOST_PEOPLE or len(self.recordings) > MOST_PEOPLE:
            where = "people" if len(self.people) > MOST_PEOPLE else "recordings"
            found[where] = Message(N_("Too many lines: at most {most}."), {"most": MOST_PEOPLE})
        return found


def cover_of(themes: tuple[str, ...], collection_id: str) -> str:
    """A built-in cover that fits the first theme; which of several, depends on the id."""
    fitting = next((MOTIFS_OF_THEME[theme] for theme in themes if theme in MOTIFS_OF_THEME), ())
    digest = hashlib.sha256(collection_id.encode()).digest()
    return fitting[digest[20] % len(fitting)] if fitting else "hills"
