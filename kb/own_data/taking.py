"""Everything that the base holds about a person, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from kb.network.profiles import export_own
from kb.own_data.tables import list_holders, list_shown
from kb.storage.accounts import Account
from kb.storage.schema import METADATA

Rows = list[dict[str, Any]]


def take_along(session: Session, account: Account) -> dict[str, Rows | dict[str, Any]]:
    """By name: the rows of each table that are of the account, without secrets and files; under
    ``network`` the requests made to its profile too."""
    found: dict[str, Rows | dict[str, Any]] = {"network": export_own(session, account.id)}
    for table, columns in list_holders().items():
        own = or_(*(column == account.id for column in columns))
        if rows := _read(session, table.name, [own]):
            found[table.name] = rows
    return found


def _read(session: Session, name: str, where: Sequence[ColumnElement[bool]]) -> Rows:
    columns = list_shown(METADATA.tables[name])
    rows = session.execute(select(*columns).where(*where)).mappings()
    return [dict(row) for row in rows]
