"""The site while the index on a server is away: search says so, all else works, nothing is lost,
and it recovers by itself. And an index that another process replaces."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from fastapi.testclient import TestClient
from qdrant_client import QdrantClient

from ingest.reindex.reindex import ReindexMode, reindex
from ingest.worker import Worker
from kb.collections.contents import EntryRow, store_rows
from kb.messages import Message
from kb.runtime.services import open_services
from kb.storage import jobs
from kb.storage.collections import Collection
from kb.storage.tables import JobStatus, Operation
from kb.vectors.patience import waiting_up_to
from tests.web.base import indexed_base
from web.app import create_app

PRACTICES = ("mouans-sartoux-mense-biologiche", "copenaghen-cucine-pubbliche")
QUESTION = {"q": "mensa scolastica biologica"}
QUEUED = PRACTICES[1]
AWAY = "La ricerca non risponde in questo momento"
NEED = "mensa scolastica biologica"
COLLECTION = "da-interrogare"


@pytest.fixture(scope="module")
def services(tmp_path_factory, qdrant_server):
    folder = tmp_path_factory.mktemp("kb")
    given = {"qdrant_url": qdrant_server.url, "qdrant_timeout_s": 60}
    with indexed_base(folder, PRACTICES, **given) as opened:
        opened.warm()
        with opened.database.transaction() as session:
            curated = Collection(id=COLLECTION, title="Mense", argument="Perché.")
            session.add(curated)
            store_rows(curated, [EntryRow(PRACTICES[0], "")])
        yield opened


@pytest.fixture(scope="module")
def reader(services):
    with TestClient(create_app(services), headers={"Accept-Language": "it"}) as opened:
        yield opened


@pytest.fixture
def server(qdrant_server, services):
    """Whole again after the test, and for the program too."""
    yield qdrant_server
    qdrant_server.start()
    qdrant_server.heal()
    qdrant_server.pretend()
    with waiting_up_to(30):
        services.index.check()


def newest_job(services):
    with services.database.session() as session:
        return jobs.find_newest(session, QUEUED)


def ask_as_assistant(reader):
    """The sentence that a search by the tools for assistants answers with."""
    asked = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "search", "arguments": {"question": NEED}},
    }  # fmt: skip
    headers = {"Accept": "application/json, text/event-stream"}
    answer = reader.post("/mcp", json=asked, headers=headers).json()["result"]
    return answer["content"][0]["text"]


def test_search_says_that_it_is_away_and_all_else_works(reader, services, server):
    assert reader.get("/search", params=QUESTION).status_code == 200
    server.stop()
    page = reader.get("/search", params=QUESTION)
    assert page.status_code == 503
    assert AWAY in page.text
    assert 'value="mensa scolastica biologica"' in page.text
    assert "KB_QDRANT_URL" not in page.text
    assert int(page.headers["Retry-After"]) > 0
    fragment = reader.get("/search", params=QUESTION, headers={"HX-Request": "true"})
    assert (fragment.status_code, AWAY in fragment.text) == (503, True)

    for path in (f"/network?need={NEED}", f"/collections/{COLLECTION}?q={NEED}"):
        page = reader.get(path)
        assert (page.status_code, AWAY in page.text) == (503, True), path
        assert "KB_QDRANT" not in page.text
        assert int(page.headers["Retry-After"]) > 0
    assert "aria-invalid" not in reader.get(f"/network?need={NEED}").text
    assert ask_as_assistant(reader).startswith(AWAY)

    answer = reader.get("/api/v1/search", params=QUESTION)
    assert answer.status_code == 503
    assert AWAY in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0

    health = reader.get("/health")
    assert health.status_code == 503
    assert "KB_QDRANT_URL" in health.json()["detail"]
    assert reader.get("/health/ready").json() == {"status": "ready", "detail": ""}
    assert reader.get("/health/live").status_code == 200

    pages = ["/", "/practices", f"/practices/{PRACTICES[0]}", "/documents", "/collections"]
    assert {path: reader.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)

    server.start()
    with waiting_up_to(30):
        services.index.check()
    assert reader.get("/search", params=QUESTION).status_code == 200
    assert reader.get("/health").json() == {"status": "ready", "detail": ""}


def test_a_server_that_is_silent_keeps_no_process_from_its_pages(reader, server):
    server.forget()
    server.fail(on="exists", held=True)
    with ThreadPoolExecutor(3) as threads:
        asking = [threads.submit(reader.get, "/health") for _ in range(3)]
        try:
            while not any(one["path"].endswith("/exists") for one in server.requests()):
                time.sleep(0.05)
            assert reader.get("/health/ready").json()["status"] == "ready"
            assert not any(one.done() for one in asking)
        finally:
            server.heal()
    assert {one.result().status_code for one in asking} == {200}


def test_a_key_that_the_server_refuses_meanwhile_is_for_administrators(reader, server):
    server.pretend(key="changed")
    page = reader.get("/search", params=QUESTION)
    assert (page.status_code, AWAY in page.text) == (503, True)
    within = reader.get(f"/collections/{COLLECTION}?q={NEED}")
    assert (within.status_code, AWAY in within.text) == (503, True)
    assert "KB_QDRANT" not in within.text
    assert "KB_QDRANT_API_KEY" in reader.get("/health").json()["detail"]
    server.pretend()
    assert reader.get("/search", params=QUESTION).status_code == 200


@pytest.mark.parametrize(
    ("fault", "attempts", "told"),
    [
        ({"status": 413}, 1, "refuses a request (413"),
        ({"status": 500}, 1, "answer (500"),
        ({"status": 503}, 0, "answer (503"),
        ({"status": 429, "retry_after": "Tue, 30 Nov 2100 00:00:00 GMT"}, 0, "answer (429"),
        ({"status": 429, "retry_after": "9" * 400}, 0, "answer (429"),
    ],
)
def test_a_job_that_the_server_refuses_is_an_attempt_and_holds_nothing_up(
    services, server, fault, attempts, told
):
    with services.database.transaction() as session:
        jobs.enqueue(session, QUEUED, Operation.DELETE)
    worker = Worker(services, patience_s=0.5)
    server.fail(on="POST .*/points/delete", **fault)
    assert worker.step()
    job = newest_job(services)
    assert (job.status, job.attempts) == (JobStatus.QUEUED, attempts)
    assert told in str(Message.from_json(job.reason))
    with services.database.transaction() as session:
        jobs.enqueue(session, QUEUED, Operation.DELETE)
    server.heal()
    assert worker.step()
    assert newest_job(services).status is JobStatus.DONE


def test_an_outage_uses_up_no_attempt_and_work_goes_on_by_itself(services, server):
    with services.database.transaction() as session:
        jobs.enqueue(session, QUEUED, Operation.DELETE)
        jobs.enqueue(session, PRACTICES[0], Operation.DELETE)
    worker = Worker(services, patience_s=0.5)
    server.stop()
    assert worker.step()
    job = newest_job(services)
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
    assert "does not answer" in str(Message.from_json(job.reason))
    assert not any(worker.step() for _ in range(3))  # though another job is due
    with services.database.transaction() as session:
        jobs.cancel(session, PRACTICES[0])
    server.start()
    waited = time.monotonic()
    while newest_job(services).status is not JobStatus.DONE:
        assert time.monotonic() < waited + 120
        worker.step()
        time.sleep(0.1)
    assert newest_job(services).attempts == 1


def test_a_process_follows_when_another_one_replaces_the_index(reader, services, server):
    with open_services(services.settings) as other:
        made = reindex(other, ReindexMode.PASSAGES, lambda *_: None)
    held = services._index
    assert held.name != made.name
    assert reader.get("/search", params=QUESTION).status_code == 200
    assert services.index.name == made.name
    server.fail(on="query/batch", status=404, times=1)  # replaced while a question is under way
    assert reader.get("/search", params=QUESTION).status_code == 200


def test_an_index_deleted_on_the_server_is_told_with_what_to_do(reader, qdrant_server):
    with closing(QdrantClient(qdrant_server.url, check_compatibility=False)) as administrator:
        for one in administrator.get_collections().collections:
            administrator.delete_collection(one.name)
    assert reader.get("/search", params=QUESTION).status_code == 503
    assert "kb reindex" in reader.get("/health").json()["detail"]
