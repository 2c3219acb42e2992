"""A collection for display: its sections, and its entries as far as the reader may see them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.collections.contents import EntryRow, SectionRow, group_rows, list_rows
from kb.storage.collections import Collection
from web.presenters import queries
from web.presenters.tiles import DocumentCard, PracticeCard, ProjectCard, cards_of
from web.rendering.i18n import Locale


class Seen(enum.StrEnum):
    """Whether the reader may see the item of an entry, and if not why."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """The item exists, but the reader may not see it."""
    REMOVED = "removed"
    """The item was removed."""


@dataclass(frozen=True)
class ShownEntry:
    """``card`` is set only if the reader may see the item; no other field identifies it."""

    card: PracticeCard | DocumentCard | ProjectCard | None
    seen: Seen
    note: str

    @property
    def kind(self) -> str:
        if isinstance(self.card, ProjectCard):
            return "project"
        return "practice" if isinstance(self.card, PracticeCard) else "document"


@dataclass(frozen=True)
class ShownGroup:
    section: SectionRow | None
    entries: tuple[ShownEntry, ...]


@dataclass(frozen=True)
class ProgrammeDay:
    """``day`` as the reader writes it, empty for an event of one day."""

    day: str
    rows: tuple[dict[str, Any], ...]


def group_programme(collection: Collection, reader: Locale) -> list[ProgrammeDay]:
    """The rows of an event's programme by day, in the order in which they were written."""
    return [
        ProgrammeDay(reader.date(date.fromisoformat(day)) if day else "", tuple(rows))
        for day, rows in groupby(collection.programme, lambda row: str(row["day"]))
    ]


def group_entries(
    session: Session, access: Access, collection: Collection, reader: Locale
) -> list[ShownGroup]:
    """The entries by section, in the curator's order."""
    show = build_entry_presenter(session, access, collection, reader)
    return [
        ShownGroup(group.section, tuple(show(entry) for entry in group.entries))
        for group in group_rows(list_rows(collection))
    ]


def build_entry_presenter(
    session: Session, access: Access, collection: Collection, reader: Locale
) -> Callable[[EntryRow], ShownEntry]:
    """Return a function that presents one entry; loads the items of all entries at once."""
    ids = [entry.item_id for entry in collection.entries]
    seen = queries.items_by_id(session, access, ids)
    here = queries.find_existing(session, ids)
    cards = {one.id: one for one in cards_of(session, seen.values(), reader)}

    def show(entry: EntryRow) -> ShownEntry:
        if entry.id in cards:
            return ShownEntry(cards[entry.id], Seen.SHOWN, entry.note)
        return ShownEntry(None, Seen.HIDDEN if entry.id in here else Seen.REMOVED, entry.note)

    return show
