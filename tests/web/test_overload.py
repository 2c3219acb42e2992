"""More requests than can be answered: some are refused at once with the time to wait, none hangs,
supervisors are answered meanwhile, and afterwards all is as before."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Annotated

import httpx
from fastapi import FastAPI, Form

from kb.access import Role
from tests.web.real_server import open_client, serving
from web.app import create_app
from web.http import overload
from web.http.overload import MOST_PAGES
from web.http.queues import QueuedWork, WorkQueues, queued

THREADS = 40
"""What Starlette answers with."""
FREE = (
    "/", "/search", "/documents", "/practices", "/network", "/static/site.css", "/health/live",
    "/api/v1/practices", "/practices/references.bib",
)  # fmt: skip
"""Addresses that no search is needed for."""


@contextmanager
def patient_server(services) -> Iterator[tuple[FastAPI, httpx.Client]]:
    """A server on which nobody waits, with endpoints that hold their place until ``release``."""
    app = create_app(services)
    app.state.queues = _hurried_queues(services, 0.01)
    release = app.state.release = threading.Event()
    held = app.state.held = threading.Semaphore(0)

    def hold() -> None:
        held.release()
        assert release.wait(120)

    for work in (QueuedWork.SEARCH, QueuedWork.PAPER, QueuedWork.HARVEST):
        app.get(f"/test/{work}", dependencies=[queued(work)])(hold)
    app.get("/test/page")(hold)

    def hold_form(name: Annotated[str, Form()]) -> None:
        hold()

    app.post("/test/form")(hold_form)
    try:
        with serving(app, lifespan="on") as port, open_client(port) as client:
            yield app, client
    finally:
        release.set()


def _hurried_queues(services, longest_wait_s: float) -> WorkQueues:
    return WorkQueues(services.settings.model_copy(update={"longest_wait_s": longest_wait_s}))


@contextmanager
def held_places(
    app: FastAPI,
    client: httpx.Client,
    path: str,
    count: int,
    begun: int,
    form: dict[str, str] | None = None,
) -> Iterator[list[Future[httpx.Response]]]:
    """``count`` requests for ``path`` under way, ``begun`` of them in their endpoint, which one
    enters after the other."""
    with ThreadPoolExecutor(count) as pool:
        try:
            method, asked = "POST" if form else "GET", []
            for number in range(count):
                asked.append(pool.submit(client.request, method, path, data=form))
                if number < begun:
                    assert app.state.held.acquire(timeout=100)
            yield asked
        finally:
            app.state.release.set()


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert 2 <= int(answer.headers["retry-after"]) <= 60


def test_when_searches_queue_up_only_searches_are_refused(services):
    with patient_server(services) as (app, client):
        places = app.state.queues[QueuedWork.SEARCH].places
        with held_places(app, client, "/test/search", places, places) as asked:
            page = client.get("/search?q=rifiuti&place=")
            assert_refused(page)
            assert "riprova fra" in page.text
            assert 'href="/search?q=rifiuti&amp;place="' in page.text
            assert 'lang="it"' in page.text
            assert page.headers["content-security-policy"]
            assert page.headers["x-request-id"]
            part = client.get("/search?q=rifiuti", headers={"HX-Request": "true"})
            assert_refused(part)
            assert "<html" not in part.text
            told = client.get("/api/v1/search?q=rifiuti")
            assert_refused(told)
            assert "riprova" in told.json()["detail"]
            assert told.json()["status"] == 503
            for path in ("/network?need=acqua", "/search/references.bib?q=acqua"):
                assert_refused(client.get(path))
            called = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            accepts = {"Accept": "application/json, text/event-stream"}
            told = client.post("/mcp", json=called, headers=accepts)
            assert_refused(told)
            assert told.headers["content-type"] == "application/problem+json"
            for path in FREE:
                assert client.get(path).status_code == 200, path
            assert client.get("/health").headers.get("retry-after") is None
        assert {one.result().status_code for one in asked} == {200}
        assert client.get("/test/search").status_code == 200, "as before"


def test_papers_wait_for_each_other_and_nobody_else_for_them(services):
    with patient_server(services) as (app, client):
        with held_places(app, client, "/test/paper", 2, 2) as asked:
            for path in ("/compare.pdf", "/practices/references.bib", "/data/practices.csv"):
                told = client.get(path)
                assert_refused(told)
                assert told.headers["content-type"].startswith("text/html"), "links of pages"
            assert_refused(client.get("/api/v1/projects/none/download/data.json"))
            assert client.get("/practices").status_code == 200
        assert {one.result().status_code for one in asked} == {200}
        assert client.get("/compare.pdf").status_code == 404, "as before"


def test_when_harvesters_queue_up_only_they_are_refused(services):
    with patient_server(services) as (app, client):
        with held_places(app, client, "/test/harvest", 1, 1) as asked:
            for told in (
                client.get("/oai?verb=Identify"),
                client.post("/oai", data={"verb": "Identify"}),
            ):
                assert_refused(told)
                assert told.headers["content-type"] == "application/problem+json"
            for path in (*FREE, "/search?q=rifiuti"):
                assert client.get(path).status_code == 200, path
        assert {one.result().status_code for one in asked} == {200}
        assert client.get("/oai?verb=Identify").status_code == 200, "as before"


def test_pages_are_refused_when_three_times_as_many_came_as_there_are_threads(services):
    with patient_server(services) as (app, client):
        with held_places(app, client, "/test/page", MOST_PAGES + 10, THREADS) as asked:
            done = as_completed(asked, timeout=250)
            for _ in range(10):
                assert_refused(next(done).result())
            assert_refused(client.get("/privacy"))
            for path in ("/oai?verb=Identify", "/mcp", "/api/v1/practices"):
                told = client.get(path)
                assert_refused(told)
                assert told.headers["content-type"] == "application/problem+json", path
            assert client.get("/health/live").status_code == 200
            assert client.get("/health").headers.get("retry-after") is None
        statuses = Counter(one.result().status_code for one in asked)
        assert statuses == {200: MOST_PAGES, 503: 10}
        assert client.get("/privacy").status_code == 200


def test_complete_forms_keep_nobody_from_sending_theirs(services, monkeypatch):
    monkeypatch.setattr(overload, "MOST_BODIES", 2)
    with patient_server(services) as (app, client):
        with held_places(app, client, "/test/form", 4, 4, form={"name": "a"}) as asked:
            assert client.post("/logout", data={"a": "b"}).status_code == 303
        assert {one.result().status_code for one in asked} == {200}


def test_many_searchers_are_all_answered_or_told_when_to_come_back(services):
    """Real questions from thirty clients at once."""
    app = create_app(services)
    app.state.queues = _hurried_queues(services, 0.1)
    start, words = threading.Barrier(31), "rifiuti mensa acqua scuola energia bosco".split()
    with serving(app, lifespan="on") as port, open_client(port) as client:

        def search(number: int) -> list[httpx.Response]:
            start.wait(120)
            asked = [
                f"{word} in un comune di {number}00 abitanti" for word in words[number % 3 :: 3]
            ]
            return [client.get("/api/v1/search", params={"q": text}) for text in asked]

        with ThreadPoolExecutor(30) as pool:
            searching = [pool.submit(search, number) for number in range(30)]
            start.wait(120)
            for path in ("/health/live", "/static/site.css", "/search"):
                assert client.get(path).status_code == 200, path
            answers = [answer for one in searching for answer in one.result()]
        for answer in answers:
            if answer.status_code != 200:
                assert_refused(answer)
        assert {one.status_code for one in answers} == {200, 503}
        assert app.state.queues[QueuedWork.SEARCH].expected_wait_s == 0
        assert client.get("/api/v1/search?q=acqua").status_code == 200


def test_refusals_are_counted(sign_in):
    text = sign_in(Role.ADMIN).get("/metrics").text
    for line in (
        'kb_refused_requests_total{work="search"}',
        'kb_refused_requests_total{work="page"}',
        'kb_waiting_requests{work="search"} 0.0',
        'kb_running_requests{work="paper"} 0.0',
    ):
        assert line in text
