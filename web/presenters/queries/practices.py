"""Published practices as the caller may see them, read from SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.practices.practice import Practice
from kb.storage.history import RemovedItem
from kb.storage.tables import Item, PracticeRow
from web.presenters.queries.items import build_not_found, find_item, select_visible


def find_practice(session: Session, access: Access, practice_id: str) -> Practice | None:
    """The practice, or None if it does not exist or may not be seen."""
    row = find_item(session, access, practice_id, Kind.PRACTICE)
    return read_practices(session, access, [row])[0] if isinstance(row, PracticeRow) else None


def require_practice(session: Session, access: Access, practice_id: str) -> Practice:
    """As ``find_practice``. Raises NotFound instead of returning None."""
    practice = find_practice(session, access, practice_id)
    if practice is None:
        raise build_not_found(session, access, practice_id)
    return practice


def read_practices(session: Session, access: Access, rows: Iterable[PracticeRow]) -> list[Practice]:
    """Parse the rows' records, without quotations of documents that ``access`` may not see.

    The caller has checked that the practices themselves may be seen.
    """
    practices = [Practice.model_validate(row.record) for row in rows]
    cited = {
        source.document for practice in practices for source in practice.sources if source.document
    }
    visible = visible_document_ids(session, access, cited) if cited else frozenset()
    return [practice.shown_with(visible) for practice in practices]


def read_all_practices(session: Session, access: Access) -> list[Practice]:
    """Every practice that may be seen."""
    visible = select_visible(access, Kind.PRACTICE).subquery()
    rows = session.scalars(select(PracticeRow).join(visible, visible.c.id == PracticeRow.id))
    return read_practices(session, access, rows)


def visible_document_ids(session: Session, access: Access, ids: Iterable[str]) -> frozenset[str]:
    """Those of the documents that may be seen, or could be before they were removed."""
    wanted = list(ids)
    existing = select(Item.__table__.c.id).where(
        Item.id.in_(wanted),
        Item.visibility.in_(access.visibilities),
        Item.status != Status.DELETED,
    )
    removed = select(RemovedItem.id).where(
        RemovedItem.id.in_(wanted), RemovedItem.visibility.in_(access.visibilities)
    )
    return frozenset(session.scalars(existing)) | frozenset(session.scalars(removed))


def read_removals(session: Session, ids: Iterable[str]) -> dict[str, datetime]:
    """When each removed item was removed, by id. Does not check visibility."""
    removed = select(RemovedItem.id, RemovedItem.removed_at).where(RemovedItem.id.in_(list(ids)))
    return {row.id: row.removed_at for row in session.execute(removed)}
