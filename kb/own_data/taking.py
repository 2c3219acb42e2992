"""Everything that the base holds about a person, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from kb.network.profiles import export_own
from kb.own_data.tables import ACTED, list_acted, list_holders, list_shown
from kb.storage.accounts import Account

Rows = list[dict[str, Any]]


def take_along(session: Session, account: Account) -> dict[str, Rows | dict[str, Any]]:
    """By name: the rows of each table that are of the account, without secrets and files; under
    ``network`` the requests made to its profile too. Of rows on which the account only acted, no
    more than which and when."""
    found: dict[str, Rows | dict[str, Any]] = {"network": export_own(session, account.id)}
    for table, columns in list_holders().items():
        own = [column for column in columns if column.name not in ACTED]
        is_own = or_(false(), *(column == account.id for column in own))
        rows = _read(session, list_shown(table), is_own)
        is_other = and_(true(), *(column.is_distinct_from(account.id) for column in own))
        for acted in columns:
            if acted.name in ACTED:
                acts = and_(acted == account.id, is_other)
                rows += _read(session, list_acted(table, acted), acts)
        if rows:
            found[table.name] = rows
    return found


def _read(session: Session, columns: Sequence[Column[Any]], where: ColumnElement[bool]) -> Rows:
    return [dict(row) for row in session.execute(select(*columns).where(where)).mappings()]
