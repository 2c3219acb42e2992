"""Each difference is made for real, found, named, mended, and gone."""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import time
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from ingest import item_commands
from ingest.submit import submit
from ingest.worker import Worker
from kb.domain import FilterValues, Status, Visibility
from kb.maintenance.check import check_base
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage import jobs
from kb.storage.collections import Collection, CollectionEntry
from kb.storage.disposal import referred
from kb.storage.tables import Document, Item, Job, Operation, PageRow, PassageRow
from kb.vectors.opening import Filter, open_index
from tests.databases import of_sqlite, usual
from tests.maintenance.texts import fill


class Bases:
    """The base that the tests share, as its worker takes seconds to start. A test that does not
    leave it as it was has it replaced."""

    def __init__(self, make_folder, cache_dir):
        self._make_folder, self._cache_dir = make_folder, cache_dir
        self._opened = ExitStack()
        self._services = None

    @property
    def services(self):
        if self._services is None:
            fields = {"data_dir": self._make_folder("kb") / "data", "cache_dir": self._cache_dir}
            fields |= self._opened.enter_context(usual())
            settings = Settings(_env_file=None, **fields)
            self._services = self._opened.enter_context(open_services(settings, own=True))
            fill(self._services)
            self._worker = Worker(self._services)
            self._opened.callback(self._worker.stop)
        return self._services

    def work(self):
        """Work through the queue."""
        while self._worker.step():
            pass

    def close(self):
        self._services = None
        self._opened.close()


@pytest.fixture(scope="module")
def bases(tmp_path_factory, cache_dir):
    opened = Bases(tmp_path_factory.mktemp, cache_dir)
    yield opened
    opened.close()


@pytest.fixture
def services(bases):
    return bases.services


@pytest.fixture
def work(bases, services):
    return bases.work


@pytest.fixture(autouse=True)
def _clean_afterwards(bases, services):
    yield
    clean = False
    try:
        bases.work()
        assert [str(one.what) for one in check_base(services).differences] == []
        clean = True
    finally:
        if not clean:
            bases.close()


@pytest.fixture
def item_id(services):
    with services.database.session() as session:
        return session.scalars(select(Item.id).where(Item.title == "The mill of Radicofani")).one()


def change(services, statement):
    with services.database.transaction() as session:
        session.execute(statement)


def found(services, **options):
    """What is wrong, as (sentence, where, command)."""
    return [
        (str(one.what), one.where, one.command)
        for one in check_base(services, **options).differences
    ]


def point_ids(services, item_id):
    only = Filter(visibility=None, item_ids=frozenset({item_id}))
    return [point for point, _ in services.index.ids(only)]


REPAIR = "kb check --repair"


def test_a_clean_base_is_counted(services):
    report = check_base(services)
    assert report.clean
    assert report.counts["items"] == report.counts["originals"] == 4
    assert report.counts["passages"] == services.index.count() > 4


def test_passages_that_the_index_lost(services, item_id):
    services.index.delete_points(point_ids(services, item_id)[:1])
    [(what, where, command)] = found(services)
    assert what.startswith("1 of ")
    assert "“The mill of Radicofani” are not in the index" in what
    assert (where, command) == (item_id, REPAIR)
    assert check_base(services, repair=True).clean


def test_points_that_no_passage_stands_behind(services, item_id):
    before = len(point_ids(services, item_id))
    change(
        services,
        delete(PassageRow).where(PassageRow.item_id == item_id, PassageRow.ordinal == before - 1),
    )
    [(what, where, command)] = found(services)
    assert what.startswith("1 points of “The mill of Radicofani” have no passage")
    assert (where, command) == (item_id, REPAIR)
    assert check_base(services, repair=True).clean
    assert len(point_ids(services, item_id)) == before - 1
    with services.database.transaction() as session:
        session.get(Item, item_id).status = Status.QUEUED
        jobs.enqueue(session, item_id, Operation.INDEX)


def test_points_of_items_that_are_not_to_be_found(services, item_id):
    change(services, update(Item).where(Item.id == item_id).values(status=Status.FAILED))
    number = len(point_ids(services, item_id))
    [(what, where, command)] = found(services)
    assert what == f"{number} points in the index belong to an item that is not to be found."
    assert (where, command) == (item_id, REPAIR)
    assert check_base(services, repair=True).clean
    assert point_ids(services, item_id) == []
    with services.database.transaction() as session:
        session.get(Item, item_id).status = Status.QUEUED
        jobs.enqueue(session, item_id, Operation.INDEX)


def test_an_item_of_another_index(services, item_id):
    change(services, update(Item).where(Item.id == item_id).values(indexed_as="older"))
    [(what, where, _)] = found(services)
    assert what.startswith("“The mill of Radicofani” was indexed as older, the active index is ")
    assert where == item_id
    assert check_base(services, repair=True).clean


def test_an_item_that_the_index_shows_to_the_wrong_people(services, item_id):
    services.index.update_filters(
        FilterValues(item_id, Visibility.RESEARCHERS, {"kind": ("document",), "language": ("en",)})
    )
    [(what, where, _)] = found(services)
    title = "“The mill of Radicofani”"
    assert what == f"The index has researchers as the visibility of {title}, which is public."
    assert where == item_id
    assert check_base(services, repair=True).clean


def test_filters_of_the_index_that_are_not_those_of_the_item(services, item_id):
    values = {"kind": ("document",), "year": ("1950",), "country": ("XK",), "theme": ("energy",)}
    wrong = FilterValues(item_id, Visibility.PUBLIC, values)
    services.index.update_filters(wrong)
    fields = {what.partition(" as the ")[2].split()[0] for what, _, _ in found(services)}
    assert fields == {"country", "themes", "year"}
    assert check_base(services, repair=True).clean


def test_a_missing_original_is_named_and_the_same_file_brings_it_back(services, item_id):
    with services.database.session() as session:
        sha256 = session.get(Document, item_id).content_sha256
    path = services.originals.path(sha256)
    content = path.read_bytes()
    path.unlink()
    [(what, where, command)] = found(services)
    assert what == f"The original of “The mill of Radicofani” ({sha256}) is missing."
    assert (where, command) == (item_id, "kb ingest FILE (the same file), or kb restore FILE")
    report = check_base(services, repair=True)
    assert (report.clean, report.mended) == (False, ())
    assert submit(services, io.BytesIO(content), "mill.md").existing


def test_a_damaged_original_is_known_by_its_checksum_and_not_read_again(services, item_id):
    with services.database.session() as session:
        path = services.originals.path(session.get(Document, item_id).content_sha256)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")
    services.index.delete_points(point_ids(services, item_id)[:1])
    damaged, lost = check_base(services, repair=True).differences
    assert "is damaged: its checksum differs" in str(damaged.what)
    assert "not in the index" in str(lost.what)
    assert lost.command == "kb ingest FILE (the same file), then kb check --repair"
    with services.database.session() as session:
        assert session.get(Item, item_id).status is Status.READY
    submit(services, io.BytesIO(content), "mill.md")
    assert check_base(services, repair=True).clean


def test_files_that_no_document_refers_to(services):
    content = b"left behind"
    sha256 = services.originals.add(io.BytesIO(content), 100).sha256
    assert sha256 == hashlib.sha256(content).hexdigest()
    path = services.originals.path(sha256)
    assert found(services) == [], "a young file may belong to an upload that is being accepted"
    os.utime(path, (time.time() - 3600,) * 2)
    assert found(services) == [(f"No document refers to the file {path}.", sha256, REPAIR)]
    assert check_base(services, repair=True).clean
    assert not path.exists()


def test_an_upload_that_was_never_finished_is_removed_after_a_day(services):
    path = services.originals.root / "upload-1234"
    path.write_text("half")
    os.utime(path, (time.time() - 3600,) * 2)
    assert found(services) == [], "a large upload may take an hour"
    os.utime(path, (time.time() - 100_000,) * 2)
    other = path.with_name("upload-5678")
    other.write_text("under way")
    assert found(services) == [(f"No document refers to the file {path}.", path.name, REPAIR)]
    assert check_base(services, repair=True).clean
    assert not path.exists()
    assert other.exists()
    other.unlink()


@pytest.mark.parametrize("name", ["ab/notes.txt", "de/desktop.ini"])
def test_a_strange_file_is_named_and_left_to_people(services, name):
    path = services.originals.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    os.utime(path, (0, 0))
    [(_, where, command)] = found(services)
    assert (where, command) == (path.name, f"rm {path}")
    assert not check_base(services, repair=True).clean
    path.unlink()


@pytest.mark.parametrize("status", [Status.QUEUED, Status.PROCESSING])
def test_an_item_that_waits_for_no_job(services, item_id, status):
    services.index.delete_items([item_id])
    change(services, update(Item).where(Item.id == item_id).values(status=status))
    [(what, where, command)] = found(services)
    assert what == f"“The mill of Radicofani” is {status} and no job will ever work on it."
    assert (where, command) == (item_id, REPAIR)
    report = check_base(services, repair=True)
    assert [str(one.mend) for one in report.mended] == ["queued again"]


def test_a_deletion_that_nobody_finishes(services, work):
    accepted = submit(services, io.BytesIO(b"To be deleted."), "gone.txt")
    work()
    change(services, update(Item).where(Item.id == accepted.id).values(status=Status.DELETED))
    assert [what for what, *_ in found(services)] == [
        "“To be deleted” was deleted and its removal is not queued.",
        "1 points in the index belong to an item that is not to be found.",
    ]
    assert check_base(services, repair=True).clean
    work()
    with services.database.session() as session:
        assert session.get(Item, accepted.id) is None


def test_a_job_of_an_item_that_does_not_exist(services):
    with services.database.transaction() as session:
        jobs.enqueue(session, "nobody", Operation.INDEX)
    assert found(services) == [("A job waits for an item that does not exist.", "nobody", REPAIR)]
    assert check_base(services, repair=True).clean
    with services.database.session() as session:
        assert jobs.find_newest(session, "nobody").status == "cancelled"
    change(services, delete(Job).where(Job.item_id == "nobody"))


def test_pages_and_passages_that_are_not_counted_right(services, item_id):
    change(services, update(Document).where(Document.id == item_id).values(page_count=9))
    [(what, where, _)] = found(services)
    assert what == "“The mill of Radicofani” has 2 pages and should have 9."
    assert where == item_id
    assert check_base(services, repair=True).clean


def test_a_passage_that_is_not_what_stands_on_its_page(services, item_id):
    change(services, update(PageRow).where(PageRow.document_id == item_id).values(text="Other."))
    [(what, where, _)] = found(services)
    assert "“The mill of Radicofani” are not the text that stands on their pages" in what
    assert where == item_id
    assert check_base(services, repair=True).clean


def test_sentences_of_another_model(services, item_id):
    change(
        services,
        update(PassageRow)
        .where(PassageRow.item_id == item_id, PassageRow.ordinal == 0)
        .values(sentence_vectors=b"short"),
    )
    [(what, where, command)] = found(services)
    assert what.startswith("The sentences of 1 passages of “The mill of Radicofani”")
    assert (where, command) == (item_id, "kb reindex")
    assert check_base(services, repair=True).clean


def test_a_collection_that_lists_what_is_gone_is_only_a_notice(services):
    entry = CollectionEntry(position=0, item_id="gone")
    with services.database.transaction() as session:
        session.add(Collection(id="c", title="Collezione", argument="", entries=[entry]))
    report = check_base(services)
    assert report.clean
    assert [str(one.what) for one in report.differences] == [
        "The collection “c” lists gone, which is not here."
    ]
    with services.database.transaction() as session:
        session.delete(session.get(Collection, "c"))


def test_an_index_that_answers_nothing(services):
    open_index(services.settings, "of-long-ago", 3).close()
    assert found(services) == [("The index of-long-ago is no longer used.", "of-long-ago", REPAIR)]
    assert check_base(services, repair=True).clean


@of_sqlite
def test_rows_that_refer_to_nothing(services):
    path = services.settings.data_dir / "kb.sqlite"
    # A plain connection does not enforce foreign keys.
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO item_themes VALUES ('nobody', 'energy')")
    assert found(services) == [
        ("1 rows of item_themes refer to missing rows of items.", "item_themes", "kb restore FILE")
    ]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM item_themes WHERE item_id = 'nobody'")


def test_what_is_being_worked_on_is_no_difference(services, item_id):
    services.index.delete_items([item_id])
    with services.database.transaction() as session:
        session.get(Item, item_id).status = Status.QUEUED
        jobs.enqueue(session, item_id, Operation.INDEX)
    assert found(services) == []


def test_a_document_that_nothing_can_be_found_in_fails_and_stays_so(services, work):
    accepted = submit(services, io.BytesIO("\u25a0 \u25a0\n".encode()), "scan.txt")
    work()
    # As an earlier version left it:
    ready = {"status": Status.READY, "indexed_as": services.index.name}
    change(services, update(Item).where(Item.id == accepted.id).values(**ready))
    [(what, where, _)] = found(services)
    assert (where, "has 0 passages" in what) == (accepted.id, True)
    assert check_base(services, repair=True).clean
    work()
    with services.database.session() as session:
        item = session.get(Item, accepted.id)
        assert item.status is Status.FAILED
        assert item.reason["template"]
    assert check_base(services).differences == ()
    item_commands.delete_item(services, accepted.id)


def test_what_the_original_cannot_mend_is_mended_from_its_pages(services, work):
    text = b"# The oven\n\nThe common oven of the village was lit again in 2015."
    one = submit(services, io.BytesIO(text), "oven.md").id
    broken = submit(services, io.BytesIO(b"%PDF-1.7\nnothing\n"), "broken.pdf").id
    work()

    def wrong():
        return [what for what, where, _ in found(services) if where == one]

    with services.database.session() as session:
        sha256 = session.get(Item, broken).content_sha256
    change(services, update(Item).where(Item.id == one).values(content_sha256=sha256))
    services.index.delete_points(point_ids(services, one)[:1])
    for left in (1, 0):  # the original is read in vain, then the pages in SQL are embedded
        check_base(services, repair=True)
        work()
        assert len(wrong()) == left
    item_commands.delete_item(services, one)
    item_commands.delete_item(services, broken)
    work()
    services.discard_originals(set(services.originals.all()) - referred_now(services))


def referred_now(services):
    with services.database.session() as session:
        return referred(session)


def test_what_nothing_mends_is_named_as_a_person_s_to_decide(services, item_id):
    services.index.delete_points(point_ids(services, item_id)[:1])
    with services.database.transaction() as session:
        jobs.enqueue(session, item_id, Operation.REFRESH)
        job = jobs.find_newest(session, item_id)
        job.status, job.created_at = "failed", job.created_at - timedelta(hours=1)
    [(_, where, command)] = found(services, repair=True)
    assert where == item_id
    assert command == "kb ingest FILE (a better copy), or delete it"
    item_commands.retry_item(services, item_id)
