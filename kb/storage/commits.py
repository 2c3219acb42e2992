"""Record what a transaction changes, to notify listeners after the commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, sessionmaker

from kb.domain import Status
from kb.storage.tables import Item, Job

UNFILTERED = frozenset({"status", "reason", "indexed_as", "updated_at", "passages", "pages"})
"""Columns of an item that are written often and used by no filter."""
_KEY = "committed"


@dataclass
class Committed:
    """Changes of a transaction. ``jobs``: whether any were queued. ``items``: ids of searchable
    items whose filter values changed."""

    jobs: bool = False
    items: set[str] = field(default_factory=set)


def watch(sessions: sessionmaker[Session]) -> None:
    """Record the changes of every session."""
    event.listen(sessions, "after_flush", _record)


def written_by(session: Session) -> Committed:
    committed: Committed = session.info.setdefault(_KEY, Committed())
    return committed


def _record(session: Session, _context: Any) -> None:
    committed = written_by(session)
    for row in session.new:
        if isinstance(row, Job):
            committed.jobs = True
    for row in session.dirty:
        if isinstance(row, Item) and row.status is Status.READY and _has_new_filter_values(row):
            committed.items.add(row.id)


def _has_new_filter_values(item: Item) -> bool:
    return any(
        attribute.history.has_changes()
        for attribute in inspect(item).attrs
        if attribute.key not in UNFILTERED
    )
