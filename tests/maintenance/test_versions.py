"""Older versions are part of the base: checked, backed up, restored, left alone by a new index."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from ingest.item_commands import delete_item, update_metadata
from ingest.reindex.reindex import ReindexMode, reindex
from ingest.submit import submit
from ingest.versions import submit_version
from ingest.worker import Worker
from kb.access import PUBLIC, Role
from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.domain import Status, Visibility
from kb.filters import choose
from kb.maintenance.backup import backup
from kb.maintenance.check import check_base
from kb.maintenance.restore import restore
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.history import DocumentVersion, VersionPage, VersionState
from kb.storage.tables import Document, Job
from search.results import Question
from search.service import search
from tests.databases import of_sqlite
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

FIRST = b"# The plan\n\nThe first edition counts four hundred passengers on the bus of the valley."
SECOND = (
    b"# The plan\n\nThe second edition counts nine hundred passengers on the bus of the valley."
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("versions")
    return Settings(_env_file=None, data_dir=folder / "data", cache_dir=cache_dir, **database)


@pytest.fixture(scope="module")
def services(settings):
    with open_services(settings, own=True) as opened:
        yield opened


def work(services):
    worker = Worker(services)
    while worker.step():
        pass
    worker.stop()


@pytest.fixture(scope="module")
def item_id(services):
    accepted = submit(services, io.BytesIO(FIRST), "plan.md")
    work(services)
    submit_version(services, accepted.id, io.BytesIO(SECOND), "plan-2.md")
    work(services)
    return accepted.id


def found(services, access=PUBLIC):
    page = search(Question("How many passengers has the bus of the valley?"), services, access)
    return [(result.id, result.passages[0].text) for result in page.results]


def test_the_new_version_is_found_and_the_old_one_kept(services, item_id):
    [(id, text)] = found(services)
    assert id == item_id
    assert "nine hundred" in text
    with services.database.session() as session:
        older = session.get(DocumentVersion, (item_id, 1))
        assert (older.state, older.filename, older.page_count) == (
            VersionState.REPLACED, "plan.md", 1,
        )  # fmt: skip
        assert "four hundred" in older.pages[0].text
    assert check_base(services).differences == ()


def test_who_may_not_read_older_versions_learns_nothing_of_their_words(services, item_id):
    with TestClient(create_app(services), follow_redirects=False) as client:
        address = f"/documents/{item_id}/pages/1"
        answers = {
            words: client.get(address, params={"quote": words}, headers={"X-Forwarded-For": "::2"})
            for words in ("four hundred", "three hundred", "nine hundred")
        }
        assert {answer.status_code for answer in answers.values()} == {200}
        told = answers["four hundred"].text.replace("four", "three")
        assert told == answers["three hundred"].text
        with services.database.transaction() as session:
            account = accounts.create(session, "anna", Role.RESEARCHER)
            client.cookies.set(SESSION_COOKIE, open_session(session, account, timedelta(days=1)))
        moved = client.get(address, params={"quote": "four hundred"})
        assert moved.status_code == 303
        assert f"/documents/{item_id}/versions/1/" in moved.headers["location"]


def test_a_missing_file_of_an_older_version_is_named(services, item_id):
    with services.database.session() as session:
        sha256 = session.get(DocumentVersion, (item_id, 1)).content_sha256
    path = services.originals.path(sha256)
    content = path.read_bytes()
    path.unlink()
    [difference] = check_base(services).differences
    assert sha256 in str(difference.what)
    path.write_bytes(content)
    assert check_base(services).differences == ()


def test_a_version_that_nobody_will_read_is_queued_again(services, item_id):
    submit_version(services, item_id, io.BytesIO(FIRST + b" Again."), "plan-3.md")
    with services.database.transaction() as session:
        session.delete(session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one())
    [difference] = check_base(services).differences
    assert "no job will ever work on it" in str(difference.what)
    assert check_base(services, repair=True).clean
    work(services)
    with services.database.session() as session:
        assert session.get(Document, item_id).version == 3
    submit_version(services, item_id, io.BytesIO(SECOND), "plan-2.md")  # the one before again
    work(services)
    assert "nine hundred" in found(services)[0][1]
    assert check_base(services).differences == ()


@of_sqlite
def test_all_versions_go_into_the_archive_and_come_back(services, item_id, tmp_path, make_settings):
    backup(services, tmp_path / "base.tar.gz")
    elsewhere = make_settings()
    restore(elsewhere, tmp_path / "base.tar.gz")
    with open_services(elsewhere, own=True) as restored:
        reindex(restored, ReindexMode.ORIGINALS, lambda done, total: None)
        assert check_base(restored).differences == ()
        assert found(restored) == found(services)
        with restored.database.session() as session:
            numbers = session.scalars(select(DocumentVersion.number).order_by("number")).all()
            assert numbers == [1, 2, 3]
        assert set(restored.originals.all()) == set(services.originals.all())


def test_who_may_see_it_changes_at_once(services, item_id):
    update_metadata(services, item_id, {"visibility": Visibility.RESEARCHERS, "year": 2020})
    assert found(services) == []
    assert check_base(services).differences == ()
    update_metadata(services, item_id, {"visibility": Visibility.PUBLIC})
    assert [id for id, _ in found(services)] == [item_id]
    page = search(Question("passengers of the bus", choose(year=(2020, None))), services, PUBLIC)
    assert [result.id for result in page.results] == [item_id]
    assert check_base(services).differences == ()


def test_deleting_removes_every_version(services, item_id):
    delete_item(services, item_id)
    work(services)
    with services.database.session() as session:
        for table in (Document, DocumentVersion, VersionPage):
            assert session.scalars(select(table)).all() == []
        assert session.scalars(select(Document).where(Document.status == Status.READY)).all() == []
    assert list(services.originals.all()) == []
    assert check_base(services).differences == ()
