"""INSERT statements for rows that another transaction may insert at the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from kb.storage.tables import Base

Insert = sqlite.Insert | postgresql.Insert


def insert_into(connection: Connection, of: type[Base]) -> Insert:
    """An INSERT that takes ``ON CONFLICT``, which each dialect has of its own."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(of)
    return sqlite.insert(of)


def insert_missing(
    connection: Connection, of: type[Base], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Insert those rows whose key is not there; waits for others that are inserting the same."""
    if given := [dict(row) for row in rows]:
        connection.execute(insert_into(connection, of).on_conflict_do_nothing(), given)
