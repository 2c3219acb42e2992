"""The audit log: one call, in the transaction of the change it tells of; and reading it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.storage.accounts import Account, AuditEntry


@dataclass(frozen=True)
class Found:
    """A page of entries, and how many there are in all."""

    rows: Sequence[AuditEntry]
    total: int


def record(session: Session, access: Access, action: str, subject_id: str, **details: Any) -> None:
    """Note who did what to which thing. ``action`` is subject and verb, ``document.delete``."""
    account = session.get(Account, access.account_id) if access.account_id else None
    session.add(
        AuditEntry(
            account_id=access.account_id,
            account_name=account.name if account else "",
            action=action,
            subject_id=subject_id,
            details=details,
        )
    )


def entries(
    session: Session, *, account: str, action: str, subject: str, page: int, size: int
) -> Found:
    """The newest first, ``size`` to a page. Empty filters mean any; ``account`` is a name."""
    some = select(AuditEntry)
    if account:
        some = some.where(AuditEntry.account_name == account.strip().casefold())
    if action:
        some = some.where(AuditEntry.action == action)
    if subject:
        some = some.where(AuditEntry.subject_id == subject.strip())
    total = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    newest = some.order_by(AuditEntry.id.desc()).limit(size).offset((page - 1) * size)
    return Found(session.scalars(newest).all(), total)


def actions(session: Session) -> Sequence[str]:
    """Every kind of action that was noted."""
    return session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()
