"""Locks for work that one process at a time does, however many serve a base."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from kb.runtime.services import Services
from kb.storage.db import UNANSWERED, Database, DatabaseUnavailable

log = structlog.get_logger()


class SharedWork(enum.Enum):
    """The number is that of the advisory lock of PostgreSQL."""

    REINDEX = 0x6B63
    """Building a new index."""
    UPKEEP = 0x6B64
    """Saved questions, mails and deletions that are due."""

    @property
    def file(self) -> str:
        """Name of the lock in the data folder, with other databases."""
        return f"{self.name.lower()}.lock"


class WorkLock:
    """True where this process may do the work."""

    def __init__(self, held: bool, ask: Callable[[], None] = lambda: None) -> None:
        self._held = held
        self._ask = ask

    def __bool__(self) -> bool:
        return self._held

    def require(self) -> None:
        """Raises DatabaseUnavailable if the connection that holds the lock was ended: another
        process may have begun the work."""
        self._ask()


@contextmanager
def working_alone(services: Services, work: SharedWork) -> Iterator[WorkLock]:
    """Yield whether this process may do the work until the block ends.

    The lock is released by the operating system or the database when the process ends.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    if services.settings.embedded:  # the owner of the folder is alone
        yield WorkLock(True)
    elif services.database.engine.dialect.name == "postgresql":
        with _lock_in_database(services.database, work) as alone:
            yield alone
    else:
        lock = FileLock(services.settings.data_dir / work.file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield WorkLock(False)
            return
        try:
            yield WorkLock(True)
        finally:
            lock.release()


@contextmanager
def _lock_in_database(database: Database, work: SharedWork) -> Iterator[WorkLock]:
    with database.explaining():
        connection = database.engine.connect()

    def ask() -> None:
        if connection.invalidated:
            raise DatabaseUnavailable(UNANSWERED, reason="the connection was ended")
        with database.explaining():
            connection.execute(text("SELECT 1"))

    with closing(connection):
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with database.explaining():
            held = connection.scalar(text(f"SELECT pg_try_advisory_lock({work.value})"))
        try:
            yield WorkLock(bool(held), ask)
        finally:
            if held:
                _unlock(connection, work)


def _unlock(connection: Connection, work: SharedWork) -> None:
    try:
        connection.execute(text(f"SELECT pg_advisory_unlock({work.value})"))
    except SQLAlchemyError as error:
        log.warning("the lock ended with its connection", work=work.name, reason=str(error))
        connection.invalidate()
