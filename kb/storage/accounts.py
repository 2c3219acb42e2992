"""The tables of people: accounts, their sessions, links and tokens, and who changed what."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.access import Role
from kb.storage.tables import Base, new_id, now


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    """What one signs in with, lower case: a short name or a mail address."""
    full_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column(Text, default="")
    """Argon2id; empty while no password was chosen, and for those who sign in elsewhere."""
    subject: Mapped[str | None] = mapped_column(String(500), unique=True)
    """Who it is at the OpenID provider: issuer and subject."""
    disabled: Mapped[bool] = mapped_column(default=False)
    municipality: Mapped[str | None] = mapped_column(String(6))
    """ISTAT code of the account's own municipality, which results are compared with."""
    language: Mapped[str] = mapped_column(String(2), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class SignIn(Base):
    """A session of an account, which lives here so that it can be revoked."""

    __tablename__ = "sign_ins"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    device: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]

    account: Mapped[Account] = relationship()


class LinkPurpose(enum.StrEnum):
    INVITATION = "invitation"
    RESET = "reset"
    CLAIM = "claim"
    """Makes the first administrator, so it belongs to no account yet."""


class OneTimeLink(Base):
    """A link that lets its holder choose a password, once."""

    __tablename__ = "one_time_links"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[LinkPurpose]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]

    account: Mapped[Account | None] = relationship()


class ApiToken(Base):
    """A secret for programs. ``scopes`` are rights; it may never do more than its account."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()


class AuditEntry(Base):
    """Who changed what, when. Written in the transaction of the change itself."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    account_id: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: the entry outlives the account. ``None``: the operator or nobody."""
    account_name: Mapped[str] = mapped_column(String(100), default="")
    action: Mapped[str] = mapped_column(String(50))
    """Subject and verb: ``document.delete``, ``account.role``."""
    subject_id: Mapped[str] = mapped_column(String(100), default="", index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
