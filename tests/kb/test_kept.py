"""What is read from the database is kept until anybody changes it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import text

from kb.storage.db import Database
from kb.storage.kept import keep_until_change
from tests.databases import BACKENDS, fresh

COUNT = text("SELECT count(*) FROM jobs_seen")


class Reader:
    """Counts the rows of a table and how often it had to."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reads = 0

    def count(self) -> int:
        with self.database.session() as session:
            return keep_until_change(session, "count", lambda: self._read(session))

    def _read(self, session) -> int:
        self.reads += 1
        return session.scalar(COUNT)


def add_row(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO jobs_seen VALUES (1)"))


@pytest.fixture(params=BACKENDS)
def reader(request, tmp_path):
    with fresh(request.param, tmp_path) as url:
        database = Database(url)
        with database.transaction() as session:
            session.execute(text("CREATE TABLE jobs_seen (id integer)"))
        yield Reader(database)
        database.close()


def test_a_change_by_this_process_is_seen_at_once(reader):
    assert reader.count() == reader.count() == 0
    add_row(reader.database)
    assert reader.count() == 1
    with reader.database.transaction() as session:
        session.execute(text("INSERT INTO jobs_seen VALUES (2)"))
        assert keep_until_change(session, "count", lambda: session.scalar(COUNT)) == 2
        session.rollback()
    assert reader.count() == 1


def test_nothing_is_read_twice_without_a_change(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kb.sqlite'}")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE jobs_seen (id integer)"))
    reader = Reader(database)
    assert [reader.count() for _ in range(5)] == [0] * 5
    assert reader.reads == 1
    add_row(database)
    assert [reader.count() for _ in range(5)] == [1] * 5
    assert reader.reads == 2
    database.close()


def test_a_change_by_another_process_is_seen_at_once(tmp_path):
    file = tmp_path / "kb.sqlite"
    database = Database(f"sqlite:///{file}")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE jobs_seen (id integer)"))
    reader = Reader(database)
    assert reader.count() == reader.count() == 0
    code = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]);"
        " base.execute('INSERT INTO jobs_seen VALUES (1)'); base.commit()"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    assert [reader.count() for _ in range(3)] == [1] * 3
    assert reader.reads == 2
    database.close()
