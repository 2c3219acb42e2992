"""Copy the rows of all tables between two databases, SQLite or PostgreSQL.

Rows are copied in the order of their primary keys and committed in batches, so that the rows of a
target that was interrupted are the first ones of the source, and their number says where to go on.
Values are read and written without conversion to Python's types: JSON as the text that it is,
members of enumerations as their strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Enum,
    Insert,
    Integer,
    Select,
    String,
    Table,
    TableClause,
    Text,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.types import TypeEngine

from kb.messages import N_, PermanentError, TransientError
from kb.storage.base_copy import BaseCopy
from kb.storage.schema import METADATA
from kb.storage.tables import Reindexing, StagedItem, UtcDateTime

LEFT_OUT = frozenset({BaseCopy.__tablename__, Reindexing.__tablename__, StagedItem.__tablename__})
"""Tables that are not copied: the copy itself, and an index that is half built."""
BATCH_ROWS = 500
"""Most rows of a transaction."""
BATCH_BYTES = 8 << 20
"""Length of texts and bytes from which a transaction has no further rows."""
FETCHED_ROWS = 50
"""Rows fetched at a time: some hold pictures."""

PLACE = "place_in_order"
"""Name for the number of a row, which no column has."""

Row = dict[str, Any]


def copied_tables() -> list[Table]:
    """The tables to copy, each after those that it refers to."""
    return [one for one in METADATA.sorted_tables if one.name not in LEFT_OUT]


def copy_rows(source: Connection, target: Engine, report: Callable[[int], None]) -> None:
    """Copy all rows that the target does not have yet.

    ``report`` is called with the number of rows that have been copied since the last call, or were
    there before.

    Raises:
        PermanentError: the target cannot hold a value.
        TransientError: a database does not answer, or its disk is full.
    """
    for one in copied_tables():
        _copy_table(source, target, one, report)
    for one in copied_tables():
        _fill_in_deferred(source, target, one)
    if target.dialect.name == "postgresql":
        _set_sequences(target)


def _copy_table(
    source: Connection, target: Engine, of: Table, report: Callable[[int], None]
) -> None:
    with target.connect() as connection:
        done = connection.scalar(select(func.count()).select_from(of)) or 0
    report(done)
    deferred = dict.fromkeys((one.name for one in deferred_columns(of)), None)
    command = _insert(of, target.dialect.name)
    for batch in _batches(read_rows(source, select_rows(of).offset(done))):
        with converted_errors(of), target.execution_options(writes=True).begin() as connection:
            connection.execute(command, [row | deferred for row in batch])
        report(len(batch))


def deferred_columns(of: Table) -> list[Column[Any]]:
    """Columns that refer to rows of the same table, which may come later: they are filled in
    afterwards."""
    return [one for one in of.columns if any(key.column.table is of for key in one.foreign_keys)]


def _fill_in_deferred(source: Connection, target: Engine, of: Table) -> None:
    if not (columns := deferred_columns(of)):
        return
    keys = list(of.primary_key.columns)
    found = select_rows(of).where(or_(*(plain(of).c[one.name].is_not(None) for one in columns)))
    command = (
        update(plain(of))
        .where(*(plain(of).c[key.name] == bindparam(f"key_{key.name}") for key in keys))
        .values({one.name: bindparam(f"new_{one.name}") for one in columns})
    )
    for batch in _batches(read_rows(source, found)):
        values = [
            {f"key_{key.name}": row[key.name] for key in keys}
            | {f"new_{one.name}": row[one.name] for one in columns}
            for row in batch
        ]
        with converted_errors(of), target.execution_options(writes=True).begin() as connection:
            connection.execute(command, values)


@cache
def plain(of: Table) -> TableClause:
    """The table with the types that its database has."""
    return table(of.name, *(column(one.name, _plain_type(one.type)) for one in of.columns))


def _plain_type(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(declared, UtcDateTime):
        return DateTime()
    if isinstance(declared, Enum):
        return String()
    return Text() if isinstance(declared, JSON) else declared


def select_rows(of: Table) -> Select[Any]:
    """All columns of all rows, in the order of the primary key."""
    shown: list[ColumnElement[Any]] = [
        cast(plain(of).c[one.name], Text).label(one.name)
        if isinstance(one.type, JSON)
        else plain(of).c[one.name]
        for one in of.columns
    ]
    return select(*shown).order_by(*(plain(of).c[key.name] for key in of.primary_key.columns))


def read_rows(connection: Connection, statement: Select[Any]) -> Iterator[Row]:
    """The rows one after another, without holding all in memory."""
    result = connection.execute(statement, execution_options={"yield_per": FETCHED_ROWS})
    yield from (dict(row) for row in result.mappings())


def _insert(of: Table, dialect: str) -> Insert:
    """SQLite takes JSON as text; PostgreSQL wants it cast."""
    values: dict[str, ColumnElement[Any]] = {}
    for one in plain(of).columns:
        given: ColumnElement[Any] = bindparam(one.name, type_=one.type)
        is_json = isinstance(of.columns[one.name].type, JSON)
        values[one.name] = cast(given, JSON) if is_json and dialect == "postgresql" else given
    return plain(of).insert().values(values)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _set_sequences(target: Engine) -> None:
    """Let PostgreSQL give new rows the numbers after those that were copied."""
    with target.execution_options(writes=True).begin() as connection:
        for of in copied_tables():
            keys = list(of.primary_key.columns)
            if len(keys) != 1 or not isinstance(keys[0].type, Integer):
                continue
            newest = func.max(plain(of).c[keys[0].name])
            sequence = func.pg_get_serial_sequence(of.name, keys[0].name)
            connection.execute(select(func.setval(sequence, newest)).having(newest.is_not(None)))


@contextmanager
def converted_errors(of: Table) -> Iterator[None]:
    """Convert errors of writing to the target to errors with messages."""
    try:
        yield
    except OperationalError as error:
        raise TransientError(
            N_(
                "The target did not take rows of {table} ({reason}): see that it runs and has"
                " space, then run `kb migrate` again, it goes on."
            ),
            table=of.name,
            reason=str(error.orig).strip(),
        ) from error
    except DatabaseError as error:
        raise PermanentError(
            N_("The target cannot hold a row of {table} ({reason})."),
            table=of.name,
            reason=str(error.orig).strip(),
        ) from error


def sample_keys(connection: Connection, of: Table, most: int) -> Sequence[Any]:
    """Primary keys, as tuples, of at most about ``most`` rows that are evenly spread; of all rows
    where there are no more."""
    keys = [plain(of).c[key.name] for key in of.primary_key.columns]
    count = connection.scalar(select(func.count()).select_from(of)) or 0
    numbered = select(*keys, func.row_number().over(order_by=keys).label(PLACE)).subquery()
    chosen = select(*(numbered.c[key.name] for key in keys)).where(
        numbered.c[PLACE] % max(count // most, 1) == 0
    )
    return connection.execute(chosen).all()
