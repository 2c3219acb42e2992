"""Keep the source from changing while it is copied."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from kb.messages import N_, ConfigurationError, TransientError
from kb.runtime.services import Services
from kb.storage.db import Database
from kb.storage.schema import METADATA
from kb.storage.tables import Job, JobStatus, now

LOCK_TIMEOUT_S = 10
"""Longest wait for transactions that are being written."""
LEAVING_S = 3.0
"""Longest wait for closed connections of this process to disappear from the server."""
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usename = current_user AND leader_pid IS NULL AND pid <> pg_backend_pid()"
)
"""Counts the other connections of the program to the database; those of other users, such as a
monitor, do not count."""


@contextmanager
def hold_still(source: Services) -> Iterator[Connection]:
    """A connection to read from. Until the end of the block nothing can write to the database: it
    holds a lock, which ends with the process.

    Raises:
        ConfigurationError: other processes use the source.
        TransientError: the database does not answer.
    """
    _refuse_running_jobs(source)
    database = source.database
    try:
        with database.engine.execution_options(writes=True).connect() as connection:
            if connection.dialect.name == "postgresql":
                _require_alone(database, connection)
            with _locked(connection):
                yield connection
    except OperationalError as error:
        raise TransientError(
            N_("The database did not answer ({reason}): try again in a moment."),
            reason=str(error.orig),
        ) from error


def _refuse_running_jobs(source: Services) -> None:
    """The owner of a folder is alone, so its running jobs are those of a process that died."""
    if source.settings.embedded:
        return
    running = select(func.count()).where(Job.status == JobStatus.RUNNING, Job.lease_until > now())
    with source.database.session() as session:
        if count := session.scalar(running):
            raise ConfigurationError(
                N_(
                    "{count} documents are being worked on in the knowledge base to be copied: stop"
                    " every `kb serve` and `kb worker` of it and try again in two minutes."
                ),
                count=count,
            )


def _require_alone(database: Database, connection: Connection) -> None:
    """Processes whose writes only waited for the lock would change the source after it was copied,
    so they must not be connected at all."""
    connection.detach()  # closed at its end: the pool that it came from is gone by then
    database.engine.dispose()  # idle connections of this process
    until = time.monotonic() + LEAVING_S
    with connection.begin():
        while count := connection.scalar(OTHERS):
            if time.monotonic() > until:
                raise ConfigurationError(
                    N_(
                        "The database to be copied is in use (other connections: {count}): stop"
                        " every `kb serve` and `kb worker` of it and try again."
                    ),
                    count=count,
                )
            time.sleep(0.1)
            connection.execute(text("SELECT pg_stat_clear_snapshot()"))


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    """A transaction with a lock: SQLite takes it at the beginning, PostgreSQL for each table.

    Raises:
        ConfigurationError: somebody is writing.
    """
    try:
        transaction = connection.begin()
        if connection.dialect.name == "postgresql":
            names = ", ".join(sorted(METADATA.tables))
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
            connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
    except DatabaseError as error:
        raise ConfigurationError(
            N_(
                "The knowledge base to be copied is being written to ({reason}): stop every"
                " `kb serve` and `kb worker` of it and try again."
            ),
            reason=str(error.orig).strip(),
        ) from error
    with transaction:
        yield
