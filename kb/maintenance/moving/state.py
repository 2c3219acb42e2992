"""What source and target hold: numbers of rows, and whether a target may be written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, DateTime, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from kb.maintenance.moving.tables import copied_tables, plain
from kb.messages import N_, ConfigurationError
from kb.settings import Settings
from kb.storage.base_copy import BaseCopy
from kb.storage.db import Database
from kb.storage.migrating import SchemaFit, find_fit
from kb.storage.schema import METADATA
from kb.storage.tables import ActiveIndex

State = dict[str, Any]
"""By name of the table: number of rows, then the newest time in each column of times (ISO 8601) or
None."""


def read_state(connection: Connection) -> State:
    """The state of the tables that are copied. Two states of a database are equal unless it has
    changed in between, as far as numbers and times show."""
    return {one.name: list(_state_of(connection, one)) for one in copied_tables()}


def _state_of(connection: Connection, of: Any) -> Iterator[Any]:
    table = plain(of)
    times = [one for one in table.columns if isinstance(one.type, DateTime)]
    found = connection.execute(select(func.count(), *map(func.max, times)).select_from(table)).one()
    yield found[0]
    yield from (None if time is None else time.isoformat() for time in found[1:])


def rows_of(state: State) -> dict[str, int]:
    return {name: values[0] for name, values in state.items()}


def find_begun(target: Settings) -> BaseCopy | None:
    """The row of the copy that was begun in the target's database; None if the database is empty or
    does not exist yet.

    Raises:
        ConfigurationError: the database does not answer, is of another version of the program, or
            holds something else.
    """
    with _looked_at(target) as connection:
        if connection is None:
            return None
        ours = set(inspect(connection).get_table_names()) & METADATA.tables.keys()
        if not ours:
            return None
        _require_version(connection, target)
        row = connection.execute(select(BaseCopy)).one_or_none()
        if row is not None:
            return BaseCopy(**row._mapping)
        _require_empty(connection, target)
        return None


@contextmanager
def _looked_at(target: Settings) -> Iterator[Connection | None]:
    """A connection to the database; None if it is a file that does not exist."""
    database = None
    try:
        database = Database(target.sql_url) if _exists(target) else None
        if database is None:
            yield None
            return
        with database.engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise ConfigurationError(
            N_("The database of the target {url} cannot be used ({reason}): check its settings."),
            url=shown_url(target),
            reason=reason,
        ) from error
    finally:
        if database is not None:
            database.close()


def _exists(target: Settings) -> bool:
    file = target.sql_url.removeprefix("sqlite:///")
    return file == target.sql_url or Path(file).exists()


def shown_url(settings: Settings) -> str:
    """The URL of the database without password."""
    from sqlalchemy.engine import make_url

    return make_url(settings.sql_url).render_as_string(hide_password=True)


def _require_version(connection: Connection, target: Settings) -> None:
    if find_fit(connection) is not SchemaFit.SAME:
        present = MigrationContext.configure(connection).get_current_heads()
        raise ConfigurationError(
            N_(
                "The database of the target {url} has the tables of another version of this program"
                " ({version}): name an empty one."
            ),
            url=shown_url(target),
            version=", ".join(sorted(present)) or "–",
        )


def _require_empty(connection: Connection, target: Settings) -> None:
    for one in copied_tables():
        if one.name == ActiveIndex.__tablename__:
            continue  # written by whatever command opened the base, even an empty one
        if count := connection.scalar(select(func.count()).select_from(one)):
            raise ConfigurationError(
                N_(
                    "The database of the target {url} is not empty ({count} rows in {table}): name"
                    " an empty one."
                ),
                url=shown_url(target),
                count=count,
                table=one.name,
            )
