"""A committed job wakes the worker and a committed change reaches the index; no caller does it."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import select

from ingest.submit import submit
from ingest.worker import Worker
from kb.domain import Status, Visibility
from kb.runtime.arrivals import Arrivals
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage import jobs
from kb.storage.folder_originals import FolderOriginals
from kb.storage.rate_counters import count_use
from kb.storage.tables import Item, Operation
from kb.vectors.base import EVERYTHING, Filter


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(_env_file=None, data_dir=folder, cache_dir=cache_dir, **database)
    with open_services(settings, own=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(services):
    accepted = submit(services, io.BytesIO(b"# Il forno\n\nRiaperto nel 2015."), "forno.md")
    worker = Worker(services)
    worker.step()
    worker.stop()
    with services.database.session() as session:
        assert session.get(Item, accepted.id).status is Status.READY
    return accepted.id


def test_a_committed_job_is_told_and_one_that_was_rolled_back_is_not(services, document):
    before = services.work_arrived.count
    with suppress(ZeroDivisionError), services.database.transaction() as session:
        jobs.enqueue(session, document, Operation.REFRESH)
        raise ZeroDivisionError
    assert services.work_arrived.count == before
    with services.database.transaction() as session:
        jobs.enqueue(session, document, Operation.REFRESH)
        assert services.work_arrived.count == before, "not before it is committed"
    assert services.work_arrived.count == before + 1
    with services.database.transaction() as session:
        jobs.cancel(session, document)
    assert services.work_arrived.count == before + 1


def test_a_waiting_worker_starts_at_once(services, document):
    worker = Worker(services)
    begun = threading.Event()
    worker.on_report = lambda stage, done, total: begun.set()
    worker.start()
    try:
        with services.database.transaction() as session:
            jobs.enqueue_index(session, session.get(Item, document))
        assert begun.wait(60)
    finally:
        worker.stop()
    with services.database.transaction() as session:
        jobs.cancel(session, document)


@pytest.mark.parametrize(
    ("name", "value", "facet"),
    [
        ("year", 2016, "year"),
        ("country", "IT", "country"),
        ("themes", ["energy"], "themes"),
        ("themes", [], "themes"),
    ],
)
def test_what_the_index_filters_by_follows_the_row(services, document, name, value, facet):
    with services.database.transaction() as session:
        setattr(session.get(Item, document), name, value)
    values = value if isinstance(value, list) else [value]
    assert set(services.index.facet(facet, EVERYTHING)) == {str(one) for one in values}


def test_who_may_see_it_follows_the_row(services, document):
    for visibility in (Visibility.MEMBERS, Visibility.PUBLIC):
        with services.database.transaction() as session:
            session.get(Item, document).visibility = visibility
        assert services.index.count(Filter(visibility=frozenset({visibility}))) == 1


def test_an_index_that_does_not_answer_is_told_later(services, document):
    with services.database.transaction() as session:
        jobs.cancel(session, document)
    held, services._index = services._index, None
    folder = services.settings.index_dir
    moved = folder.with_name("elsewhere")
    held.close()
    folder.rename(moved)
    folder.write_text("in the way", "utf-8")
    try:
        with services.database.transaction() as session:
            session.get(Item, document).year = 1999
        with services.database.session() as session:
            assert session.scalar(select(Item.year).where(Item.id == document)) == 1999
            assert jobs.find_live(session, document).operation is Operation.REFRESH
    finally:
        folder.unlink()
        moved.rename(folder)


def test_many_wait_for_one_arrival_and_none_is_missed():
    arrivals = Arrivals()
    seen = arrivals.count
    arrivals.notify()
    arrivals.wait_beyond(seen, 60)  # returns at once: it came before the wait
    woken = threading.Barrier(4)

    def wait():
        arrivals.wait_beyond(seen + 1, 60)
        woken.wait(30)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    arrivals.notify()
    woken.wait(30)
    for thread in threads:
        thread.join()


class Slow(FolderOriginals):
    """A store on a slow network: what is asked of it waits."""

    def __init__(self, root, work):
        super().__init__(root)
        self._work = work
        self.asked, self.answer = threading.Event(), threading.Event()

    def _wait(self, work):
        if work == self._work:
            self.asked.set()
            assert self.answer.wait(120)

    def exists(self, sha256):
        self._wait("exists")
        return super().exists(sha256)

    def remove(self, sha256):
        self._wait("remove")
        super().remove(sha256)


@pytest.mark.parametrize("work", ["exists", "remove"])
def test_who_waits_for_the_store_of_files_keeps_nobody_from_writing(services, work):
    quick, slow = services.originals, Slow(services.settings.originals_dir, work)
    content = f"# Il mulino\n\nAperto: {work}.".encode()
    stored = quick.add(io.BytesIO(content), 1000)
    services.originals = slow
    try:
        with ThreadPoolExecutor(2) as pool:
            if work == "remove":
                removed = pool.submit(services.discard_originals, {stored.sha256})
                assert slow.asked.wait(120)
            added = pool.submit(submit, services, io.BytesIO(content), "mulino.md")
            assert slow.asked.wait(120)
            try:
                with services.database.transaction() as session:
                    assert count_use(session, work, 10, 60)
            finally:
                slow.answer.set()
            assert not added.result().existing
            assert work == "exists" or removed.result() is None
        assert quick.is_intact(stored.sha256), "a file that a row refers to is there"
    finally:
        services.originals = quick
