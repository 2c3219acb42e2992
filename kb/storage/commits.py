"""What a transaction has changed that others wait for, told once it is committed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, sessionmaker

from kb.domain import Status
from kb.storage.tables import Item, Job

UNFILTERED = frozenset({"status", "reason", "indexed_as", "updated_at", "passages", "pages"})
"""Of an item: what is written often and no filter reads."""
_KEY = "committed"


@dataclass
class Committed:
    """``jobs``: whether some were queued. ``items``: ids of those that can be found and that the
    index filters by other values than before."""

    jobs: bool = False
    items: set[str] = field(default_factory=set)


def watch(sessions: sessionmaker[Session]) -> None:
    """Note in every session what it writes."""
    event.listen(sessions, "after_flush", _note)


def written_by(session: Session) -> Committed:
    committed: Committed = session.info.setdefault(_KEY, Committed())
    return committed


def _note(session: Session, _context: Any) -> None:
    committed = written_by(session)
    for row in session.new:
        if isinstance(row, Job):
            committed.jobs = True
    for row in session.dirty:
        if isinstance(row, Item) and row.status is Status.READY and _is_refiltered(row):
            committed.items.add(row.id)


def _is_refiltered(item: Item) -> bool:
    return any(
        attribute.history.has_changes()
        for attribute in inspect(item).attrs
        if attribute.key not in UNFILTERED
    )
