"""Enrolment in events: places, a waiting list in order, attendance and its certificate.

Where mails are sent, whoever enrols confirms by the link of the mail; until then the place is held
for a limited time, and then given to those who wait.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.accounts import check_email
from kb.accounts.sessions import TOKEN_BYTES, digest
from kb.messages import N_, Message, NotFound, PermanentError
from kb.storage.collections import (
    Collection,
    CollectionKind,
    CollectionState,
    Enrolment,
    EnrolmentState,
)
from kb.storage.tables import now

LINE_LENGTH = 200
LONGEST = {"name": LINE_LENGTH, "body": LINE_LENGTH, "email": 254}
"""Characters of the fields of the form."""
ADDRESS = re.compile(r"://|www\.|\w/\w", re.IGNORECASE)
"""What is refused in names, since they stand in mails to addresses that nobody confirmed."""
CODE_BYTES = 12
ERASED = timedelta(days=90)
"""So long after the event, mail addresses and those who did not attend are erased."""
MOST_WAITING = 500
GONE = (EnrolmentState.WITHDRAWN, EnrolmentState.LAPSED)
"""States without a place and without a turn."""


@dataclass(frozen=True)
class EnrolmentForm:
    """What who enrols filled in, stripped."""

    name: str = ""
    body: str = ""
    email: str = ""

    def problems(self) -> dict[str, Message]:
        found: dict[str, Message] = {}
        for field, sentence in REQUIRED.items():
            if not getattr(self, field):
                found[field] = Message(sentence)
        for field in ("name", "body"):
            if ADDRESS.search(getattr(self, field)):
                found[field] = Message(N_("Write a name here, without web addresses."))
            if len(getattr(self, field)) > LINE_LENGTH:
                too_long = N_("Too long: at most {max_length} characters.")
                found[field] = Message(too_long, {"max_length": LINE_LENGTH})
        try:
            check_email(self.email)
        except PermanentError as error:
            found["email"] = error.message
        return found


REQUIRED = {
    "name": N_("Write your name and surname."),
    "email": N_("Write your mail address: the confirmation goes there."),
}


@dataclass(frozen=True)
class Seats:
    """Of an event: ``taken`` of ``places``, and how many wait."""

    places: int
    taken: int
    waiting: int

    @property
    def free(self) -> int:
        return max(0, self.places - self.taken)


def is_open(event: Collection, today: date) -> bool:
    """Whether people may enrol today: the event is published, has places, and its last day to enrol
    is not over; without one, that is the day before it begins."""
    if event.places is None or event.held_on is None or event.kind is not CollectionKind.EVENT:
        return False
    last = min(event.enrol_until or event.held_on - timedelta(days=1), event.held_on)
    return event.state is CollectionState.PUBLISHED and today <= last


def count_seats(session: Session, event: Collection) -> Seats:
    """The seats of an event with places."""
    rows = session.execute(
        select(Enrolment.state, func.count())
        .where(Enrolment.collection_id == event.id)
        .group_by(Enrolment.state)
    )
    by_state = {row[0]: row[1] for row in rows}
    return Seats(
        event.places or 0,
        by_state.get(EnrolmentState.ENROLLED, 0),
        by_state.get(EnrolmentState.WAITING, 0),
    )


def enrol(
    session: Session,
    event: Collection,
    form: EnrolmentForm,
    language: str,
    today: date,
    hold: timedelta | None = None,
) -> tuple[Enrolment, str]:
    """Enrol, or put on the waiting list; the second value is the token to confirm and withdraw
    with. The place, or the turn, is held for ``hold``; None: it needs no confirmation.

    Who is enrolled already gets a new token, and keeps the place for as long as it was held.

    Raises:
        PermanentError: enrolment is closed, or too many wait.
    """
    _lock_open(session, event, today)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    known = session.scalars(
        select(Enrolment).where(
            Enrolment.collection_id == event.id,
            func.lower(Enrolment.email) == form.email.lower(),
            Enrolment.state.not_in(GONE),
        )
    ).first()
    if known is not None:
        known.token_sha256 = digest(token)
        return known, token
    made = Enrolment(
        collection_id=event.id,
        **vars(form),
        language=language,
        state=_find_state(session, event),
        token_sha256=digest(token),
        confirm_by=now() + hold if hold else None,
    )
    session.add(made)
    session.flush()
    return made, token


def confirm(session: Session, token: str, today: date) -> tuple[Enrolment, Collection]:
    """Confirm an enrolment. Who comes too late gets a place that is free, or waits behind the
    others.

    Raises:
        NotFound: there is no such enrolment.
        PermanentError: it was withdrawn; or it is too late and enrolment is closed.
    """
    found, event = require_enrolment(session, token)
    session.refresh(event, with_for_update=True)
    session.refresh(found)
    if found.state is EnrolmentState.WITHDRAWN:
        raise PermanentError(N_("You are not enrolled any more."))
    if found.state is EnrolmentState.LAPSED:
        _lock_open(session, event, today)
        found.state, found.created_at = _find_state(session, event), now()
    found.confirm_by = None
    session.flush()
    return found, event


def _lock_open(session: Session, event: Collection, today: date) -> None:
    """Raises PermanentError if enrolment is closed."""
    session.refresh(event, with_for_update=True)
    if not is_open(event, today):
        raise PermanentError(N_("Enrolment in this event is closed."))


def _find_state(session: Session, event: Collection) -> EnrolmentState:
    """What who enrols now gets. Raises PermanentError if too many wait."""
    seats = count_seats(session, event)
    if seats.free and not seats.waiting:
        return EnrolmentState.ENROLLED
    if seats.waiting >= MOST_WAITING:
        raise PermanentError(N_("The event is full, and so is the waiting list."))
    return EnrolmentState.WAITING


def list_unconfirmed(session: Session, at: datetime) -> Sequence[str]:
    """Ids of events with places or turns that nobody confirmed in time."""
    late = select(Enrolment.collection_id).where(
        Enrolment.confirm_by < at, Enrolment.state.not_in(GONE), ~Enrolment.attended
    )
    return session.scalars(late.distinct()).all()


def release_unconfirmed(
    session: Session, event_id: str, at: datetime, today: date
) -> list[tuple[Collection, Enrolment]]:
    """Take back the places of an event that were not confirmed in time; gives the event with each
    of those who move up from the waiting list."""
    event = session.get(Collection, event_id, with_for_update=True)
    if event is None:
        return []
    session.execute(
        update(Enrolment)
        .where(
            Enrolment.collection_id == event_id,
            Enrolment.confirm_by < at,
            Enrolment.state.not_in(GONE),
            ~Enrolment.attended,
        )
        .values(state=EnrolmentState.LAPSED)
    )
    session.flush()
    return [(event, one) for one in move_up(session, event, today)]


def require_enrolment(session: Session, token: str) -> tuple[Enrolment, Collection]:
    """The enrolment whose link holds the token, and its event. Raises NotFound."""
    found = session.scalars(
        select(Enrolment).where(Enrolment.token_sha256 == digest(token))
    ).first()
    if found is None:
        raise NotFound()
    return found, session.get_one(Collection, found.collection_id)


def withdraw(session: Session, token: str, today: date) -> list[Enrolment]:
    """Give the place back; returns those who move up from the waiting list.

    Raises:
        NotFound: there is no such enrolment.
        PermanentError: the person has attended.
    """
    found, event = require_enrolment(session, token)
    session.refresh(event, with_for_update=True)
    session.refresh(found)
    if found.attended:
        raise PermanentError(N_("You attended this event: your certificate stays valid."))
    found.state = EnrolmentState.WITHDRAWN
    session.flush()
    return move_up(session, event, today)


def move_up(session: Session, event: Collection, today: date) -> list[Enrolment]:
    """Give free places to those who wait, the first first; returns them. Nobody moves up once the
    event has begun, or while it is no published event with places."""
    if event.places is None or event.state is not CollectionState.PUBLISHED:
        return []
    if event.held_on is None or event.held_on < today:
        return []
    free = count_seats(session, event).free
    waiting = select(Enrolment).where(
        Enrolment.collection_id == event.id, Enrolment.state == EnrolmentState.WAITING
    )
    order = Enrolment.created_at, Enrolment.id
    moved = list(session.scalars(waiting.order_by(*order).limit(free)))
    for one in moved:
        one.state = EnrolmentState.ENROLLED
    return moved


def list_enrolments(session: Session, event: Collection) -> Sequence[Enrolment]:
    """Those enrolled by name, then those who wait in their order; without those who
    withdrew or did not confirm."""
    present = select(Enrolment).where(
        Enrolment.collection_id == event.id, Enrolment.state.not_in(GONE)
    )
    rows = session.scalars(present.order_by(Enrolment.created_at, Enrolment.id)).all()
    enrolled = [one for one in rows if one.state is EnrolmentState.ENROLLED]
    waiting = [one for one in rows if one.state is EnrolmentState.WAITING]
    return [*sorted(enrolled, key=lambda one: one.name.casefold()), *waiting]


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
    if event.held_on is None or event.held_on > sent.today:
        raise PermanentError(N_("Attendance can be marked from the day of the event on."))
    session.refresh(event, with_for_update=True)
    changed = sent.marked ^ sent.marked_before
    for one in list_enrolments(session, event):
        if one.id not in changed:
            continue
        one.attended, one.confirm_by = one.id in sent.marked, None
        if one.attended and one.certificate is None:
            one.certificate, one.attested = secrets.token_hex(CODE_BYTES), sent.says
    audit.record_event(session, access, "event.attendance", event.id, title=event.title)


def require_nobody_enrolled(session: Session, event: Collection) -> None:
    """Raises PermanentError if people are enrolled, wait or attended: their places and certificates
    would be lost."""
    seats = count_seats(session, event)
    if seats.taken + seats.waiting:
        raise PermanentError(
            N_("People are enrolled in this event, or have certificates of it: make it a draft.")
        )


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
