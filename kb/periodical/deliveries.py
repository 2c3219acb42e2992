"""Deliveries of issues by mail: given out once, taken one by one, each tried until it is decided.

The functions work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import NotFound
from kb.periodical import sending
from kb.periodical.subscriptions import MOST_REFUSALS, leave_subscription
from kb.storage.periodical import Issue, IssueState
from kb.storage.subscriptions import Delivery, DeliveryState, Subscription, SubscriptionState


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


@dataclass(frozen=True)
class AnswerCount:
    """How many mails got an answer of mail servers; ``last_at``: when the last of them came back,
    None if none did."""

    state: DeliveryState
    answer: str
    count: int
    last_at: datetime | None


def list_answers(session: Session, issue_id: str, most: int = 50) -> Sequence[AnswerCount]:
    """States with the codes that mail servers answered, the most frequent first."""
    count = func.count()
    query = select(Delivery.state, Delivery.answer, count, func.max(Delivery.bounced_at)).where(
        Delivery.issue_id == issue_id,
        or_(Delivery.answer != "", Delivery.state == DeliveryState.BOUNCED),
    )
    groups = query.group_by(Delivery.state, Delivery.answer).order_by(count.desc()).limit(most)
    return [AnswerCount(*row) for row in session.execute(groups)]


def list_due(session: Session, per_minute: int) -> Sequence[str]:
    """Ids of the deliveries to try now, see ``sending.list_due``."""
    return sending.list_due(session, Delivery, per_minute)


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
    delivery = sending.take(session, Delivery, delivery_id, token)
    if delivery is None:
        return None
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
    erased. What waits again is given up at some age, which is not held against it.
    """
    delivery = sending.find_taken(session, Delivery, delivery_id)
    if delivery is None:
        return
    sending.decide(delivery, state, answer)
    row = session.get(Subscription, delivery.subscription_id)
    if row is not None and state is DeliveryState.SENT:
        row.refusals = 0
    elif row is not None and state is DeliveryState.REFUSED:
        count_refusal(session, row)


def count_refusal(session: Session, row: Subscription) -> None:
    """Hold a refused or returned mail against an address, and erase one that had too many in a
    row."""
    row.refusals += 1
    if row.refusals >= MOST_REFUSALS:
        leave_subscription(session, row, SubscriptionState.STOPPED)
