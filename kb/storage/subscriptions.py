"""Tables of subscriptions to the magazine, and of the deliveries of its issues by mail."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

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
    """There is no such address, or the server did not take it for days."""
    INTERRUPTED = "interrupted"
    """The process ended while sending, or the base was restored from a backup; not sent again, for
    it may have arrived."""
    CANCELLED = "cancelled"
    """The reader left before."""
    BOUNCED = "bounced"
    """The server took it, and it came back."""


def hash_address(address: str) -> str:
    """SHA-256 of an address, the same whichever case it is written in."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()


class Subscription(Base):
    """An address that gets issues by mail, until its owner leaves; then the address is erased."""

    __tablename__ = "subscriptions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    address: Mapped[str | None] = mapped_column(String(254), unique=True)
    address_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    """Stays when the address is erased, so that an old list does not subscribe it again."""
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
    """Issues in a row for which the mail server said that there is no such address."""

    @validates("address")
    def _keep_hash(self, _: str, address: str | None) -> str | None:
        if address is not None:
            self.address_sha256 = hash_address(address)
        return address


class Outgoing:
    """Columns of a mail that is handed to the mail server at most once."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    """SMTP code and enhanced status, if the mail server did not take the mail or it came back."""
    bounced_at: Mapped[datetime | None]
    """Date of the notification that it came back."""
    leave_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the token with which the mail's reader unsubscribes."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Outgoing, Base):
    """An issue on its way to a subscription."""

    __tablename__ = "deliveries"

    issue_id: Mapped[str] = mapped_column(
        ForeignKey("issues.collection_id", ondelete="CASCADE"), index=True
    )
    subscription_id: Mapped[str] = mapped_column(
        ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )

    __table_args__ = (UniqueConstraint("issue_id", "subscription_id"),)
