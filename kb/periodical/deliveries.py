"""Deliveries of issues by mail: given out once, taken one by one, each tried until it is decided.

The functions work in the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.sessions import TOKEN_BYTES, digest
from kb.messages import NotFound
from kb.periodical.subscriptions import MOST_REFUSALS, leave_subscription
from kb.storage.periodical import Issue, IssueState
from kb.storage.subscriptions import Delivery, DeliveryState, Subscription, SubscriptionState
from kb.storage.tables import now

LEASE = timedelta(minutes=10)
"""After so long a mail that is still being handed over counts as interrupted."""
AGAIN = timedelta(minutes=5)
"""What the server did not take is tried again after so long."""
MOST_TRIES = 12
MINUTE = timedelta(minutes=1)
ANSWER_LENGTH = 500


def give_out(session: Session, access: Access, issue: Issue) -> int:
    """Have an issue sent to every subscription that has not had it. Returns how many.

    Raises:
        NotFound: it is not published.
    """
    if issue.state is not IssueState.PUBLISHED:
        raise NotFound()
    session.refresh(issue, with_for_update=True)
    had = select(Delivery.subscription_id).where(Delivery.issue_id == issue.collection_id)
    due = select(Subscription.id).where(
        Subscription.state == SubscriptionState.CONFIRMED, Subscription.id.not_in(had)
    )
    ids = session.scalars(due.order_by(Subscription.confirmed_at, Subscription.id)).all()
    session.add_all(Delivery(issue_id=issue.collection_id, subscription_id=one) for one in ids)
    if ids:
        title = issue.collection.title
        audit.record_event(session, access, "issue.send", issue.collection_id, title=title)
    return len(ids)


def count_deliveries(session: Session, issue_id: str) -> Mapping[DeliveryState, int]:
    query = select(Delivery.state, func.count()).where(Delivery.issue_id == issue_id)
    return {row[0]: row[1] for row in session.execute(query.group_by(Delivery.state))}


def list_answers(session: Session, issue_id: str, most: int = 50) -> Sequence[tuple[str, int]]:
    """What mail servers said of the mails they did not take, and how often."""
    query = select(Delivery.answer, func.count()).where(
        Delivery.issue_id == issue_id, Delivery.answer != ""
    )
    order = func.count().desc()
    rows = session.execute(query.group_by(Delivery.answer).order_by(order).limit(most))
    return [(row[0], row[1]) for row in rows]


def mark_interrupted(session: Session) -> None:
    """Give up what a process began to hand over and did not finish: it may have arrived."""
    stuck = Delivery.state == DeliveryState.SENDING, Delivery.tried_at < now() - LEASE
    if session.scalar(select(Delivery.id).where(*stuck).limit(1)):
        session.execute(update(Delivery).where(*stuck).values(state=DeliveryState.INTERRUPTED))


def list_due(session: Session, per_minute: int) -> Sequence[str]:
    """Ids of the deliveries to try now, so many that the last minute has no more than
    ``per_minute``."""
    lately = select(func.count()).where(Delivery.tried_at > now() - MINUTE)
    free = per_minute - (session.scalar(lately) or 0)
    if free <= 0:
        return []
    rested = Delivery.tried_at.is_(None) | (Delivery.tried_at < now() - AGAIN)
    query = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING, rested)
    return session.scalars(query.order_by(Delivery.created_at, Delivery.id).limit(free)).all()


def take_delivery(session: Session, delivery_id: str) -> tuple[Delivery, Subscription, str] | None:
    """Mark a delivery as being sent; None if another process has it, or the reader left.

    The last value is the token with which its reader unsubscribes.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    taken = session.scalar(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.WAITING)
        .values(
            state=DeliveryState.SENDING,
            tried_at=now(),
            tries=Delivery.tries + 1,
            leave_sha256=digest(token),
        )
        .returning(Delivery.id)
    )
    if taken is None:
        return None
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    row = session.get(Subscription, delivery.subscription_id)
    if row is None or row.address is None:
        delivery.state = DeliveryState.CANCELLED
        return None
    return delivery, row, token


def finish_delivery(
    session: Session, delivery_id: str, state: DeliveryState, answer: str = ""
) -> None:
    """Note what became of a mail. What waits again is refused after ``MOST_TRIES``; an address
    that was refused ``MOST_REFUSALS`` times in a row is erased."""
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    row = session.get(Subscription, delivery.subscription_id) if delivery else None
    if delivery is None or delivery.state is not DeliveryState.SENDING:
        return
    if state is DeliveryState.WAITING and delivery.tries >= MOST_TRIES:
        state = DeliveryState.REFUSED
    delivery.state, delivery.answer = state, answer[:ANSWER_LENGTH]
    if row is None:
        return
    if state is DeliveryState.SENT:
        row.refusals = 0
    elif state is DeliveryState.REFUSED:
        row.refusals += 1
        if row.refusals >= MOST_REFUSALS:
            leave_subscription(session, row, SubscriptionState.STOPPED)
