"""Uploads and downloads with the originals in a bucket, also while it is away."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from ingest.submit import submit
from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.maintenance.files import compare_files
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.tables import Document, Job, JobStatus
from tests.object_storage.server import running_server
from tests.web.base import UNLIMITED, visit_as
from web.app import create_app

CONTENT = b"# Piano\n\nIl comune ha risparmiato il trenta per cento di energia.\n"


@pytest.fixture(scope="module")
def storage():
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def services(storage, tmp_path_factory, database):
    folder = tmp_path_factory.mktemp("bucket")
    given = {"data_dir": folder / "data", "worker": False} | UNLIMITED | storage.settings("web")
    given |= database
    with open_services(Settings(_env_file=None, **given), own=True) as opened:
        with opened.database.transaction() as session:
            accounts.create(session, "a-researcher", Role.RESEARCHER)
        yield opened


@pytest.fixture
def client(services):
    with visit_as(create_app(services), services, "researcher") as opened:
        opened.headers["Accept-Language"] = "it"
        yield opened


def test_a_file_of_a_bucket_is_downloaded_by_ranges_and_waited_for(services, storage, client):
    sent = client.post("/api/v1/documents", files={"file": ("piano è.md", CONTENT)})
    assert sent.status_code == 202, sent.text
    address = f"/documents/{sent.json()['id']}/original"
    whole = client.get(address)
    assert whole.content == CONTENT
    assert whole.headers["content-length"] == str(len(CONTENT))
    assert whole.headers["content-disposition"].endswith("''piano%20%C3%A8.md")
    for asked, status, content in (
        ("bytes=2-6", 206, CONTENT[2:7]),
        ("bytes=-8", 206, CONTENT[-8:]),
        ("bytes=60-9999", 206, CONTENT[60:]),
        ("bytes=9999-", 416, b""),
        ("bytes=6-2", 200, CONTENT),
        ("bytes=²-", 200, CONTENT),
        ("pages=1-2", 200, CONTENT),
        ("bytes=0-1,4-5", 200, CONTENT),
        ("bytes=" + "9" * 5000 + "-", 200, CONTENT),
        ("bytes=-" + "9" * 5000, 200, CONTENT),
    ):
        answer = client.get(address, headers={"Range": asked.encode()})
        assert (answer.status_code, answer.content) == (status, content), asked
    part = client.get(address, headers={"Range": "bytes=2-6", "If-Range": '"other"'})
    assert part.status_code == 200
    own = {"date": "", "x-request-id": ""}
    for ranged in ({}, {"Range": "bytes=2-6"}):
        said = client.head(address, headers=ranged)
        assert (said.status_code, said.content) == (200, b"")
        assert {**whole.headers} | own == {**said.headers} | own
        known = client.get(address, headers=ranged | {"If-None-Match": whole.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == whole.headers["etag"]

    storage.stop()
    try:
        altro = {"file": ("altro.md", b"# Altro\n\nTesto.\n")}
        form = client.post("/upload", files=altro, data={"title": "Piano del clima"})
        assert 'value="Piano del clima"' in form.text, "what was filled in is kept"
        for answer in (
            client.post("/api/v1/documents", files=altro),
            form,
            client.get(address),
        ):
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "archivio dei file non si può usare" in answer.text
            assert "127.0.0.1" not in answer.text
        with services.database.session() as session:
            assert len(session.scalars(select(Job)).all()) == 1
        for _ in range(6):
            _make_due(services)
            assert Worker(services).step()
        with services.database.session() as session:
            job = session.scalars(select(Job)).one()
            assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
            assert "does not answer" in job.reason["template"]
    finally:
        storage.start()
    storage.wait_until_back(lambda: services.originals.require_usable(filled=True))
    storage.wait_until_back(lambda: client.get(address).raise_for_status())
    assert client.get(address).content == CONTENT


def test_what_is_missing_or_altered_in_a_bucket_is_told(services):
    originals = services.originals
    ids = {}
    for name in ("perso", "altrimenti"):
        content = f"# {name}\n\nTesto.\n".encode()
        ids[name] = submit(services, io.BytesIO(content), f"{name}.md").id
    with services.database.session() as session:
        assert list(compare_files(session, originals)) == []
        lost, altered = (session.get(Document, one).content_sha256 for one in ids.values())
        originals.remove(lost)
        originals._store.put(f"{altered[:2]}/{altered}", b"altered")
        found = {one.where: str(one.what) for one in compare_files(session, originals)}
    assert set(found) == set(ids.values())
    assert "is missing" in found[ids["perso"]]
    assert "checksum differs" in found[ids["altrimenti"]]


def _make_due(services):
    with services.database.transaction() as session:
        session.scalars(select(Job)).one().run_after = None
