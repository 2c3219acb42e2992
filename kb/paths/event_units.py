"""Make an event part of a unit of a path, and pass on who attended it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.collections.commands import lock, touch
from kb.paths.attendance import find_participants, list_units_of_event
from kb.paths.progress import close_progress, open_progress
from kb.paths.questions import list_questions, require_unit
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionSection
from kb.storage.paths import PathProgress
from kb.storage.tables import now


def set_event(
    session: Session,
    access: Access,
    path: Collection,
    section_id: str,
    event: Collection | None,
) -> None:
    """Make attendance at the event part of a unit; None: of no event. Who attended it already has
    it noted; attendance at the event before counts no more.

    Raises:
        NotFound: there is no such unit.
    """
    lock(session, path)
    section = require_unit(path, section_id)
    if section.event_id == (event.id if event is not None else None):
        return
    section.event_id = event.id if event is not None else None
    touch(path)
    session.flush()
    people = find_participants(session, event) if event is not None else {}
    of_section = PathProgress.section_id == section.id
    begun = session.scalars(select(PathProgress.account_id).where(of_section)).all()
    _lock_accounts(session, {*people, *begun})
    session.execute(update(PathProgress).where(of_section).values(attended_at=None))
    _pass_on(session, section, people)
    audit.record_event(session, access, "path.event", path.id, title=path.title)


def pass_on_attendance(session: Session, event: Collection) -> None:
    """Note in all paths who attended the event, and take back what was marked by mistake; records
    that were made stay."""
    units = list_units_of_event(session, event)
    if units:
        people = find_participants(session, event)
        _lock_accounts(session, people)
        for section in units:
            _pass_on(session, section, people)


def _lock_accounts(session: Session, ids: Iterable[str]) -> None:
    """Lock them in order of id, as answers lock theirs, before their progress is written."""
    chosen = select(Account.id).where(Account.id.in_(list(ids)))
    session.execute(chosen.order_by(Account.id).with_for_update()).all()


def _pass_on(session: Session, section: CollectionSection, people: dict[str, bool]) -> None:
    questions = list_questions(session, [section.id])[section.id]
    for account_id, attended in people.items():
        if attended:
            row = open_progress(session, account_id, section.id)
            row.attended_at = row.attended_at or now()
            close_progress(row, questions, needs_event=True)
            continue
        key = {"account_id": account_id, "section_id": section.id}
        found = session.get(PathProgress, key)
        if found is not None and found.attended_at is not None:
            found.attended_at = found.done_at = None
    session.flush()
