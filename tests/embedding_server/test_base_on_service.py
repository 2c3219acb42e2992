"""A base whose vectors come from a service: documents go in and questions are answered. While it is
away documents wait, and questions are searched for by their words."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update

from ingest import worker_processes
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import PUBLIC
from kb.domain import Status
from kb.embedding.service.errors import ServiceAway, WrongService
from kb.embedding.source import find_model
from kb.maintenance.check import check_base
from kb.messages import Message
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage import jobs
from kb.storage.collections import Collection
from kb.storage.model_references import ModelReference
from kb.storage.tables import Document, Item, Job, JobStatus
from search.results import Question
from search.service import search
from tests.embedding_server.service import Service
from web.app import create_app

ROOT = Path(__file__).resolve().parents[2]
TEXT = """# Trasporto a chiamata

Il servizio ha portato 4.200 passeggeri nel 2019. La tariffa è di due euro a corsa.
"""
QUESTION = "Quanti passeggeri ha portato il trasporto a chiamata?"
TOLD = "Il servizio che calcola i vettori"


def test_documents_and_questions_wait_for_a_service_that_is_away(
    service: Service, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_processes, "AWAY_S", 0.0)
    settings = make_settings(
        embedding_url=service.url,
        embedding_question_s=20.0,
        worker=False,
        rate_search="9999/minute",
    )
    service.stop()
    with open_services(settings, own=True) as services:
        headers = {"Accept-Language": "it"}
        with TestClient(create_app(services), headers=headers) as client:
            services.warm()
            assert isinstance(services.failure, ServiceAway)
            assert services.ready.is_set(), "words are searched for"
            document = submit(services, io.BytesIO(TEXT.encode()), "bus.md").id
            worker = Worker(services)
            for _ in range(jobs.MAX_ATTEMPTS + 1):
                _work(worker)
            with services.database.session() as session:
                job = session.scalars(select(Job)).one()
                assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
                assert session.get_one(Item, document).status is Status.QUEUED
            assert TOLD in client.get(f"/documents/{document}").text
            assert _ask_by_words(client)["results"] == []
            privacy = client.get("/privacy").text
            assert "anche di quelli che non tutti possono vedere" in privacy
            assert "senza mandare nulla altrove" not in privacy
            difference = check_base(services).differences[0]
            assert "does not answer" in str(difference.what)
            service.start()
            services.warm(stopping=lambda: False)
            assert services.failure is None
            assert client.get("/health").json()["detail"] == ""
            _work(worker)
            _expect_one_text_fails_its_document_only(services, service, worker)
            worker.stop()
            _expect_answers(client, document)
            _expect_no_search_to_wait_for_collections(services, service)
            assert "computed by a service" in str(check_base(services).differences[0].what)
            service.stop()
            by_words = _ask_by_words(client)
            assert [one["id"] for one in by_words["results"]] == [document]
            assert "4.200 passeggeri" in by_words["results"][0]["passages"][0]["answers"][0]
            assert "4.200" in client.get(f"/documents/{document}/pages/1").text


def _work(worker: Worker) -> None:
    """One job, also one that was put off."""
    with worker.services.database.transaction() as session:
        session.execute(update(Job).values(run_after=None))
    assert worker.step()


def _expect_one_text_fails_its_document_only(
    services: Services, service: Service, worker: Worker
) -> None:
    service.refused = {"Biblioteca": 413}
    texts = ("# Biblioteca\n\nPresta attrezzi.\n", "# Bottega\n\nVende pane.\n")
    given = [submit(services, io.BytesIO(one.encode()), f"{len(one)}.md").id for one in texts]
    for _ in given:
        _work(worker)
    service.refused = {}
    with services.database.session() as session:
        refused, taken = [session.get_one(Item, one) for one in given]
        assert (refused.status, taken.status) == (Status.FAILED, Status.READY)
        assert "does not take a text of" in str(Message.from_json(refused.reason))


def _ask_by_words(client: TestClient) -> Any:
    """What is found for a question that was not asked before, as JSON."""
    asked = {"q": f"Quanti passeggeri ha portato nel {time.monotonic()}?"}
    found = client.get("/api/v1/search", params=asked).json()
    assert (found["by_meaning"], found["verdict"]) == (False, "near")
    health = client.get("/health")
    assert health.status_code == 200
    assert TOLD in health.json()["detail"]
    return found


def _expect_no_search_to_wait_for_collections(services: Services, service: Service) -> None:
    with services.database.transaction() as session:
        for title in ("Apiari di montagna", "Biblioteca"):
            session.add(Collection(id=title[:3], title=title, argument=f"{title} nei comuni."))
    asked = ("apiari di montagna", "gli apiari di montagna")
    service.refused = {"Biblioteca": 413}
    service.held = "passage: Apiari"
    service.hold.clear()
    for text in asked:
        assert search(Question(text), services, PUBLIC, note=False).collections == ()
    service.hold.set()
    until = time.monotonic() + 60
    while not (found := search(Question(asked[0]), services, PUBLIC, note=False).collections):
        assert time.monotonic() < until
    assert [one.id for one in found] == ["Api"]
    service.reset()


def _expect_answers(client: TestClient, document: str) -> None:
    found = client.get("/api/v1/search", params={"q": QUESTION}).json()
    assert found["results"][0]["id"] == document
    page = client.get("/search", params={"q": QUESTION}).text
    assert "<mark>Il servizio ha portato 4.200 passeggeri nel 2019.</mark>" in page
    assert "4.200 passeggeri" in client.get(f"/documents/{document}/pages/1").text


def test_vectors_of_a_model_without_a_shipped_reference_are_compared_with_the_first(
    service: Service, make_settings: Callable[..., Settings], settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "another"
    folder.mkdir()
    for path in find_model(settings).folder.iterdir():
        (folder / path.name).symlink_to(path)
    settings = make_settings(embedding_model=str(folder), embedding_url=service.url)
    with open_services(settings, own=True) as services:
        assert services.reference.find() is None
        services.reference.keep(services.embedder.embed_passages)
        kept = services.reference.find()
        assert kept is not None
        assert kept.shape == (2, 384)
    service.change = lambda vectors: np.roll(vectors, 1, axis=1)
    with open_services(settings, own=True) as services:
        with pytest.raises(WrongService, match="gives others than the model another"):
            services.embedder.embed_query(QUESTION)
        services.warm()
        assert isinstance(services.failure, WrongService)
        services.index.count()
        document = submit(services, io.BytesIO(TEXT.encode()), "bus.md").id
        with services.database.transaction() as session:
            session.execute(delete(ModelReference))
            session.get_one(Document, document).status = Status.READY
        with pytest.raises(WrongService, match="Nothing tells whether the service serves"):
            services.reference.find()
