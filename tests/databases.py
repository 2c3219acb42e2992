"""A fresh database for a test: SQLite always, PostgreSQL where KB_TEST_DATABASE_URL names a server.

The address needs a database that exists and a user who may create others.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

BACKENDS = ("sqlite", "postgresql")
SERVER = os.environ.get("KB_TEST_DATABASE_URL")


@contextmanager
def fresh(backend: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'kb.sqlite'}"
        return
    if SERVER is None:
        pytest.skip("KB_TEST_DATABASE_URL names no PostgreSQL server")
    name = f"kb_test_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
