"""The audit log: write entries in the transaction of the change, and read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.storage.accounts import Account, AuditEntry
from kb.storage.collections import Collection
from kb.storage.history import RemovedItem
from kb.storage.tables import Item


@dataclass(frozen=True)
class AuditPage:
    """A page of entries, and the total number of entries."""

    rows: Sequence[AuditEntry]
    total: int


def record_event(
    session: Session, access: Access, action: str, subject_id: str, **details: Any
) -> None:
    """Write an entry. ``action`` is subject and verb, such as ``document.delete``."""
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


@dataclass(frozen=True)
class AuditQuery:
    """Conditions on entries; empty or ``None`` means any. ``account``: sign-in name. ``subject``:
    id. ``thing``: part of a title or name. ``since`` is inclusive, ``until`` exclusive."""

    account: str = ""
    action: str = ""
    subject: str = ""
    thing: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find_entries(
    session: Session, wanted: AuditQuery, *, size: int, page: int = 1, before: int | None = None
) -> AuditPage:
    """The matching entries, newest first, ``size`` per page; with ``before``, those that are older
    than the entry with this id. The total counts all."""
    some = select(AuditEntry).where(*_conditions(wanted))
    total = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    if before is not None:
        some = some.where(AuditEntry.id < before)
    newest = some.order_by(AuditEntry.id.desc()).limit(size).offset((page - 1) * size)
    return AuditPage(session.scalars(newest).all(), total)


def _conditions(wanted: AuditQuery) -> Iterator[ColumnElement[bool]]:
    if wanted.account:
        yield AuditEntry.account_name == wanted.account.strip().casefold()
    if wanted.action:
        yield AuditEntry.action == wanted.action
    if wanted.subject:
        yield AuditEntry.subject_id == wanted.subject.strip()
    if wanted.thing.strip():
        yield _subject_contains(wanted.thing.strip())
    if wanted.since:
        yield AuditEntry.at >= wanted.since
    if wanted.until:
        yield AuditEntry.at < wanted.until


def _subject_contains(text: str) -> ColumnElement[bool]:
    """Condition: the entry's subject has, or had, a name containing the text."""
    titles = (
        (Item.id, Item.title),
        (RemovedItem.id, RemovedItem.title),
        (Collection.id, Collection.title),
        (Account.id, Account.name),
        (Account.id, Account.full_name),
    )
    named = (
        AuditEntry.subject_id.in_(select(id).where(title.icontains(text, autoescape=True)))
        for id, title in titles
    )
    noted = cast(AuditEntry.details, Text)
    escaped = json.dumps(text)[1:-1]
    return or_(*named, noted.icontains(escaped, autoescape=True))


def list_people(session: Session) -> Sequence[str]:
    """Names of the accounts in the log."""
    names = select(AuditEntry.account_name).where(AuditEntry.account_name != "").distinct()
    return session.scalars(names.order_by(AuditEntry.account_name)).all()


def list_actions(session: Session) -> Sequence[str]:
    """All actions in the log."""
    return session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()
