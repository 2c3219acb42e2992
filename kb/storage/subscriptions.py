"""Tables of subscriptions to the magazine, and of the deliveries of its issues by mail."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kb.domain import DEFAULT_LANGUAGE
from kb.storage.tables import Base, new_id, now


class SubscriptionState(enum.StrEnum):
    PENDING = "pending"
    """Asked for, not confirmed by the link in the mail."""
    CONFIRMED = "confirmed"
    LEFT = "left"
    """Ended by the reader; the address is erased."""
    STOPPED = "stopped"
    """Ended after several refusals by the mail server; the address is erased."""


class DeliveryState(enum.StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    """Handed to the mail server at this moment."""
    SENT = "sent"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    """The process ended while sending; not sent again, for it may have arrived."""
    CANCELLED = "cancelled"
    """The reader left before."""


class Subscription(Base):
    """An address that gets issues by mail, until its owner leaves; then the address is erased."""

    __tablename__ = "subscriptions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    address: Mapped[str | None] = mapped_column(String(254), unique=True)
    language: Mapped[str] = mapped_column(String(10), default=DEFAULT_LANGUAGE)
    state: Mapped[SubscriptionState] = mapped_column(default=SubscriptionState.PENDING, index=True)
    consent: Mapped[str] = mapped_column(Text, default="")
    """The words that were agreed to, or for an imported address where and how it agreed."""
    asked_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    confirm_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the token in the link of the first mail."""
    refusals: Mapped[int] = mapped_column(default=0)
    """Issues in a row that the mail server refused for this address."""


class Delivery(Base):
    """An issue on its way to a subscription."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    issue_id: Mapped[str] = mapped_column(
        ForeignKey("issues.collection_id", ondelete="CASCADE"), index=True
    )
    subscription_id: Mapped[str] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    """What the mail server said, if it did not take the mail."""
    leave_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the token with which the mail's reader unsubscribes."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("issue_id", "subscription_id"),)
