"""Mails to many: taken one by one, each tried until it is decided, none handed over twice.

The functions work in the caller's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from kb.accounts.sessions import digest
from kb.runtime.mail import NO_SUCH_ADDRESS, NO_SUCH_BOX
from kb.storage.following import Digest
from kb.storage.subscriptions import Delivery, DeliveryState
from kb.storage.tables import now

LEASE = timedelta(minutes=10)
"""After so long a mail that is still being handed over counts as interrupted."""
AGAIN = timedelta(minutes=5)
"""What the server did not take is tried again after so long."""
QUICK_TRIES = 12
"""After so many it is tried each ``LATER`` only."""
LATER = timedelta(hours=1)
GIVEN_UP = timedelta(days=4)
"""Age at which it is tried no more (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""
MINUTE = timedelta(minutes=1)
BOX_CLOSED = "5.2.1"
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
T = TypeVar("T", Delivery, Digest)
KINDS: tuple[type[Delivery | Digest], ...] = (Delivery, Digest)


def mark_interrupted(session: Session) -> None:
    """Give up what a process began to hand over and did not finish: it may have arrived."""
    for kind in KINDS:
        stuck = kind.state == DeliveryState.SENDING, kind.tried_at < now() - LEASE
        if session.scalar(select(kind.id).where(*stuck).limit(1)):
            session.execute(update(kind).where(*stuck).values(state=DeliveryState.INTERRUPTED))


def list_due(session: Session, kind: type[Delivery | Digest], per_minute: int) -> Sequence[str]:
    """Ids of the mails to try now, so many that the last minute has no more than ``per_minute`` of
    all kinds."""
    free = per_minute - sum(_count_lately(session, one) for one in KINDS)
    if free <= 0:
        return []
    rested = or_(
        kind.tried_at.is_(None),
        and_(kind.tries < QUICK_TRIES, kind.tried_at < now() - AGAIN),
        kind.tried_at < now() - LATER,
    )
    query = select(kind.id).where(kind.state == DeliveryState.WAITING, rested)
    return session.scalars(query.order_by(kind.created_at, kind.id).limit(free)).all()


def _count_lately(session: Session, kind: type[Delivery | Digest]) -> int:
    return session.scalar(select(func.count()).where(kind.tried_at > now() - MINUTE)) or 0


def take(session: Session, kind: type[T], id: str, token: str) -> T | None:
    """Mark a mail as being sent; None if another process has it.

    ``token``: with it the reader unsubscribes.
    """
    taken = session.scalar(
        update(kind)
        .where(kind.id == id, kind.state == DeliveryState.WAITING)
        .values(
            state=DeliveryState.SENDING,
            tried_at=now(),
            tries=kind.tries + 1,
            leave_sha256=digest(token),
        )
        .returning(kind.id)
    )
    return None if taken is None else session.get_one(kind, id, populate_existing=True)


def put_off(session: Session, kind: type[T], id: str) -> None:
    """Count a try of a mail that could not be written: it waits as long as after any other."""
    waiting = kind.id == id, kind.state == DeliveryState.WAITING
    session.execute(update(kind).where(*waiting).values(tried_at=now(), tries=kind.tries + 1))


def find_taken(session: Session, kind: type[T], id: str) -> T | None:
    """A mail that is being sent, locked until the transaction ends."""
    row = session.get(kind, id, with_for_update=True)
    return row if row is not None and row.state is DeliveryState.SENDING else None


def is_held_against(row: Delivery | Digest) -> bool:
    """Whether the mail was refused or came back because the address does not exist or is closed:
    by the enhanced status (RFC 3463, IANA), or without one by the SMTP code."""
    if row.state not in (DeliveryState.REFUSED, DeliveryState.BOUNCED):
        return False
    enhanced = _ENHANCED.search(row.answer)
    if enhanced:
        return enhanced[0] in NO_SUCH_ADDRESS or enhanced[0] == BOX_CLOSED
    return row.answer[:3] in map(str, NO_SUCH_BOX)


def decide(row: Delivery | Digest, state: DeliveryState, answer: str) -> None:
    """Note what became of a mail. What waits again is given up at the age ``GIVEN_UP``."""
    row.state, row.answer = state, answer
    is_old = row.created_at < now() - GIVEN_UP and row.tries >= QUICK_TRIES
    if state is DeliveryState.WAITING and is_old:
        row.state = DeliveryState.REFUSED
