"""The threads that renew leases outlast whatever troubles the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from ingest.worker import Worker
from kb.runtime.services import open_services
from kb.storage.db import Database
from tests.databases import migrated, only_read

WITHIN_S = 120
KEEPERS = ("ingest-keeper", "fetch-keeper")
TABLES = ("jobs", "fetched_sources")


@contextmanager
def without_tables(url: str) -> Iterator[None]:
    """Statements fail with an error that is none of an outage."""
    database = Database(url)

    def rename(begin: str, end: str) -> None:
        with database.transaction() as session:
            for table in TABLES:
                session.execute(text(f"ALTER TABLE {begin}{table} RENAME TO {end}{table}"))

    rename("", "away_")
    try:
        yield
    finally:
        rename("away_", "")
        database.close()


class Watch:
    """What the statements of keepers came to; that their connection was ended does not count."""

    def __init__(self, engine: Engine) -> None:
        self.failed = {name: threading.Event() for name in KEEPERS}
        self.updated = {name: threading.Event() for name in KEEPERS}
        event.listen(engine, "handle_error", self._on_error)
        event.listen(engine, "after_cursor_execute", self._on_statement)

    def _on_error(self, context: Any) -> None:
        ended = isinstance(context.sqlalchemy_exception, OperationalError)
        keeper = self.failed.get(threading.current_thread().name)
        if keeper and not ended and (context.statement or "").startswith("UPDATE"):
            keeper.set()

    def _on_statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        keeper = self.updated.get(threading.current_thread().name)
        if keeper and statement.startswith("UPDATE"):
            keeper.set()


@pytest.mark.parametrize("trouble", [only_read, without_tables])
def test_leases_are_renewed_again_after_a_trouble(make_settings, tmp_path, monkeypatch, trouble):
    monkeypatch.setattr("ingest.worker.REAP_S", 0.05)
    monkeypatch.setattr("ingest.fetching.fetcher.HOLD_S", 0.05)
    with migrated("postgresql", tmp_path) as url:
        settings = make_settings(
            database_url=url, qdrant_url="http://127.0.0.1:9", fetch=True,
            fetch_contact="kb@example.org",
        )  # fmt: skip
        with open_services(settings) as services:
            watch = Watch(services.database.engine)
            worker = Worker(services)
            worker.start()
            try:
                with trouble(url):
                    assert_all(watch.failed)
                for name in KEEPERS:
                    watch.updated[name].clear()
                assert_all(watch.updated)
            finally:
                worker.stop()


def assert_all(seen: dict[str, threading.Event]) -> None:
    for name in KEEPERS:
        assert seen[name].wait(WITHIN_S), name
