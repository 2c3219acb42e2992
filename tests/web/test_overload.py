"""More requests than can be answered: some are refused at once with the time to wait, none hangs,
supervisors are answered meanwhile, and afterwards all is as before."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Form, Request
from fastapi.responses import StreamingResponse

from kb.access import Role
from tests.threads import run_in_thread
from tests.web.real_server import serving
from web.app import create_app
from web.http import methods, overload
from web.http.connections import TimedProtocol
from web.http.methods import ClientLeft
from web.http.overload import MOST_PAGES
from web.http.queues import QueuedWork, ServerBusy, WorkQueue, WorkQueues, queued

THREADS = 40
"""What Starlette answers with."""
FREE = (
    "/", "/search", "/documents", "/practices", "/network", "/static/site.css", "/health/live",
    "/api/v1/practices", "/practices/references.bib",
)  # fmt: skip
"""Addresses that no search is needed for."""
HALF_A_FORM = (
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\na"
)
LONG_MB = 64


def request_of(gone: asyncio.Event | None = None) -> Request:
    """A request whose client leaves when ``gone`` is set."""

    async def receive():
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


async def take(queue: WorkQueue, stack: AsyncExitStack, gone: asyncio.Event | None = None) -> None:
    await stack.enter_async_context(queue.place(request_of(gone)))


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_who_would_wait_too_long_is_refused_at_once_and_told_when_to_come_back():
    async def story() -> list[int]:
        queue = WorkQueue(QueuedWork.PAPER, places=1, longest_wait_s=4, typical_s=1.5)
        told = []
        async with AsyncExitStack() as running:
            await take(queue, running)
            waiting = [asyncio.ensure_future(take(queue, running)) for _ in range(2)]
            await until(lambda: queue.expected_wait_s == pytest.approx(4.5))
            for _ in range(4):
                with pytest.raises(ServerBusy) as refused:
                    await take(queue, running)
                told.append(refused.value.wait_s)
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert queue.expected_wait_s == 0
        return told

    assert run_in_thread(story) == [6, 7, 8, 9], "not all at the same moment"


def test_places_go_round_in_the_order_of_coming_and_who_left_is_passed_over():
    async def story() -> list[str]:
        queue = WorkQueue(QueuedWork.SEARCH, places=1, longest_wait_s=60, typical_s=0.1)
        done, gone, first = [], asyncio.Event(), AsyncExitStack()

        async def ask(name: str, left: asyncio.Event | None = None) -> None:
            try:
                async with queue.place(request_of(left)):
                    done.append(name)
            except ClientLeft:
                done.append(f"{name} left")

        await take(queue, first)
        asked = []
        for name, left in (("a", None), ("b", gone), ("c", None)):
            asked.append(asyncio.ensure_future(ask(name, left)))
            await until(lambda: queue.expected_wait_s > 0.1 * (len(asked) + 0.5))
        gone.set()
        await until(lambda: "b left" in done)
        await first.aclose()
        await asyncio.gather(*asked)
        assert queue.expected_wait_s == 0
        return done

    assert run_in_thread(story) == ["b left", "a", "c"]


def test_who_waited_too_long_after_all_is_refused():
    async def story() -> None:
        queue = WorkQueue(QueuedWork.SEARCH, places=1, longest_wait_s=0.05, typical_s=0.001)
        async with AsyncExitStack() as running:
            await take(queue, running)
            with pytest.raises(ServerBusy):
                await take(queue, running)

    run_in_thread(story)


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

    for work in (QueuedWork.SEARCH, QueuedWork.PAPER):
        app.get(f"/test/{work}", dependencies=[queued(work)])(hold)
    app.get("/test/page")(hold)

    def hold_form(name: Annotated[str, Form()]) -> None:
        hold()

    app.post("/test/form")(hold_form)
    try:
        with serving(app, lifespan="on") as port, _client(port) as client:
            yield app, client
    finally:
        release.set()


def _hurried_queues(services, longest_wait_s: float) -> WorkQueues:
    return WorkQueues(services.settings.model_copy(update={"longest_wait_s": longest_wait_s}))


def _client(port: int) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Accept-Language": "it"}, timeout=250,
        limits=httpx.Limits(max_connections=200), trust_env=False,
    )  # fmt: skip


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
    with serving(app, lifespan="on") as port, _client(port) as client:

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


class Crowded(TimedProtocol):
    most_connections = 20
    read_s = 0.3


@pytest.fixture(scope="module")
def crowded(services):
    """A server of few connections, and an endpoint with more to read than buffers hold."""
    app = create_app(services)
    ended = threading.Event()

    async def write() -> AsyncIterator[bytes]:
        try:
            for _ in range(LONG_MB):
                yield bytes(1 << 20)
        finally:
            ended.set()

    def answer_late() -> StreamingResponse:
        time.sleep(2 * methods.BODY_S)
        return StreamingResponse(iter([b"all"]))

    app.get("/test/long")(lambda: StreamingResponse(write()))
    app.get("/test/late")(answer_late)
    with serving(app, Crowded) as port:
        yield port, ended


def test_clients_that_send_nothing_keep_no_place_from_others(crowded):
    port, _ = crowded
    with ExitStack() as stack, _client(port) as client:
        slow = []
        for begun in (b"", b"GET / HT", HALF_A_FORM):
            for _ in range(15):
                one = stack.enter_context(socket.create_connection(("127.0.0.1", port), 60))
                one.sendall(begun)
                slow.append(one)
        assert client.get("/health/live").status_code == 200
        assert slow[0].recv(1) == b"", "who kept the server waiting longest is closed"
        assert not select.select([slow[-1]], [], [], 0)[0], "the newest is not"


def test_forms_that_come_slowly_keep_nobody_from_sending_theirs(crowded, monkeypatch):
    monkeypatch.setattr(overload, "MOST_BODIES", 5)
    port, _ = crowded
    with ExitStack() as stack, _client(port) as client:
        slow = []
        for _ in range(5):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            one.sendall(HALF_A_FORM)
            slow.append(one)
        while not (ended := select.select(slow, [], [], 0)[0]):
            assert client.post("/logout", data={"a": "b"}).status_code == 303
        assert ended[0].recv(12) == b"HTTP/1.1 408"


def test_a_stream_that_begins_late_is_sent_whole(crowded, monkeypatch):
    monkeypatch.setattr(methods, "BODY_S", 0.4)
    with _client(crowded[0]) as client:
        assert client.get("/test/late").text == "all"


def test_a_client_that_leaves_its_form_half_sent_is_no_error(crowded, sign_in):
    port, _ = crowded
    left = 'kb_request_seconds_count{method="POST",route="/login",status="499"}'

    def count() -> float:
        lines = sign_in(Role.ADMIN).get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(left))

    before = count()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, _client(port):
        connection.sendall(HALF_A_FORM)
    while count() == before:
        select.select([], [], [], 0.05)


def test_a_client_that_does_not_read_is_let_go(crowded):
    port, ended = crowded
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /test/long HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert ended.wait(60)
        came = 0
        with suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                came += len(part)
        assert came < LONG_MB << 20


def test_huge_headers_are_refused(crowded):
    with socket.create_connection(("127.0.0.1", crowded[0]), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Much: " + b"x" * 70_000)
        assert connection.recv(12) == b"HTTP/1.1 400"


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_body_that_comes_too_slowly_is_refused(crowded, monkeypatch, goes_on):
    monkeypatch.setattr(methods, "BODY_S", 0.4)
    with socket.create_connection(("127.0.0.1", crowded[0]), timeout=60) as connection:
        connection.sendall(
            b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        while not select.select([connection], [], [], 0.1)[0]:
            if goes_on:
                connection.sendall(b"x")
        assert connection.recv(12) == b"HTTP/1.1 408"
