"""Clients that send or read slowly, or not at all, keep no place from others."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress

import pytest
from fastapi.responses import StreamingResponse

from kb.access import Role
from tests.web.real_server import open_client, serving
from web.app import create_app
from web.http import methods, overload
from web.http.connections import TimedProtocol

HALF_A_FORM = (
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\na"
)
LONG_MB = 64


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
    with ExitStack() as stack, open_client(port) as client:
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
    with ExitStack() as stack, open_client(port) as client:
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
    with open_client(crowded[0]) as client:
        assert client.get("/test/late").text == "all"


def test_a_client_that_leaves_its_form_half_sent_is_no_error(crowded, sign_in):
    port, _ = crowded
    left = 'kb_request_seconds_count{method="POST",route="/login",status="499"}'

    def count() -> float:
        lines = sign_in(Role.ADMIN).get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(left))

    before = count()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, open_client(port):
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
