"""A base moves from its folder to servers and back, and is the same everywhere."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner

from kb.access import Role
from kb.accounts import accounts
from kb.cli.app import app
from kb.cli.migrate import ask
from kb.cli.progress import progress
from kb.domain import Visibility
from kb.embedding.embedder import find_model
from kb.maintenance.check import check_base
from kb.maintenance.moving.move import Copied, move, plan_copy
from kb.maintenance.moving.tables import LEFT_OUT, copied_tables, deferred_columns
from kb.maintenance.moving.target import Route, read_target
from kb.messages import ConfigurationError, KbError
from kb.runtime.ownership import Ownership
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.db import Database
from kb.storage.schema import METADATA
from kb.storage.tables import UnansweredQuestion
from kb.vectors.opening import Filter, drop_index, list_indexes, open_index
from tests.databases import migrated
from tests.kb_command import KB, ROOT
from tests.maintenance.full_base import full_base
from tests.maintenance.older_base import migrate as change_schema
from tests.qdrant_server.fixture import QdrantServer

EMBEDDED = {"database_url": None, "qdrant_url": None}
MODEL: list[Services] = []
"""Services of the base of these tests, whose model the others use."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """Of a base that nobody has open."""
    folder = tmp_path_factory.mktemp("kb")
    with full_base(folder) as services:
        assert check_base(services).differences == ()
        MODEL.append(services)
        return services.settings


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """The services of a base, with a model that is loaded once for all tests."""
    with open_services(settings, own=settings.embedded) as services:
        services.use_model_of(MODEL[-1])
        yield services


def move_between(source: Settings, target: Settings, *, anew: bool = False) -> Copied:
    with opened(source) as services:
        return move(services, target, progress, ask, anew=anew)


def rows_of_file(folder: Path) -> dict[str, list[str]]:
    """Everything as SQLite stores it, except what is not copied."""
    with closing(sqlite3.connect(folder / "kb.sqlite")) as database:
        return {
            one.name: sorted(map(repr, database.execute(f"SELECT * FROM {one.name}")))
            for one in METADATA.sorted_tables
            if one.name not in LEFT_OUT
        }


def connect_to(url: str) -> Engine:
    """An engine that closes each connection at the end of its block."""
    return create_engine(url, poolclass=NullPool)


def read_rows(url: str) -> dict[str, list[str]]:
    """The same as the program reads it."""
    engine = connect_to(url)
    with engine.connect() as connection:
        return {
            one.name: sorted(map(repr, connection.execute(select(one)).all()))
            for one in METADATA.sorted_tables
            if one.name not in LEFT_OUT
        }


@pytest.fixture(scope="module")
def servers(settings, qdrant_server, tmp_path_factory):
    """Settings of an empty PostgreSQL database, an empty Qdrant server and a folder."""
    folder = tmp_path_factory.mktemp("servers")
    where = {"data_dir": folder / "data", "qdrant_url": qdrant_server.url}
    with migrated("postgresql", folder) as url:
        yield settings.model_copy(update={**where, "database_url": url})


@pytest.fixture(scope="module")
def moved(settings, servers) -> Copied:
    return move_between(settings, servers)


class TestThereAndBack:
    def test_every_table_has_a_row_to_be_moved(self, settings):
        assert [name for name, rows in rows_of_file(settings.data_dir).items() if not rows] == []

    def test_everything_is_the_same_on_the_servers(self, settings, servers, moved):
        assert moved.as_json()["differences"] == moved.as_json()["notes"] == []
        assert moved.questions > 5
        assert sum(moved.plan.rows.values()) == sum(map(len, read_rows(servers.sql_url).values()))
        assert read_rows(servers.sql_url) == read_rows(settings.sql_url)
        with opened(servers) as services:
            assert services.index.count() == moved.plan.points > 5
            assert check_base(services).differences == ()
            with services.database.transaction() as session:  # numbers go on where they were
                newest = session.scalar(text("SELECT max(id) FROM jobs"))
                given = session.scalar(text("SELECT nextval(pg_get_serial_sequence('jobs','id'))"))
                assert given == newest + 1

    def test_it_is_not_copied_there_twice(self, settings, servers, moved):
        with pytest.raises(ConfigurationError, match="already has a finished copy"):
            move_between(settings, servers)

    def test_back_it_is_as_it_was(self, settings, servers, moved, tmp_path):
        home = settings.model_copy(update={"data_dir": tmp_path / "home", **EMBEDDED})
        back = move_between(servers, home)
        assert back.as_json()["differences"] == back.as_json()["notes"] == []
        assert rows_of_file(home.data_dir) == rows_of_file(settings.data_dir)
        with opened(home) as services:
            assert check_base(services).differences == ()

    def test_servers_that_are_in_use_are_not_copied(self, settings, servers, moved, tmp_path):
        home = settings.model_copy(update={"data_dir": tmp_path / "home", **EMBEDDED})
        engine = connect_to(servers.sql_url)
        with engine.connect() as connection, opened(servers) as source:
            connection.execute(text("SELECT 1"))
            with pytest.raises(ConfigurationError, match=r"other connections: 1\): stop every"):
                plan_copy(source, home)

    def test_only_the_index_moves_where_the_rest_stays(self, settings, qdrant_server):
        target = settings.model_copy(update={"qdrant_url": qdrant_server.url})
        with opened(settings) as source:
            plan = plan_copy(source, target)
        drop_index(target, plan.index)
        assert plan.as_json() | {"rows": None, "files": None, "begun": False} == plan.as_json()
        assert move_between(settings, target).same
        with opened(target) as services:
            assert services.index.count() == plan.points
            assert check_base(services).clean

    def test_an_index_that_moves_alone_is_kept_apart_from_others(self, settings, qdrant_server):
        target = settings.model_copy(
            update={"qdrant_url": qdrant_server.url, "qdrant_prefix": "alone"}
        )
        copied = move_between(settings, target)
        assert copied.same
        with closing(open_index(target, copied.plan.index, find_model(target).dimension)) as index:
            one = next(index.points())
            hidden = next(shown for shown in Visibility if shown != one.filters.visibility)
            index.update_filters(replace(one.filters, visibility=hidden))
            assert move_between(settings, target).same, "as after a kill and a change"
            shown = {p.filters.visibility for p in index.points(only(one.filters.item_id))}
            assert shown == {one.filters.visibility}

            other = replace(one.filters, item_id="of-another-base")
            index.upsert([replace(one, id=str(uuid4()), filters=other)])
            with pytest.raises(ConfigurationError, match="has 1 points that this knowledge base"):
                move_between(settings, target)
            qdrant_server.forget()
            assert move_between(settings, target, anew=True).same
            assert index.count() == copied.plan.points
        assert any(one["path"].endswith("/points") for one in puts(qdrant_server)), "all again"


def only(item_id: str) -> Filter:
    return Filter(visibility=None, item_ids=frozenset({item_id}))


class Interrupted(Exception):
    """As if the process had been stopped."""


def stopping_at(stage: str):
    @contextmanager
    def shown(what: str):
        if what == stage:
            raise Interrupted
        yield lambda *_: None

    return shown


def written_rows(url: str, table: str) -> dict[str, str]:
    """The transaction that wrote each row, on PostgreSQL."""
    engine = connect_to(url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT id, xmin::text FROM {table}")).all()
    return dict(map(tuple, found))


class TestInterrupted:
    @pytest.fixture
    def target(self, settings, qdrant_server, tmp_path):
        where = {"data_dir": tmp_path / "data", "qdrant_url": qdrant_server.url}
        with migrated("postgresql", tmp_path) as url:
            target = settings.model_copy(update={**where, "database_url": url})
            for name in list_indexes(target):
                drop_index(target, name)
            yield target

    def test_a_killed_copy_goes_on_where_it_was(self, settings, target, tmp_path):
        engine = connect_to(target.sql_url)
        with engine.begin() as holding:
            holding.execute(text("LOCK TABLE passages IN EXCLUSIVE MODE"))
            running = start(settings, write_settings(tmp_path, target))
            await_waiting(engine, running, "passages")
            running.send_signal(signal.SIGKILL)
            running.communicate()
        items = written_rows(target.sql_url, "items")
        assert len(items) > 5
        assert written_rows(target.sql_url, "passages") == {}
        with (
            pytest.raises(ConfigurationError, match="is not finished: run the same `kb migrate`"),
            open_services(target),
        ):
            pass
        assert move_between(settings, target).same
        assert written_rows(target.sql_url, "items") == items
        assert read_rows(target.sql_url) == read_rows(settings.sql_url)

    def test_only_what_is_missing_is_copied(self, settings, target, qdrant_server):
        with opened(settings) as source:
            with pytest.raises(Interrupted):
                move(source, target, stopping_at("questions"), ask)
            index = open_index(target, source.index.name, source.model.dimension)
            everything = dict(index.ids())
            lost = sorted(everything)[:3]
            index.delete_points(lost)
            (file, *_) = target.originals_dir.glob("??/*")
            kept = {path: path.stat().st_mtime_ns for path in target.originals_dir.glob("??/*")}
            kept.pop(file)
            file.unlink()
            qdrant_server.forget()
            assert move(source, target, progress, ask).same
            assert dict(index.ids()) == everything
            index.close()
        assert file.exists()
        assert kept == {path: path.stat().st_mtime_ns for path in kept}
        written = [(one["body"] or {}).get("points", []) for one in puts(qdrant_server)]
        assert sum(map(len, written)) == len(lost)

    def test_a_source_that_changed_is_copied_anew(self, settings, target):
        with opened(settings) as source:
            with pytest.raises(Interrupted):
                move(source, target, stopping_at("vectors"), ask)
            with source.database.transaction() as session:
                session.add(UnansweredQuestion(text="Chi ripara i ponti?"))
            with pytest.raises(ConfigurationError, match="`kb migrate --anew`"):
                move(source, target, progress, ask)
            assert move(source, target, progress, ask, anew=True).same
        assert read_rows(target.sql_url) == read_rows(settings.sql_url)


def puts(server: QdrantServer) -> list[dict[str, Any]]:
    return [one for one in server.requests() if one["method"] == "PUT"]


def write_settings(folder: Path, target: Settings) -> Path:
    named = {
        "KB_DATA_DIR": target.data_dir,
        "KB_DATABASE_URL": target.database_url,
        "KB_QDRANT_URL": target.qdrant_url,
    }
    file = folder / "target.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in named.items() if value))
    return file


def start(settings: Settings, file: Path) -> subprocess.Popen:
    environment = {**os.environ, "KB_DATA_DIR": str(settings.data_dir), "LANG": "en_US.UTF-8"}
    return subprocess.Popen(
        [*KB, "migrate", "--to", str(file)],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def await_waiting(engine: Engine, running: subprocess.Popen, table: str) -> None:
    """Return when a process waits for a lock on the table."""
    waits = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:table AS regclass)"
    )
    while True:
        with engine.connect() as connection:
            if connection.scalar(waits, {"table": table}):
                return
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.05)


class TestRefused:
    @pytest.fixture
    def run(self, settings, tmp_path, monkeypatch):
        """Run the command with these lines as the settings of the target; gives the sentence."""
        monkeypatch.setenv("KB_DATA_DIR", str(settings.data_dir))

        def run(*lines: str, options: tuple[str, ...] = ()) -> str:
            file = tmp_path / "target.env"
            file.write_text("".join(f"{line}\n" for line in lines))
            result = CliRunner().invoke(app, ["migrate", "--to", str(file), *options])
            assert isinstance(result.exception, KbError), result.output
            return str(result.exception)

        return run

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("", "names no setting"),
            ("KB_QDRANT_ULR=http://127.0.0.1:6333", "KB_QDRANT_ULR, which is no setting"),
            ("KB_QDRANT_URL=qdrant", "KB_QDRANT_URL is not valid"),
            ("KB_LOG_LEVEL=DEBUG", "where the knowledge base is now"),
            ("KB_DATABASE_URL=oracle", "KB_DATABASE_URL is not valid"),
            ("KB_DATABASE_URL=postgresql+psycopg://kb@127.0.0.1:1/kb", "cannot be used"),
            (
                "KB_QDRANT_URL=http://127.0.0.1:1",
                "does not answer|did not answer|cannot be reached",
            ),
        ],
    )
    def test_settings_that_lead_nowhere(self, run, line, says, tmp_path):
        assert re.search(says, run(line))
        assert re.search(says, run(line, options=("--dry-run",)))

    @pytest.mark.parametrize(
        ("store", "here", "there", "differs"),
        [
            ("points", {}, {"qdrant_prefix": "b"}, True),
            ("points", {"qdrant_url": "http://Q:6333/"}, {}, False),
            ("files", {}, {"files_endpoint": "https://other.example"}, True),
            ("files", {"files_endpoint": "https://S3.example:443/"}, {}, False),
        ],
    )
    def test_stores_are_told_apart_by_all_that_leads_to_them(
        self, settings, store, here, there, differs
    ):
        given = {
            "qdrant_url": "http://q:6333",
            "files_url": "s3://originals/a",
            "files_endpoint": "https://s3.example",
        }
        one, other = (settings.model_copy(update=given | some) for some in (here, there))
        other = other.model_copy(update={"database_url": "postgresql+psycopg://kb@db/kb"})
        assert getattr(Route.between(one, other), store) is differs

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            (["KB_FILES_URL=s3://bucket"], "set KB_FILES_ENDPOINT"),
            (["KB_FILES_ENDPOINT=https://s3.example"], "belong to a bucket"),
            (["KB_OIDC_ISSUER=https://id.example"], "go together"),
            (["KB_SECRETS_DIR=/nowhere"], "check KB_SECRETS_DIR"),
        ],
    )
    def test_settings_of_a_target_fit_together(self, run, lines, says):
        assert says in run(*lines)

    def test_secrets_of_a_target_are_read(self, settings, tmp_path):
        (tmp_path / "kb_database_url").write_text("postgresql+psycopg://kb:secret@db/kb")
        (tmp_path / "kb_files_url").write_text("file:///srv/secret")
        file = tmp_path / "target.env"
        file.write_text(f"KB_SECRETS_DIR={tmp_path}\nKB_FILES_URL=file:///srv/originals\n")
        target = read_target(settings, file)
        assert target.database_url == "postgresql+psycopg://kb:secret@db/kb"
        assert target.files_url == "file:///srv/originals"

    def test_a_file_that_is_not_there(self, settings, tmp_path):
        with pytest.raises(ConfigurationError, match="There is no file"):
            read_target(settings, tmp_path / "nothing.env")

    def test_another_model(self, settings, run, tmp_path):
        model = tmp_path / "retrained"
        model.mkdir()
        shutil.copy(find_model(settings).folder / "config.json", model)
        said = run(f"KB_DATA_DIR={tmp_path}/new", f"KB_EMBEDDING_MODEL={model}")
        assert "another embedding model" in said
        assert not (tmp_path / "new").exists()

    def test_a_target_that_holds_something(self, run, tmp_path):
        database = Database(f"sqlite:///{tmp_path / 'kb.sqlite'}")
        database.upgrade()
        with database.transaction() as session:
            accounts.create(session, "somebody", Role.ADMIN)
        assert "is not empty (1 rows in accounts)" in run(f"KB_DATA_DIR={tmp_path}")
        change_schema(database, "0035")
        database.close()
        assert "of another version of this program (0035)" in run(f"KB_DATA_DIR={tmp_path}")

    def test_a_source_that_is_in_use(self, settings, run, tmp_path, monkeypatch):
        target = f"KB_DATA_DIR={tmp_path}/new"
        ownership = Ownership(settings.data_dir)
        ownership.acquire()
        ownership.announce("http://127.0.0.1:9")
        assert "`kb serve` is running at http://127.0.0.1:9: stop it" in run(target)
        ownership.release()

    def test_no_table_refers_to_a_later_one_but_itself_where_it_may_be_empty(self):
        done = set()
        for one in copied_tables():
            parents = {key.column.table.name for key in one.foreign_keys} - {one.name}
            assert parents <= done
            assert all(column.nullable for column in deferred_columns(one))
            done.add(one.name)
