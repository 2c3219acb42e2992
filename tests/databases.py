"""A database for a test, on SQLite or PostgreSQL: an empty one, or one that has the tables.

PostgreSQL is the server that ``KB_TEST_DATABASE_URL`` names: a database that exists, and a user who
may create others. Without that it is one that the tests start (``tests.postgresql``).

Tests that do not choose a database have the one that ``KB_TEST_DATABASE`` names, ``sqlite`` by
default: see ``usual``.
"""

from __future__ import annotations

import atexit
import functools
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from kb.storage.db import Database
from tests.postgresql.server import NoServer, start_server

BACKENDS = ("sqlite", "postgresql")
SERVER = os.environ.get("KB_TEST_DATABASE_URL")
FORCED = os.environ.get("KB_TEST_DATABASE") or None
USUAL = FORCED or "sqlite"
"""What tests run on that do not choose."""
assert USUAL in BACKENDS, f"KB_TEST_DATABASE is one of {BACKENDS}"
of_sqlite = pytest.mark.skipif(
    USUAL != "sqlite", reason="of SQLite alone: `kb backup`, its file, its lock"
)


@contextmanager
def fresh(backend: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'kb.sqlite'}"
        return
    with _created(_find_server()) as url:
        yield url


@contextmanager
def migrated(backend: str, folder: Path) -> Iterator[str]:
    """The same with the tables of the newest version. On PostgreSQL it is a copy, which takes a
    tenth of the time of all migrations."""
    if backend == "sqlite":
        url = f"sqlite:///{folder / 'kb.sqlite'}"
        _migrate(url)
        yield url
        return
    server = _find_server()
    with _created(server, f"TEMPLATE {_make_template(server)}") as url:
        yield url


@contextmanager
def usual(backend: str = USUAL) -> Iterator[dict[str, Any]]:
    """Settings of the database of a base that a test makes without choosing one: none for SQLite,
    which lies in the data folder; the address of a new database of PostgreSQL."""
    if backend == "sqlite":
        yield {}
        return
    with migrated(backend, Path()) as url:
        yield {"database_url": url}


@contextmanager
def copied(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Settings of a copy of the database that ``usual`` gave, which nobody has open."""
    if not fields:
        yield {}
        return
    template = make_url(fields["database_url"]).database
    with _created(_find_server(), f"TEMPLATE {template}") as url:
        yield {"database_url": url}


@contextmanager
def only_read(url: str) -> Iterator[None]:
    """A database of PostgreSQL may only be read during the block, as one that has become a standby.
    Its connections are ended at the beginning and at the end."""
    _alter(url, "SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _alter(url, "RESET default_transaction_read_only")


def _alter(url: str, change: str) -> None:
    """Change how a database is connected to, and end its connections."""
    server, name = _find_server(), make_url(url).database
    _execute(server, f"ALTER DATABASE {name} {change}")
    ended = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
    _execute(server, f"{ended} WHERE datname = '{name}'")


def _find_server() -> str:
    """Skips the test, with the reason, where no server can be started."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (make test)")
    try:
        return SERVER or start_server()
    except NoServer as reason:
        pytest.skip(str(reason))


@contextmanager
def _created(server: str, options: str = "") -> Iterator[str]:
    name = f"kb_test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} {options}")
    try:
        yield _address(server, name)
    finally:
        _drop(server, name)


@functools.cache
def _make_template(server: str) -> str:
    """The name of a database with all tables, made once per process."""
    name = f"kb_test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    if server == SERVER:
        atexit.register(_drop, server, name)
    _migrate(_address(server, name))
    return name


def _address(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    database = Database(url)
    database.upgrade()
    database.close()


def _drop(server: str, name: str) -> None:
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: str, command: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()
