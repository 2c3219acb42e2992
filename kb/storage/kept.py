"""Values read from the database that are kept until it changes.

Each connection keeps its own, because SQLite tells each connection alone whether others have
committed since (``PRAGMA data_version``, also for other processes); its own changes are counted by
the driver. Both are read by the driver, without SQLAlchemy. PostgreSQL has no such number: there,
and in writing transactions, everything is read anew. Other transactions must not write: what was
read before a rollback would be kept under the same pair of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.orm import Session

T = TypeVar("T")

MOST = 200
"""Values that a connection keeps."""
_KEPT = "kept values"


def keep_until_change(session: Session, key: Hashable, read: Callable[[], T]) -> T:
    """What ``read`` returns, or what it returned for ``key`` in the same state of the database.

    ``key`` names the value, with everything that it depends on beside the database; the value must
    not be changed by its users.
    """
    connection = session.connection()
    revision = _find_revision(connection)
    if revision is None:
        return read()
    known_revision, values = connection.info.get(_KEPT, (None, {}))
    if known_revision != revision or len(values) >= MOST:
        values = {}
        connection.info[_KEPT] = (revision, values)
    if key not in values:
        values[key] = read()
    return cast("T", values[key])


def _find_revision(connection: Connection) -> tuple[int, int] | None:
    """A pair of numbers that is another one after each change; None where there is none."""
    writes = connection.get_execution_options().get("writes", False)
    if connection.dialect.name != "sqlite" or writes:
        return None
    driver: Any = connection.connection.driver_connection
    (version,) = driver.execute("PRAGMA data_version").fetchone()
    return version, driver.total_changes
