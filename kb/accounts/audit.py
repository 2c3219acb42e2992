"""The audit log: one call, in the transaction of the change it tells of; and reading it."""

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
    """A page of entries, and how many there are in all."""

    rows: Sequence[AuditEntry]
    total: int


def record_event(
    session: Session, access: Access, action: str, subject_id: str, **details: Any
) -> None:
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


@dataclass(frozen=True)
class AuditQuery:
    """Which entries. What is empty or ``None`` means any; ``account`` is the name one signs in
    with, ``subject`` an id, ``thing`` a part of a title or name, ``since`` included, ``until`` not.
    """

    account: str = ""
    action: str = ""
    subject: str = ""
    thing: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find_entries(session: Session, wanted: AuditQuery, *, page: int, size: int) -> AuditPage:
    """The newest first, ``size`` to a page."""
    some = select(AuditEntry).where(*_conditions(wanted))
    total = session.scalar(select(func.count()).select_from(some.subquery())) or 0
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
        yield _about(wanted.thing.strip())
    if wanted.since:
        yield AuditEntry.at >= wanted.since
    if wanted.until:
        yield AuditEntry.at < wanted.until


def _about(text: str) -> ColumnElement[bool]:
    """Entries about a thing that is, or was, called so."""
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
    """The names of the accounts that did anything."""
    names = select(AuditEntry.account_name).where(AuditEntry.account_name != "").distinct()
    return session.scalars(names.order_by(AuditEntry.account_name)).all()


def list_actions(session: Session) -> Sequence[str]:
    """Every kind of action that was noted."""
    return session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()
