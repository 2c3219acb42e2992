"""Tables of the network: profiles, requests between them, mails that wait, lines of the board."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.domain import Visibility
from kb.storage.tables import Base, new_id, now


class ProfileKind(enum.StrEnum):
    PERSON = "person"
    BODY = "body"


class RequestState(enum.StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    """Nobody answered in time."""


class Profile(Base):
    """A person or body that agreed to be found.

    Others see a field only while ``consents`` names it, and the profile only for a year after
    ``confirmed_at``.
    """

    __tablename__ = "profiles"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), unique=True
    )
    """``None``: entered by a curator for somebody without an account."""
    kind: Mapped[ProfileKind]
    name: Mapped[str] = mapped_column(String(200))
    offers: Mapped[str] = mapped_column(Text, default="")
    seeks: Mapped[str] = mapped_column(Text, default="")
    themes: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)
    municipality: Mapped[str | None] = mapped_column(String(6))
    known: Mapped[list[str]] = mapped_column(default=list)
    """Ids of the practices and projects that they know. No foreign key: profiles outlive them."""
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.MEMBERS)
    email: Mapped[str] = mapped_column(String(254), default="")
    """Where requests are relayed to, never shown; empty: the address of the account."""
    consents: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By field: day of the consent and version of the text that was agreed to."""
    agreed_by: Mapped[str] = mapped_column(String(200), default="")
    """Who agreed, for a profile entered by a curator; with ``agreed_on`` and ``agreed_how``."""
    agreed_on: Mapped[date | None]
    agreed_how: Mapped[str] = mapped_column(Text, default="")
    entered_by: Mapped[str | None] = mapped_column(String(36))
    """Account of the curator. No foreign key: it outlives the account."""
    confirmed_at: Mapped[datetime] = mapped_column(default=now, index=True)
    reminded_at: Mapped[datetime | None]
    confirm_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the token in the link of the reminder."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class ContactRequest(Base):
    """A question to a profile, or to the operational unit, relayed once.

    Its texts are erased after some months; the row stays and is counted.
    """

    __tablename__ = "contact_requests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL"), index=True
    )
    profile_id: Mapped[str | None] = mapped_column(
        ForeignKey("profiles.id", ondelete="SET NULL"), index=True
    )
    to_unit: Mapped[bool] = mapped_column(default=False)
    """Whether it was addressed to the operational unit instead of a profile."""
    question: Mapped[str] = mapped_column(Text, default="")
    tried: Mapped[str] = mapped_column(Text, default="")
    gives_address: Mapped[bool] = mapped_column(default=False)
    """Whether who is asked may answer to the address of who asks."""
    reply: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[RequestState] = mapped_column(default=RequestState.ASKED, index=True)
    answer_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the token in the link with which it is answered without an account."""
    reported_at: Mapped[datetime | None]
    report: Mapped[str] = mapped_column(Text, default="")
    meeting_id: Mapped[str | None] = mapped_column(String(100))
    """The collection of the meeting that came of it. No foreign key: it may be deleted."""
    asked_at: Mapped[datetime] = mapped_column(default=now, index=True)
    answered_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class OutgoingMail(Base):
    """A mail that waits to be sent; the row is deleted once it is."""

    __tablename__ = "outgoing_mails"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    address: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text, default="")
    """An iCalendar file to attach."""
    unsubscribe: Mapped[str] = mapped_column(Text, default="")
    """Address that ends a subscription by one POST (RFC 8058)."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    sending_at: Mapped[datetime | None]
    """When a process took it to send it."""


class BoardLine(Base):
    """A line of work that the scientific board has set; ended ones are kept."""

    __tablename__ = "board_lines"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[str]] = mapped_column(default=list)
    """Unanswered questions behind it."""
    practices: Mapped[list[str]] = mapped_column(default=list)
    """Ids. No foreign key: the line outlives them."""
    ideas: Mapped[list[str]] = mapped_column(default=list)
    """Ids of projects in stage idea that came of it."""
    account_id: Mapped[str | None] = mapped_column(String(36))
    signed_by: Mapped[str] = mapped_column(String(200))
    signed_on: Mapped[date]
    ended_by: Mapped[str] = mapped_column(String(200), default="")
    ended_on: Mapped[date | None]
