"""Mark mails that came back after the mail server took them, by the Message-ID that they were sent
with. The functions work in the caller's transaction."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.periodical.deliveries import count_refusal
from kb.periodical.digests import note_bounced
from kb.periodical.notifications import Notification
from kb.periodical.sending import is_held_against
from kb.periodical.subscriptions import MOST_REFUSALS
from kb.storage.following import Digest
from kb.storage.subscriptions import Delivery, DeliveryState, Subscription
from kb.storage.tables import now

MAY_BOUNCE = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.INTERRUPTED)


class BounceOutcome(enum.StrEnum):
    MARKED = "marked"
    KNOWN = "known"
    """It was marked before."""
    DELAYED = "delayed"
    """The mail is still being tried, or arrived."""
    NOT_OURS = "not-ours"
    """It is about no mail that was sent from here."""
    OTHER = "other"
    """It is no notification."""


def note_bounce(session: Session, told: Notification | None) -> BounceOutcome:
    """Mark the mail that a notification is about. An address that does not exist ``MOST_REFUSALS``
    times in a row gets no more."""
    if told is None:
        return BounceOutcome.OTHER
    row = _find_mail(session, told)
    if row is None:
        return BounceOutcome.NOT_OURS
    if not told.failed:
        return BounceOutcome.DELAYED
    if row.state not in MAY_BOUNCE:
        return BounceOutcome.KNOWN
    row.state, row.answer = DeliveryState.BOUNCED, told.status
    row.bounced_at = _limit_date(told.at, row.created_at)
    session.flush()
    if isinstance(row, Digest):
        note_bounced(session, row)
    else:
        _count_for_subscription(session, row.subscription_id)
    return BounceOutcome.MARKED


def _find_mail(session: Session, told: Notification) -> Delivery | Digest | None:
    for message_id in told.message_ids:
        try:
            mail_id = str(uuid.UUID(message_id.partition("@")[0]))
        except ValueError:
            continue
        found: Delivery | Digest | None = session.get(Delivery, mail_id, with_for_update=True)
        found = found or session.get(Digest, mail_id, with_for_update=True)
        if found is not None:
            return found
    return None


def _limit_date(at: datetime | None, earliest: datetime) -> datetime:
    """The date of a notification, which a clock elsewhere wrote, between sending and now."""
    return min(max(at or now(), earliest), now())


def _count_for_subscription(session: Session, subscription_id: str) -> None:
    """A mail that is accepted ends the count of refusals, so what came back later is counted by
    the deliveries themselves."""
    row = session.get(Subscription, subscription_id, with_for_update=True)
    if row is None or row.address is None:
        return
    decided = (*MAY_BOUNCE, DeliveryState.REFUSED, DeliveryState.BOUNCED)
    last = session.scalars(
        select(Delivery)
        .where(Delivery.subscription_id == subscription_id, Delivery.state.in_(decided))
        .order_by(Delivery.created_at.desc(), Delivery.id)
        .limit(MOST_REFUSALS)
    ).all()
    if len(last) == MOST_REFUSALS and all(map(is_held_against, last)):
        row.refusals = MOST_REFUSALS - 1
        count_refusal(session, row)
