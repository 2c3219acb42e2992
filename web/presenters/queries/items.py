"""Practices and documents alike, as the caller may see them, read from SQL.

``select_visible`` is the condition on visibility and status that the queries here start from;
``find_existing`` is the one that leaves visibility out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.access import PUBLIC, Access
from kb.domain import Kind, Status
from kb.messages import N_, Message, NotFound
from kb.storage.history import RemovedItem
from kb.storage.tables import Item, PracticeRow, UnansweredQuestion
from kb.text.folding import title_order

REMOVED = N_(
    "“{title}” was removed from the knowledge base on {day} and can no longer be read here."
)


def select_visible(access: Access, kind: Kind | None = None) -> Select[Item]:
    """Items that ``access`` may see, of any status but deleted."""
    query = select(Item).where(
        Item.visibility.in_(access.visibilities), Item.status != Status.DELETED
    )
    return query if kind is None else query.where(Item.kind == kind)


def find_item(
    session: Session, access: Access, item_id: str, kind: Kind | None = None
) -> Item | None:
    """The item, or None if it does not exist, is of another kind or may not be seen."""
    return session.scalars(select_visible(access, kind).where(Item.id == item_id)).one_or_none()


def require_item(session: Session, access: Access, item_id: str, kind: Kind | None = None) -> Item:
    """As ``find_item``. Raises NotFound instead of returning None."""
    item = find_item(session, access, item_id, kind)
    if item is None:
        raise build_not_found(session, access, item_id)
    return item


def build_not_found(session: Session, access: Access, item_id: str) -> NotFound:
    """The error for an item; for a removed one that ``access`` might have seen, with its title."""
    removed = find_removed(session, item_id, access)
    if removed is None:
        return NotFound()
    return NotFound(Message(REMOVED, {"title": removed.title, "day": removed.removed_at}))


def items_by_id(session: Session, access: Access, ids: Iterable[str]) -> dict[str, Item]:
    """Those of the items that may be seen, by id."""
    items = session.scalars(select_visible(access).where(Item.id.in_(ids)))
    return {item.id: item for item in items}


def list_ready_ids(session: Session, access: Access, kind: Kind) -> frozenset[str]:
    """Ids of the items of a kind that are searchable and may be seen."""
    ready = _select_ready(access, kind).subquery()
    return frozenset(session.scalars(select(ready.c.id)))


def find_existing(session: Session, ids: Iterable[str]) -> frozenset[str]:
    """Ids of the items that are not deleted. Does not check visibility."""
    existing = select(Item.__table__.c.id).where(Item.id.in_(ids), Item.status != Status.DELETED)
    return frozenset(session.scalars(existing))


def find_removed(session: Session, item_id: str, access: Access = PUBLIC) -> RemovedItem | None:
    """The record of a removed item, if ``access`` covers the visibility it had.

    None also for an item that was added again.
    """
    removed = session.get(RemovedItem, item_id)
    if removed is None or removed.visibility not in access.visibilities:
        return None
    item = session.get(Item, item_id)
    return removed if item is None or item.status is Status.DELETED else None


def list_practices(session: Session, access: Access) -> Sequence[PracticeRow]:
    """Every practice that may be seen, by title."""
    visible = select_visible(access, Kind.PRACTICE).subquery()
    rows = select(PracticeRow).join(visible, visible.c.id == PracticeRow.id)
    return sorted(session.scalars(rows), key=lambda row: title_order(row.title, row.id))


def count_items(session: Session, access: Access, kind: Kind) -> int:
    """How many items of a kind are searchable."""
    ready = _select_ready(access, kind)
    return session.scalar(select(func.count()).select_from(ready.subquery())) or 0


def recently_added(session: Session, access: Access, limit: int) -> Sequence[Item]:
    """Searchable items, the newest first."""
    order = (Item.created_at.desc(), Item.id)
    return session.scalars(_select_ready(access).order_by(*order).limit(limit)).all()


def recently_changed(session: Session, access: Access, limit: int) -> Sequence[Item]:
    """Searchable items, the last changed first."""
    order = (Item.updated_at.desc(), Item.id)
    return session.scalars(_select_ready(access).order_by(*order).limit(limit)).all()


def list_unanswered(session: Session, limit: int = 200) -> Sequence[UnansweredQuestion]:
    """Open questions without an answer, the most frequent first. The caller checks the right."""
    order = (UnansweredQuestion.times.desc(), UnansweredQuestion.last_asked_at.desc())
    waiting = select(UnansweredQuestion).where(UnansweredQuestion.settled_at.is_(None))
    return session.scalars(waiting.order_by(*order).limit(limit)).all()


def count_unanswered(session: Session) -> int:
    """How many open questions have no answer. The caller checks the right."""
    waiting = UnansweredQuestion.settled_at.is_(None)
    return session.scalar(select(func.count()).select_from(UnansweredQuestion).where(waiting)) or 0


def _select_ready(access: Access, kind: Kind | None = None) -> Select[Item]:
    return select_visible(access, kind).where(Item.status == Status.READY)
