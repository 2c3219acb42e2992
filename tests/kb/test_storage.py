"""The schema is what the tables say, the content store what was uploaded."""

from __future__ import annotations

import hashlib
import io
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from kb.messages import ConfigurationError, PermanentError, TransientError
from kb.runtime.ownership import Ownership, find_owner
from kb.storage.accounts import AuditEntry
from kb.storage.db import Database, DatabaseUnavailable, SchemaChangedError
from kb.storage.folder_originals import FolderOriginals
from kb.storage.migrating import MIGRATIONS, SchemaFit
from kb.storage.schema import METADATA
from kb.storage.tables import UnansweredQuestion
from tests.databases import BACKENDS, fresh, migrated, only_read
from tests.maintenance.older_base import migrate


@pytest.mark.parametrize("backend", BACKENDS)
def test_migrations_lead_to_the_tables_and_back(tmp_path, backend):
    with fresh(backend, tmp_path) as url:
        database = Database(url)
        database.upgrade()
        with database.engine.begin() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA) == []
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        database.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_processes_that_start_at_once_migrate_once(tmp_path, backend):
    with fresh(backend, tmp_path) as url:
        databases = [Database(url) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(Database.upgrade, databases)) == [None] * 4
        for database in databases:
            database.close()


def test_who_only_starts_does_not_wait_for_who_writes(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kb.sqlite'}")
    database.upgrade()
    with database.transaction() as session:
        session.execute(text("DELETE FROM jobs"))
        database.upgrade()
    database.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_database_cannot_hold_is_not_found_or_refused_in_words(tmp_path, backend):
    with migrated(backend, tmp_path) as url:
        database = Database(url)
        refused = pytest.raises(PermanentError, match="NUL")
        with refused if backend == "postgresql" else nullcontext(), database.session() as session:
            assert session.get(UnansweredQuestion, "\x00") is None
        database.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_json_can_be_queried_whatever_was_written_into_it(tmp_path, backend):
    """PostgreSQL stores a NUL and half of a surrogate pair in JSON, but no query reads it then."""
    written = {"note": "a\x00b \ud83d c", "kept": "\\u0000 \U0001f33e", "more": [["\x00"], 1, None]}
    with migrated(backend, tmp_path) as url:
        database = Database(url)
        with database.transaction() as session:
            session.add(AuditEntry(action="x.y", details=written))
        with database.session() as session:
            details = AuditEntry.details
            columns = details["note"].as_string(), details["kept"].as_string(), details
            note, kept, found = session.execute(select(*columns)).one()
        assert (note, kept) == ("a\ufffdb \ufffd c", written["kept"])
        assert found["more"] == [["\ufffd"], 1, None]
        database.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_somebody_else_wrote_first_is_a_passing_trouble(tmp_path, backend):
    with migrated(backend, tmp_path) as url:
        database = Database(url)
        for raises in (nullcontext(), pytest.raises(TransientError, match="at this moment")):
            with raises, database.transaction() as session:
                session.add(UnansweredQuestion(text="Quanto costa?", language="it"))
        database.close()


def test_a_database_that_cannot_be_opened_is_a_sentence(tmp_path):
    folder = tmp_path / "kb.sqlite"
    folder.mkdir()
    database = Database(f"sqlite:///{folder}")
    with pytest.raises(ConfigurationError, match="KB_DATABASE_URL"):
        database.upgrade()
    database.close()


def test_a_database_of_a_newer_version_is_a_sentence(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/kb.sqlite")
    database.upgrade()
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="another version of this program"):
        database.upgrade()
    database.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_process_of_another_version_works_until_a_statement_fails(tmp_path, backend):
    with migrated(backend, tmp_path) as url:
        older, newer = Database(url), Database(url)
        assert older.find_schema_fit() is SchemaFit.SAME
        with newer.transaction() as session:
            session.execute(text("ALTER TABLE unanswered_questions ADD COLUMN more VARCHAR(9)"))
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert older.find_schema_fit() is SchemaFit.NEWER
        with older.transaction() as session:
            session.add(UnansweredQuestion(text="Quanto costa?", language="it"))
        assert not older.failed_by_schema
        with newer.transaction() as session:
            session.execute(text("ALTER TABLE unanswered_questions DROP COLUMN language"))
        for opened in (older.session, older.transaction):
            with pytest.raises(SchemaChangedError, match="newest version"), opened() as session:
                session.scalars(select(UnansweredQuestion)).all()
        assert older.failed_by_schema
        with newer.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert older.find_schema_fit() is SchemaFit.OLDER
        for database in (older, newer):
            database.close()


OTHERS = """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""

KILLED_MIGRATING = """
import os, signal, sys
from sqlalchemy import event
from kb.storage.accounts import AuditEntry
from kb.storage.db import Database

database = Database(sys.argv[1])
def kill(connection, cursor, statement, *_):
    if "CREATE TABLE rate_counters" in statement.replace("UNLOGGED ", ""):
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(database.engine, "after_cursor_execute", kill)
database.upgrade()
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_tables_are_whole_after_a_migration_that_was_killed(tmp_path, backend):
    with fresh(backend, tmp_path) as url:
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_MIGRATING, url], capture_output=True, check=False,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        database = Database(url)
        assert "rate_counters" not in inspect(database.engine).get_table_names()
        database.upgrade()
        assert database.find_schema_fit() is SchemaFit.SAME
        with database.transaction() as session:
            session.execute(text("SELECT count(*) FROM rate_counters"))
        database.close()


def test_a_migration_that_waits_for_a_table_lets_others_read_it(tmp_path):
    with migrated("postgresql", tmp_path) as url:
        database, starting = Database(url), Database(url)
        migrate(database, "0030")
        with database.session() as reader:
            reader.execute(text("SELECT count(*) FROM accounts"))  # a lock until the end
            with ThreadPoolExecutor(1) as pool:
                upgrade = pool.submit(starting.upgrade)
                waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                with database.session() as session:
                    while not session.scalar(waiting):
                        assert not upgrade.done()
                        session.rollback()
                with database.session() as session:
                    session.execute(text("SELECT count(*) FROM accounts"))
                assert not upgrade.done()
                reader.rollback()
                upgrade.result(60)
        assert database.find_schema_fit() is SchemaFit.SAME
        for opened in (database, starting):
            opened.close()


def test_originals_keep_bytes_under_their_checksum(tmp_path):
    originals = FolderOriginals(tmp_path / "originals")
    content = b"rapporto" * 1000
    stored = originals.add(io.BytesIO(content), max_bytes=1 << 20)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert originals.path(stored.sha256).read_bytes() == content
    assert originals.is_intact(stored.sha256)
    assert originals.add(io.BytesIO(content), max_bytes=1 << 20) == stored
    assert list(originals.all()) == [stored.sha256]

    originals.path(stored.sha256).write_bytes(b"x")
    assert not originals.is_intact(stored.sha256)


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"x" * 2_000_000, "larger than")])
def test_originals_refuse_and_leave_nothing(tmp_path, content, says):
    originals = FolderOriginals(tmp_path / "originals")
    with pytest.raises(PermanentError, match=says):
        originals.add(io.BytesIO(content), max_bytes=1 << 20)
    assert not [path for path in (tmp_path / "originals").rglob("*") if path.is_file()]


def test_one_owner_and_the_others_find_it(tmp_path):
    assert find_owner(tmp_path) is None
    owner = Ownership(tmp_path)
    owner.acquire()
    announced = owner.announce("http://127.0.0.1:8000")
    assert find_owner(tmp_path) == announced
    with pytest.raises(ConfigurationError, match="KB_DATA_DIR"):
        Ownership(tmp_path).acquire()
    owner.release()
    assert find_owner(tmp_path) is None


def test_those_who_ask_for_the_owner_do_not_take_each_other_for_it(tmp_path):
    owner = Ownership(tmp_path)
    owner.acquire()
    owner.announce("http://127.0.0.1:8000")
    address = (tmp_path / "owner.json").read_text()
    owner.release()
    (tmp_path / "owner.json").write_text(address)  # as one that was killed leaves it
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: find_owner(tmp_path), range(200))) == {None}


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kb.sqlite'}")
    database.upgrade()
    with pytest.raises(TransientError, match="did not answer"), database.session() as session:
        session.execute(text("SELECT * FROM no_such_table"))
    database.close()


def test_a_database_that_may_only_be_read_is_away_for_who_writes(tmp_path):
    """As a standby, or a server that another one has replaced."""
    with migrated("postgresql", tmp_path) as url:
        database = Database(url)
        with only_read(url):
            with database.session() as session:
                assert session.scalars(select(UnansweredQuestion)).all() == []
            with pytest.raises(DatabaseUnavailable, match="read-only"):
                note(database)
        note(database)
        database.close()


def test_a_transaction_that_the_database_ended_is_a_passing_trouble(tmp_path):
    with migrated("postgresql", tmp_path) as url:
        database = Database(url)
        with pytest.raises(DatabaseUnavailable):
            note_late(database)
        note(database)
        database.close()


def note_late(database):
    """The connection is ended before anything is written."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
        with database.session() as other:
            while other.scalar(text(OTHERS)):
                other.rollback()
        session.add(UnansweredQuestion(text="Quanto costa?", language="it"))


def note(database):
    with database.transaction() as session:
        session.add(UnansweredQuestion(text="Quanto costa?", language="it"))
