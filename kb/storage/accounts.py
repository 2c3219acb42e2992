"""Tables of accounts, sessions, one-time links, tokens and the audit log."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.access import Role
from kb.storage.tables import Base, new_id, now


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    """Sign-in name, lower case: a short name or a mail address."""
    full_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column(Text, default="")
    """Argon2id; empty if no password was set, also for OpenID sign-in."""
    subject: Mapped[str | None] = mapped_column(String(500), unique=True)
    """Identity at the OpenID provider: issuer and subject."""
    disabled: Mapped[bool] = mapped_column(default=False)
    board: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its owner sits on the scientific board."""
    due_mails: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether its owner wants the monthly mail of the measurements that are due."""
    due_mailed: Mapped[str] = mapped_column(String(7), default="", server_default="")
    """Year and month of the last of these mails, for example 2026-11."""
    digest_since: Mapped[datetime | None]
    """When its owner asked for the weekly mail of news; None: not wanted."""
    municipality: Mapped[str | None] = mapped_column(String(6))
    """ISTAT code of the account's municipality, with which results are compared."""
    language: Mapped[str] = mapped_column(String(2), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class SignIn(Base):
    """A session, stored on the server so that it can be revoked."""

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
    """Creates the first administrator; belongs to no account."""


class OneTimeLink(Base):
    """A link with which its holder sets a password, once."""

    __tablename__ = "one_time_links"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[LinkPurpose]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]

    account: Mapped[Account | None] = relationship()


class ApiToken(Base):
    """A secret for programs. ``scopes``: rights, limited to those of its account."""

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
    """Who changed what, and when. Written in the transaction of the change."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    account_id: Mapped[str | None] = mapped_column(String(36))
    """No foreign key: entries outlive accounts. ``None``: operator, or not signed in."""
    account_name: Mapped[str] = mapped_column(String(100), default="")
    action: Mapped[str] = mapped_column(String(50))
    """Subject and verb: ``document.delete``, ``account.role``."""
    subject_id: Mapped[str] = mapped_column(String(100), default="", index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
