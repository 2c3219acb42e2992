"""Deliveries of issues by mail: given out once, taken one by one, each tried until it is decided.

The functions work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.accounts.sessions import digest
from kb.messages import NotFound
from kb.periodical.subscriptions import MOST_REFUSALS, leave_subscription
from kb.storage.periodical import Issue, IssueState
from kb.storage.subscriptions import Delivery, DeliveryState, Subscription, SubscriptionState
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


def give_out(session: Session, access: Access, issue: Issue) -> int:
    """Have an issue sent to every subscription that has not had it. Returns how many.

    Raises:
        NotFound: it is not published.
    """
    if issue.state is not IssueState.PUBLISHED:
        raise NotFound()
    session.refresh(issue, with_for_update=True)
    due = _select_without(issue)
    ids = session.scalars(due.order_by(Subscription.confirmed_at, Subscription.id)).all()
    session.add_all(Delivery(issue_id=issue.collection_id, subscription_id=one) for one in ids)
    if ids:
        title = issue.collection.title
        audit.record_event(session, access, "issue.send", issue.collection_id, title=title)
    return len(ids)


def count_without(session: Session, issue: Issue) -> int:
    """How many subscriptions have not had the issue."""
    return session.scalar(select(func.count()).select_from(_select_without(issue).subquery())) or 0


def _select_without(issue: Issue) -> Select[str]:
    had = select(Delivery.subscription_id).where(Delivery.issue_id == issue.collection_id)
    return select(Subscription.id).where(
        Subscription.state == SubscriptionState.CONFIRMED, Subscription.id.not_in(had)
    )


def count_deliveries(session: Session, issue_id: str) -> Mapping[DeliveryState, int]:
    query = select(Delivery.state, func.count()).where(Delivery.issue_id == issue_id)
    return {row[0]: row[1] for row in session.execute(query.group_by(Delivery.state))}


def list_answers(
    session: Session, issue_id: str, most: int = 50
) -> Sequence[tuple[DeliveryState, str, int]]:
    """States with the codes that mail servers answered, and how often."""
    query = select(Delivery.state, Delivery.answer, func.count()).where(
        Delivery.issue_id == issue_id, Delivery.answer != ""
    )
    order = func.count().desc()
    groups = query.group_by(Delivery.state, Delivery.answer).order_by(order).limit(most)
    return [(row[0], row[1], row[2]) for row in session.execute(groups)]


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
    rested = or_(
        Delivery.tried_at.is_(None),
        and_(Delivery.tries < QUICK_TRIES, Delivery.tried_at < now() - AGAIN),
        Delivery.tried_at < now() - LATER,
    )
    query = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING, rested)
    return session.scalars(query.order_by(Delivery.created_at, Delivery.id).limit(free)).all()


def find_recipient(session: Session, delivery_id: str) -> tuple[str, str] | None:
    """The issue of a delivery and the language of who gets it."""
    query = select(Delivery.issue_id, Subscription.language).join(Subscription)
    found = session.execute(query.where(Delivery.id == delivery_id)).one_or_none()
    return (found[0], found[1]) if found else None


def take_delivery(session: Session, delivery_id: str, token: str) -> str | None:
    """Mark a delivery as being sent, and return its address; None if another process has it, or
    the reader left.

    ``token``: with it the reader unsubscribes.
    """
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
    return row.address


def finish_delivery(
    session: Session, delivery_id: str, state: DeliveryState, answer: str = ""
) -> None:
    """Note what became of a mail; ``answer`` is a code without words.

    ``REFUSED``: there is no such address; one that was refused ``MOST_REFUSALS`` times in a row is
    erased. What waits again is given up at the age ``GIVEN_UP``, which is not held against it.
    """
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    row = session.get(Subscription, delivery.subscription_id) if delivery else None
    if delivery is None or delivery.state is not DeliveryState.SENDING:
        return
    delivery.state, delivery.answer = state, answer
    if state is DeliveryState.WAITING:
        old = delivery.created_at < now() - GIVEN_UP
        if old and delivery.tries >= QUICK_TRIES:
            delivery.state = DeliveryState.REFUSED
    elif row is not None and state is DeliveryState.SENT:
        row.refusals = 0
    elif row is not None and state is DeliveryState.REFUSED:
        row.refusals += 1
        if row.refusals >= MOST_REFUSALS:
            leave_subscription(session, row, SubscriptionState.STOPPED)
