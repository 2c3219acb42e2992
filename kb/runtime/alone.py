"""Locks for work that one process at a time does, however many serve a base."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from kb.runtime.services import Services


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


@contextmanager
def working_alone(services: Services, work: SharedWork) -> Iterator[bool]:
    """Yield whether this process may do the work until the block ends.

    The lock is released by the operating system or the database when the process ends.
    """
    if services.settings.embedded:  # the owner of the folder is alone
        yield True
    elif services.database.engine.dialect.name == "postgresql":
        with _lock_in_database(services.database.engine, work) as alone:
            yield alone
    else:
        lock = FileLock(services.settings.data_dir / work.file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


@contextmanager
def _lock_in_database(engine: Engine, work: SharedWork) -> Iterator[bool]:
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        alone = bool(connection.scalar(text(f"SELECT pg_try_advisory_lock({work.value})")))
        try:
            yield alone
        finally:
            if alone:
                connection.execute(text(f"SELECT pg_advisory_unlock({work.value})"))
