"""The audit log: one call, in the transaction of the change it tells of."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.storage.people import Account, AuditEntry


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
