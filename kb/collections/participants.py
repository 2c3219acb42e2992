"""Participants of an event: their list, attendance, certificates, and what is erased later."""

from __future__ import annotations

import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import N_, NotFound, PermanentError
from kb.storage.collections import Collection, Enrolment, EnrolmentState

CODE_BYTES = 12
ERASED = timedelta(days=90)
"""So long after the event, mail addresses and those who did not attend are erased."""


def has_begun(event: Collection, today: date) -> bool:
    """Whether today is the day of the event or later."""
    return event.held_on is not None and event.held_on <= today


def list_enrolments(session: Session, event: Collection, today: date) -> Sequence[Enrolment]:
    """Those enrolled by name, then those who wait in their order; from the day of the event on also
    those who did not confirm in time, as they may have come. Without those who withdrew."""
    present = select(Enrolment).where(
        Enrolment.collection_id == event.id, Enrolment.state != EnrolmentState.WITHDRAWN
    )
    rows = session.scalars(present.order_by(Enrolment.created_at, Enrolment.id)).all()
    enrolled = [one for one in rows if one.state is EnrolmentState.ENROLLED]
    waiting = [one for one in rows if one.state is EnrolmentState.WAITING]
    lapsed = _list_lapsed(rows) if has_begun(event, today) else []
    return [*sorted(enrolled, key=lambda one: one.name.casefold()), *waiting, *lapsed]


def _list_lapsed(rows: Sequence[Enrolment]) -> list[Enrolment]:
    """The last of each person that is enrolled in no other way."""
    present = {one.email.lower() for one in rows if one.state is not EnrolmentState.LAPSED}
    lapsed = {one.email.lower(): one for one in rows if one.state is EnrolmentState.LAPSED}
    return [one for email, one in lapsed.items() if email not in present]


@dataclass(frozen=True)
class Attendance:
    """A form of who attended: ids of enrolments that were marked when it was opened, and that are
    marked now. ``says``: what certificates say of the event."""

    marked_before: Set[str]
    marked: Set[str]
    today: date
    says: dict[str, Any]


def note_attendance(session: Session, access: Access, event: Collection, sent: Attendance) -> None:
    """Note who attended. Only marks that the form changed are written, so that two forms at once
    undo nothing of each other. The first mark makes the certificate.

    Raises PermanentError before the event has begun.
    """
    if not has_begun(event, sent.today):
        raise PermanentError(N_("Attendance can be marked from the day of the event on."))
    session.refresh(event, with_for_update=True)
    changed = sent.marked ^ sent.marked_before
    for one in list_enrolments(session, event, sent.today):
        if one.id not in changed:
            continue
        one.attended, one.confirm_by = one.id in sent.marked, None
        if one.state is EnrolmentState.LAPSED:
            one.state = EnrolmentState.ENROLLED
        if one.attended and one.certificate is None:
            one.certificate, one.attested = secrets.token_hex(CODE_BYTES), sent.says
    audit.record_event(session, access, "event.attendance", event.id, title=event.title)


def find_certificate(session: Session, code: str) -> Enrolment:
    """The attendance that a code verifies. Raises NotFound, for one that was taken back too."""
    found = session.scalars(
        select(Enrolment).where(Enrolment.certificate == code, Enrolment.attended)
    ).first()
    if found is None:
        raise NotFound()
    return found


def list_due_for_erasure(session: Session, today: date) -> Sequence[str]:
    """Ids of events that ended longer ago than ``ERASED`` and still have addresses or absentees."""
    ended = func.coalesce(Collection.held_until, Collection.held_on) < today - ERASED
    kept = (Enrolment.email != "") | ~Enrolment.attended
    found = select(Collection.id).join(Enrolment).where(ended, kept).distinct()
    return session.scalars(found.limit(100)).all()


def erase_old(session: Session, today: date) -> None:
    """Erase mail addresses, and who did not attend, of events that ended long ago."""
    for event_id in list_due_for_erasure(session, today):
        of_event = Enrolment.collection_id == event_id
        session.execute(delete(Enrolment).where(of_event, ~Enrolment.attended))
        session.execute(update(Enrolment).where(of_event).values(email=""))
