"""Which columns tell of whom a row is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, LargeBinary, Table

from kb.storage.schema import METADATA

NAMES = frozenset(
    {
        "account_id", "author_id", "reviewer_id", "owner_id", "created_by", "added_by",
        "entered_by", "reported_by", "checked_by", "decided_by", "approved_by",
    }
)  # fmt: skip
"""Of columns with the id of an account that have no foreign key."""
ACTED: Mapping[str, str] = {
    "reviewer_id": "decided_at",
    "decided_by": "decided_at",
    "approved_by": "approved_at",
    "entered_by": "created_at",
    "created_by": "created_at",
    "owner_id": "created_at",
    "added_by": "added_at",
}
"""Of those, the columns of who only acted on what may be of others, each with that of the day."""
OF_OTHERS: Mapping[str, frozenset[str]] = {
    "contact_requests": frozenset({"report", "reported_at"}),
}
"""Columns that tell what others said about a person, who need not know it."""
SECRETS = ("_sha256", "password_hash")
"""Endings of the names of columns that nobody is shown."""


def list_holders() -> dict[Table, list[Column[str]]]:
    """The tables with the id of an account, with the columns that hold it."""
    found = {table: list(filter(_holds_account, table.columns)) for table in METADATA.sorted_tables}
    return {table: columns for table, columns in found.items() if columns}


def list_acted(table: Table, acted: Column[str]) -> list[Column[Any]]:
    """The columns that who is named in ``acted`` may take along: which row it was, and when."""
    day = table.columns.get(ACTED[acted.name])
    return [*table.primary_key.columns, acted, *([] if day is None else [day])]


def list_shown(table: Table) -> list[Column[object]]:
    """The columns of a table that its owner may take along."""
    hidden = OF_OTHERS.get(table.name, frozenset())
    return [
        column
        for column in table.columns
        if column.name not in hidden
        and not column.name.endswith(SECRETS)
        and not isinstance(column.type, LargeBinary)
    ]


def _holds_account(column: Column[str]) -> bool:
    if column.table.name == "accounts":
        return column.name == "id"
    refers = any(key.column.table.name == "accounts" for key in column.foreign_keys)
    return refers or column.name in NAMES
