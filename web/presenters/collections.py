"""A collection as a reader sees it: its sections, and of each entry no more than may be seen."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.collections.contents import EntryRow, SectionRow, group_rows, list_rows
from kb.storage.collections import Collection
from web.presenters import queries
from web.presenters.tiles import DocumentCard, PracticeCard, card
from web.rendering.i18n import Locale


class Seen(enum.StrEnum):
    """What has become of an entry for this reader."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """It is in the base, and this reader may not see it."""
    REMOVED = "removed"
    """It was removed from the base."""


@dataclass(frozen=True)
class ShownEntry:
    """``card`` is there exactly when the entry is shown; nothing else names the item."""

    card: PracticeCard | DocumentCard | None
    seen: Seen
    note: str

    @property
    def kind(self) -> str:
        return "practice" if isinstance(self.card, PracticeCard) else "document"


@dataclass(frozen=True)
class ShownGroup:
    section: SectionRow | None
    entries: tuple[ShownEntry, ...]


def shown(
    session: Session, access: Access, collection: Collection, reader: Locale
) -> list[ShownGroup]:
    """The contents by section, in the curator's order."""
    show = entry_shower(session, access, collection, reader)
    return [
        ShownGroup(group.section, tuple(show(entry) for entry in group.entries))
        for group in group_rows(list_rows(collection))
    ]


def entry_shower(
    session: Session, access: Access, collection: Collection, reader: Locale
) -> Callable[[EntryRow], ShownEntry]:
    """What shows the entries of a collection; the items are read once for all of them."""
    ids = [entry.item_id for entry in collection.entries]
    seen = queries.items_by_id(session, access, ids)
    here = queries.find_existing(session, ids)

    def show(entry: EntryRow) -> ShownEntry:
        item = seen.get(entry.id)
        if item is not None:
            return ShownEntry(card(item, reader), Seen.SHOWN, entry.note)
        return ShownEntry(None, Seen.HIDDEN if entry.id in here else Seen.REMOVED, entry.note)

    return show
