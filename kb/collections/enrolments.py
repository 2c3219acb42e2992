"""Enrolment in events: places, and a waiting list in order.

Where mails are sent, whoever enrols confirms by the link of the mail; until then the place is held
for a limited time, and then given to those who wait, as long as the event has not begun.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

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
    known = _find_live(session, event.id, form.email)
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
    found, event = _lock_enrolment(session, token)
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


def list_unconfirmed(session: Session, at: datetime, today: date) -> Sequence[str]:
    """Ids of coming events with places or turns that nobody confirmed in time."""
    late = select(Enrolment.collection_id).join(Collection).where(_is_late(at, today))
    return session.scalars(late.distinct()).all()


def _is_late(at: datetime, today: date) -> ColumnElement[bool]:
    """Whether an enrolment lapses. None does once the event has begun: who came is on its list."""
    return and_(
        Enrolment.confirm_by < at,
        Enrolment.state.not_in(GONE),
        ~Enrolment.attended,
        Collection.held_on > today,
    )


def release_unconfirmed(
    session: Session, event_id: str, at: datetime, today: date, hold: timedelta | None = None
) -> list[tuple[Collection, MovedUp]]:
    """Take back the places of an event that were not confirmed in time; gives the event with each
    of those who move up from the waiting list."""
    event = session.get(Collection, event_id, with_for_update=True)
    if event is None:
        return []
    late = select(Enrolment.id).join(Collection)
    late = late.where(Enrolment.collection_id == event_id, _is_late(at, today))
    ids = session.scalars(late).all()
    session.execute(
        update(Enrolment).where(Enrolment.id.in_(ids)).values(state=EnrolmentState.LAPSED)
    )
    session.flush()
    return [(event, one) for one in move_up(session, event, today, hold)]


def require_enrolment(session: Session, token: str) -> tuple[Enrolment, Collection]:
    """The enrolment whose link holds the token, and its event. The link of one that lapsed or was
    withdrawn leads to the one that the same person has now. Raises NotFound."""
    found = session.scalars(
        select(Enrolment).where(Enrolment.token_sha256 == digest(token))
    ).first()
    if found is None:
        raise NotFound()
    if found.state in GONE and found.email:
        found = _find_live(session, found.collection_id, found.email) or found
    return found, session.get_one(Collection, found.collection_id)


def _lock_enrolment(session: Session, token: str) -> tuple[Enrolment, Collection]:
    """The enrolment and its event, as they are once the event is locked. Raises NotFound."""
    _, event = require_enrolment(session, token)
    session.refresh(event, with_for_update=True)
    session.expire_all()
    return require_enrolment(session, token)


def _find_live(session: Session, event_id: str, email: str) -> Enrolment | None:
    """The enrolment in force of who has this mail address."""
    live = select(Enrolment).where(
        Enrolment.collection_id == event_id,
        func.lower(Enrolment.email) == email.lower(),
        Enrolment.state.not_in(GONE),
    )
    return session.scalars(live).first()


def withdraw(
    session: Session, token: str, today: date, hold: timedelta | None = None
) -> list[MovedUp]:
    """Give the place back; returns those who move up from the waiting list.

    Raises:
        NotFound: there is no such enrolment.
        PermanentError: the person has attended.
    """
    found, event = _lock_enrolment(session, token)
    if found.attended:
        raise PermanentError(N_("You attended this event: your certificate stays valid."))
    found.state = EnrolmentState.WITHDRAWN
    session.flush()
    return move_up(session, event, today, hold)


def count_for_account(session: Session, token: str, account_id: str) -> Collection:
    """Make the attendance count for the account of who holds the link; gives the event. An equal
    mail address would not do: nobody has proved that the address of an account is its owner's.

    Raises:
        NotFound: there is no such enrolment.
        PermanentError: it is no longer in force, or counts for another account.
    """
    found, event = _lock_enrolment(session, token)
    if found.state in GONE:
        raise PermanentError(N_("You are not enrolled any more."))
    if found.account_id not in (None, account_id):
        raise PermanentError(N_("This enrolment counts for another account already."))
    found.account_id = account_id
    session.flush()
    return event


@dataclass(frozen=True)
class MovedUp:
    """Who got a place from the waiting list. ``token``: of a new link to confirm it, empty if it is
    confirmed already."""

    enrolment: Enrolment
    token: str = ""


def move_up(
    session: Session, event: Collection, today: date, hold: timedelta | None = None
) -> list[MovedUp]:
    """Give free places to those who wait, the first first; returns them. Nobody moves up once the
    event is over, or while it is no published event with places.

    Who has not confirmed yet gets a new link and at least ``hold`` to do so.
    """
    if event.places is None or event.state is not CollectionState.PUBLISHED:
        return []
    if event.held_on is None or event.held_on < today:
        return []
    free = count_seats(session, event).free
    waiting = select(Enrolment).where(
        Enrolment.collection_id == event.id, Enrolment.state == EnrolmentState.WAITING
    )
    order = Enrolment.created_at, Enrolment.id
    return [_move(one, hold) for one in session.scalars(waiting.order_by(*order).limit(free)).all()]


def _move(one: Enrolment, hold: timedelta | None) -> MovedUp:
    one.state = EnrolmentState.ENROLLED
    if one.confirm_by is None or hold is None:
        return MovedUp(one)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    one.token_sha256 = digest(token)
    one.confirm_by = max(one.confirm_by, now() + hold)
    return MovedUp(one, token)


def require_nobody_enrolled(session: Session, event: Collection) -> None:
    """Raises PermanentError if people are enrolled, wait or attended: their places and certificates
    would be lost."""
    seats = count_seats(session, event)
    if seats.taken + seats.waiting:
        raise PermanentError(
            N_("People are enrolled in this event, or have certificates of it: make it a draft.")
        )
