"""Enrolment in events: places, a waiting list in order, attendance and its certificate."""

from __future__ import annotations

import secrets
from collections.abc import Collection as Ids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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

LINE_LENGTH = 200
CODE_BYTES = 12
ERASED = timedelta(days=90)
"""So long after the event, mail addresses and those who did not attend are erased."""
MOST_WAITING = 500


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
    """Whether people may enrol today: the event is published, has places and has not begun."""
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
    session: Session, event: Collection, form: EnrolmentForm, language: str, today: date
) -> tuple[Enrolment, str]:
    """Enrol, or put on the waiting list; the second value is the token to withdraw with.

    Who is enrolled already gets a new token and keeps the place.

    Raises:
        PermanentError: enrolment is closed, or too many wait.
    """
    session.refresh(event, with_for_update=True)
    if not is_open(event, today):
        raise PermanentError(N_("Enrolment in this event is closed."))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    known = session.scalars(
        select(Enrolment).where(
            Enrolment.collection_id == event.id,
            func.lower(Enrolment.email) == form.email.lower(),
            Enrolment.state != EnrolmentState.WITHDRAWN,
        )
    ).first()
    if known is not None:
        known.token_sha256 = digest(token)
        return known, token
    seats = count_seats(session, event)
    if not seats.free and seats.waiting >= MOST_WAITING:
        raise PermanentError(N_("The event is full, and so is the waiting list."))
    state = EnrolmentState.ENROLLED if seats.free else EnrolmentState.WAITING
    made = Enrolment(
        collection_id=event.id,
        **vars(form),
        language=language,
        state=state,
        token_sha256=digest(token),
    )
    session.add(made)
    session.flush()
    return made, token


def require_enrolment(session: Session, token: str) -> tuple[Enrolment, Collection]:
    """The enrolment whose link holds the token, and its event. Raises NotFound."""
    found = session.scalars(
        select(Enrolment).where(Enrolment.token_sha256 == digest(token))
    ).first()
    if found is None:
        raise NotFound()
    return found, session.get_one(Collection, found.collection_id)


def withdraw(session: Session, token: str) -> list[Enrolment]:
    """Give the place back; returns those who move up from the waiting list. Raises NotFound."""
    found, event = require_enrolment(session, token)
    session.refresh(event, with_for_update=True)
    session.refresh(found)
    found.state = EnrolmentState.WITHDRAWN
    session.flush()
    return move_up(session, event)


def move_up(session: Session, event: Collection) -> list[Enrolment]:
    """Give free places to those who wait, the first first; returns them."""
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
    """Those enrolled by name, then those who wait in their order; without the withdrawn ones."""
    present = select(Enrolment).where(
        Enrolment.collection_id == event.id, Enrolment.state != EnrolmentState.WITHDRAWN
    )
    rows = session.scalars(present.order_by(Enrolment.created_at, Enrolment.id)).all()
    enrolled = [one for one in rows if one.state is EnrolmentState.ENROLLED]
    waiting = [one for one in rows if one.state is EnrolmentState.WAITING]
    return [*sorted(enrolled, key=lambda one: one.name.casefold()), *waiting]


def note_attendance(session: Session, access: Access, event: Collection, present: Ids[str]) -> None:
    """Note who attended, by ids of enrolments; each gets a certificate code once, kept even if the
    mark is taken back and set again."""
    for one in list_enrolments(session, event):
        one.attended = one.id in present
        if one.attended and one.certificate is None:
            one.certificate = secrets.token_hex(CODE_BYTES)
    audit.record_event(session, access, "event.attendance", event.id, title=event.title)


def find_certificate(session: Session, code: str) -> tuple[Enrolment, Collection]:
    """The attendance that a code verifies, and its event. Raises NotFound, for one that was taken
    back too."""
    found = session.scalars(
        select(Enrolment).where(Enrolment.certificate == code, Enrolment.attended)
    ).first()
    if found is None:
        raise NotFound()
    return found, session.get_one(Collection, found.collection_id)


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
