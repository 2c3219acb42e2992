"""A new index on PostgreSQL while other processes write: nothing is lost by the switch, and who
builds it notices when the lock against other builders is gone."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ingest import item_commands
from ingest.reindex.reindex import ReindexMode, reindex
from ingest.submit import submit
from ingest.worker import Worker
from kb.domain import Status, Visibility
from kb.maintenance.check import check_base
from kb.messages import TransientError
from kb.runtime.alone import SharedWork, working_alone
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.locks import locked_item
from kb.storage.tables import Item
from kb.vectors.opening import Filter
from tests.databases import migrated
from tests.maintenance.texts import fill

WITHIN_S = 120
WAITING = """SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'"""
END_OWNER = """SELECT pg_terminate_backend(pid, 60000)
               FROM pg_locks JOIN pg_database ON oid = database
               WHERE datname = current_database() AND locktype = 'advisory'"""
MEADOW = b"# Il prato comune\n\nNove famiglie falciano insieme il prato di Montelaterone."


@pytest.fixture(scope="module")
def settings(tmp_path_factory, cache_dir, qdrant_server) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("kb")
    with migrated("postgresql", folder) as url:
        yield Settings(
            _env_file=None, data_dir=folder / "data", cache_dir=cache_dir, database_url=url,
            qdrant_url=qdrant_server.url,
        )  # fmt: skip


@pytest.fixture(scope="module")
def services(settings) -> Iterator[Services]:
    """A process that serves, with a few documents."""
    with open_services(settings) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def builder(settings, services) -> Iterator[Services]:
    """Another one, that builds the new index."""
    with open_services(settings) as opened:
        opened.use_model_of(services)
        yield opened


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def list_ids(services: Services) -> list[str]:
    with services.database.session() as session:
        ready = select(Item.id).where(Item.status == Status.READY)
        return list(session.scalars(ready.order_by(Item.id)))


def count_waiting(services: Services) -> int:
    """Number of connections that wait for a lock."""
    with services.database.session() as session:
        return session.scalar(text(WAITING)) or 0


def wait_for_lock(services: Services, waiting: Future[Any], number: int = 1) -> None:
    while count_waiting(services) < number:
        if waiting.done():
            waiting.result()
            raise AssertionError("nothing waited")


@contextmanager
def switching(services: Services, builder: Services, held: str = "") -> Iterator[Session]:
    """The new index is built, and who switches to it waits for an item, the first or ``held``,
    until the block ends. Yields the transaction that holds the item."""
    built, go_on = threading.Event(), threading.Event()

    def report(done: int, total: int) -> None:
        if done == total and not built.is_set():
            built.set()
            go_on.wait(WITHIN_S)

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(reindex, builder, ReindexMode.PASSAGES, report)
        try:
            assert built.wait(WITHIN_S)
            with services.database.transaction() as session:
                locked_item(session, held or list_ids(services)[0])
                go_on.set()
                wait_for_lock(services, made)
                yield session
        finally:
            go_on.set()
        made.result(WITHIN_S)


def publish(services: Services, session: Session) -> None:
    submit(services, io.BytesIO(MEADOW), "meadow.md")
    Worker(services).run_until_idle()


def read_again(services: Services, session: Session) -> None:
    item_commands.retry_item(services, list_ids(services)[-1])
    Worker(services).run_until_idle()


def hide(services: Services, session: Session) -> None:
    session.get_one(Item, list_ids(services)[0]).visibility = Visibility.RESEARCHERS


def remove(services: Services, session: Session) -> None:
    item_commands.delete_item(services, list_ids(services)[-1])
    Worker(services).run_until_idle()


@pytest.mark.parametrize("act", [publish, read_again, hide, remove])
def test_what_is_written_during_the_switch_is_in_the_new_index(services, builder, act):
    old = services.index.name
    with switching(services, builder) as session:
        act(services, session)
        assert services.index.name == old, "not switched yet"
    assert services.index.name != old
    assert check_base(services).differences == ()
    assert set(list_ids(services)) == {item for _, item in services.index.ids()}
    if act is hide:
        for_everybody = Filter(visibility=frozenset({Visibility.PUBLIC}))
        hidden = list_ids(services)[0]
        assert hidden not in {item for _, item in services.index.ids(for_everybody)}


def test_a_deadlock_with_who_changes_several_items_begins_the_switch_again(services, builder):
    """The other one locks them in the opposite order."""
    old = services.index.name
    first, middle, last = list_ids(services)[:3]

    def change_several() -> None:
        with services.database.transaction() as session:
            session.execute(text("SET LOCAL deadlock_timeout = '1h'"))  # it is not the one to end
            for item_id in (last, first):
                locked_item(session, item_id)

    with ThreadPoolExecutor(1) as pool:
        with switching(services, builder, held=middle):
            other = pool.submit(change_several)
            wait_for_lock(services, other, number=2)
        other.result(WITHIN_S)
    assert services.index.name != old
    assert check_base(services).differences == ()


@pytest.mark.parametrize("when", ["early", "at the end"])
def test_who_builds_stops_when_the_lock_is_lost_and_goes_on_the_next_time(services, builder, when):
    old = services.index.name

    def report(done: int, total: int) -> None:
        if done == (1 if when == "early" else total):
            end_owner(services)

    with pytest.raises(TransientError, match="The database did not answer"):
        reindex(builder, ReindexMode.PASSAGES, report, batch_items=1)
    assert services.index.name == old
    steps: list[int] = []
    reindex(builder, ReindexMode.PASSAGES, lambda done, total: steps.append(done))
    assert steps[0] >= 1, "it goes on"
    assert services.index.name != old
    assert check_base(services).differences == ()


def end_owner(services: Services) -> None:
    """End the connection that holds the lock of who builds an index."""
    with services.database.session() as session:
        assert session.scalars(text(END_OWNER)).all() == [True]


def test_a_lock_that_is_lost_is_free_and_no_error_at_the_end(services, builder):
    with working_alone(services, SharedWork.REINDEX) as alone:
        alone.require()
        end_owner(services)
        with working_alone(builder, SharedWork.REINDEX) as other:
            assert other
    with working_alone(services, SharedWork.REINDEX) as alone:
        assert alone


def test_a_lock_of_a_database_that_is_away_is_a_sentence(make_settings, tmp_path):
    with ExitStack() as stack:
        with migrated("postgresql", tmp_path) as url:
            settings = make_settings(database_url=url, qdrant_url="http://127.0.0.1:9")
            services = stack.enter_context(open_services(settings))
        with (  # the database is gone
            pytest.raises(TransientError, match="The database did not answer"),
            working_alone(services, SharedWork.REINDEX),
        ):
            pass
