"""Publish a practice as an item of the base, or remove it."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy.orm import Session

from kb.domain import CARD_LANGUAGE, Kind, Status, Visibility
from kb.practices.filter_values import filter_values_of
from kb.practices.local_use import local_use_of
from kb.practices.practice import Practice
from kb.practices.taken_up import show_title
from kb.storage import jobs
from kb.storage.filter_values import write_filter_values
from kb.storage.history import RemovedItem
from kb.storage.locks import locked_item
from kb.storage.tables import Operation, PracticeRow, now


def publish_practice(
    session: Session, practice: Practice, visibility: Visibility | None = None
) -> bool:
    """Insert or update the practice's row; queue indexing if its content changed.

    ``visibility=None`` keeps the present one (PUBLIC for a new practice). Returns whether anything
    changed; the caller then syncs the index's filter values. A searchable practice stays so until
    it has been read again.
    """
    row = _find_row(session, practice.id)
    sha256 = _digest(practice)
    wanted = visibility or (row.visibility if row else Visibility.PUBLIC)
    settled = row is not None and row.status not in (Status.FAILED, Status.DELETED)
    said = row is not None and settled and row.content_sha256 == sha256
    if row is not None and said and row.visibility == wanted:
        return False
    if row is None:
        row = PracticeRow(
            id=practice.id, kind=Kind.PRACTICE, language=CARD_LANGUAGE, status=Status.QUEUED
        )
        session.add(row)
    row.record = practice.model_dump(mode="json")
    row.content_sha256, row.visibility = sha256, wanted
    row.title = practice.title
    row.year = practice.start
    row.country = practice.place.country
    row.themes = list(practice.themes)
    row.outcome, row.life = practice.outcome.value, practice.status.value
    row.evidence = practice.best_evidence or ""
    row.verified_on = practice.reading.opened_on
    write_filter_values(row, filter_values_of(practice) | local_use_of(session, practice))
    if removed := session.get(RemovedItem, practice.id):
        session.delete(removed)
    session.flush()
    show_title(session, practice.id, row.title if wanted is Visibility.PUBLIC else "")
    if not said:
        jobs.enqueue_index(session, row)
    return True


def unpublish_practice(session: Session, practice_id: str) -> None:
    """Hide a practice at once; the worker removes its points and passages."""
    row = _find_row(session, practice_id)
    if row is None or row.status is Status.DELETED:
        return
    row.status = Status.DELETED
    left = ("id", "kind", "title", "language", "visibility")
    session.merge(RemovedItem(removed_at=now(), **{name: getattr(row, name) for name in left}))
    jobs.enqueue(session, practice_id, Operation.DELETE)


def _find_row(session: Session, practice_id: str) -> PracticeRow | None:
    item = locked_item(session, practice_id)
    return item if isinstance(item, PracticeRow) else None


def _digest(practice: Practice) -> str:
    """SHA-256 of the card without default values, so that new optional fields do not change it."""
    record = practice.model_dump(mode="json", exclude_defaults=True)
    content = json.dumps(record, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
