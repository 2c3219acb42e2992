"""A base with a row in every table: real documents, cards, a collection, a project and accounts,
and made-up rows in the tables that these leave empty."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    Double,
    Enum,
    Integer,
    LargeBinary,
    Table,
    Time,
    select,
)

from ingest.submit import submit
from ingest.worker import Worker
from kb.maintenance.moving.tables import LEFT_OUT
from kb.runtime.services import Services
from kb.storage.schema import METADATA
from kb.storage.tables import Document, Item, UtcDateTime
from tests.maintenance.one_project import add_project
from tests.maintenance.texts import TEXTS
from tests.web.base import loaded_base

CARDS = ("contarina-tariffa-puntuale", "dobbiaco-teleriscaldamento-cooperativo")
BYTES = bytes(range(256))
QUIET: dict[str, dict[str, Any]] = {
    "jobs": {"status": "done", "operation": "index"},
    "issues": {"state": "draft"},
    "item_values": {"name": "theme"},
    "document_versions": {"state": "replaced"},
    "practice_pictures": {"sha256": hashlib.sha256(BYTES).hexdigest()},
    "event_photographs": {"sha256": hashlib.sha256(BYTES).hexdigest()},
}
"""Values of made-up rows with which `kb check` finds nothing to do."""


@contextmanager
def full_base(folder: Path, **fields: Any) -> Iterator[Services]:
    with loaded_base(folder, CARDS, **fields) as services:
        for name, content in TEXTS.items():
            submit(services, io.BytesIO(content.encode()), name)
        add_project(services)
        Worker(services).run_until_idle()
        with services.database.transaction() as session:
            for table in METADATA.sorted_tables:
                if table.name not in LEFT_OUT:
                    _fill(session.connection(), table)
        yield services


def _fill(connection: Connection, table: Table) -> None:
    """Two rows in an empty table, with all that they refer to."""
    if connection.execute(select(table).limit(1)).first():
        return
    for number in (1, 2):
        row = {one.name: _plain_value(one.type, number) for one in table.columns}
        for key in table.foreign_key_constraints:
            parents = connection.execute(select(key.referred_table)).mappings().all()
            chosen = parents[number % len(parents)]
            row |= {one.parent.name: chosen[one.column.name] for one in key.elements}
        for name in row.keys() & {"content_sha256", "item_id"} - _keys_of(table):
            known = Document.content_sha256 if name == "content_sha256" else Item.id
            row[name] = connection.scalars(select(known).order_by(known)).all()[number]
        connection.execute(table.insert(), row | QUIET.get(table.name, {}))


def _keys_of(table: Table) -> set[str]:
    return {name for key in table.foreign_key_constraints for name in key.column_keys}


def _plain_value(of: Any, number: int) -> Any:
    values = {
        Boolean: True,
        Date: date(2027, 1, number),
        Time: time(9, number),
        UtcDateTime: datetime(2027, 1, 2, 3, 4, 5, 678_901, UTC),
        Double: 0.1 + 0.2,
        Integer: number,
        LargeBinary: BYTES,
        JSON: {"è": [None, 1.0, 10**15, "\u0000 \U0001f33e"], "a": number},
    }
    if isinstance(of, Enum):
        return (of.python_type or str)(next(iter(of.enums))) if of.enum_class else of.enums[0]
    found = next((value for kind, value in values.items() if isinstance(of, kind)), None)
    return f"{number}" if found is None else found
