"""A lock, so that one process at a time builds a new index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from kb.runtime.services import Services

BUILDING = 0x6B63
"""The lock of a PostgreSQL database that all processes share."""
LOCK = "reindex.lock"


@contextmanager
def building_alone(services: Services) -> Iterator[bool]:
    """Yield whether this process holds the lock until the block ends. The operating system or the
    database releases it when the process ends."""
    if services.settings.embedded:  # the owner of the folder is alone
        yield True
    elif services.database.engine.dialect.name == "postgresql":
        with _locked(services.database.engine) as alone:
            yield alone
    else:
        lock = FileLock(services.settings.data_dir / LOCK)
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
def _locked(engine: Engine) -> Iterator[bool]:
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        alone = bool(connection.scalar(text(f"SELECT pg_try_advisory_lock({BUILDING})")))
        try:
            yield alone
        finally:
            if alone:
                connection.execute(text(f"SELECT pg_advisory_unlock({BUILDING})"))
