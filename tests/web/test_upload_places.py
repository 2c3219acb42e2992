"""Large uploads that come in at the same time: one too many is refused before its body is read, and
whatever ends an upload makes room for the next."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from kb.access import OPERATOR, Right
from kb.accounts import accounts, tokens
from tests.web.real_server import serving
from web.app import create_app
from web.http import methods, overload, security
from web.http.security import FORM_BYTES, MOST_UPLOADS, RETRY_S

LARGE = FORM_BYTES + (1 << 10)
TOO_LARGE = LARGE + (1 << 20)
SMALL = 1 << 10
HEAD = b'--x\r\nContent-Disposition: form-data; name="other"; filename="a.txt"\r\n\r\n'
"""Of a form without the field that is needed: it is read whole, then refused with 422, and leaves
nothing in the base."""
TAIL = b"\r\n--x--\r\n"
READ = 422
CONTINUE = 100


class Upload:
    """A connection that has sent the headers of an upload. Leave to send the body is given when the
    program begins to read it (``Expect: 100-continue``)."""

    def __init__(self, port: int, token: str, size: int, is_chunked: bool = False) -> None:
        """``is_chunked``: the size is not told."""
        self._size, self._is_chunked = size, is_chunked
        length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {size}"
        self.connection = socket.create_connection(("127.0.0.1", port), 60)
        self.connection.sendall(
            "POST /api/v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
            f"Authorization: Bearer {token}\r\n{length}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode()
        )

    def read_status(self) -> int:
        """The status of the next answer; 0 if there is none."""
        said = b""
        while not said.endswith(b"\r\n\r\n"):
            part = self.connection.recv(1)
            if not part:
                return 0
            said += part
        return int(said.split()[1])

    def send_body(self) -> None:
        body = HEAD + b"." * (self._size - len(HEAD) - len(TAIL)) + TAIL
        self.connection.sendall(
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if self._is_chunked else body
        )


Begin = Callable[..., Upload]


@pytest.fixture(scope="module")
def token(services):
    with services.database.transaction() as session:
        owner = accounts.get(session, "a-researcher")
        return tokens.create(session, OPERATOR, owner, "uploads", [Right.DOCUMENTS])


@pytest.fixture(scope="module")
def port(services) -> Iterator[int]:
    with serving(create_app(services), lifespan="on") as number:
        yield number


@pytest.fixture
def client(port, token) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False,
        headers={"Accept-Language": "it", "Authorization": f"Bearer {token}"},
    ) as opened:  # fmt: skip
        yield opened


@pytest.fixture
def begin(port, token) -> Iterator[Begin]:
    """Begins an upload and closes it after the test."""
    with ExitStack() as stack:

        def begun(size: int = LARGE, is_chunked: bool = False) -> Upload:
            one = Upload(port, token, size, is_chunked)
            stack.callback(one.connection.close)
            return one

        yield begun


def require_place(begin: Begin, size: int = LARGE, is_chunked: bool = False) -> Upload:
    """An upload that is let in, if need be after others have been noticed to have ended."""
    until = time.monotonic() + 60
    while (one := begin(size, is_chunked)).read_status() != CONTINUE:
        one.connection.close()
        assert time.monotonic() < until, "no place was given back"
        time.sleep(0.1)
    return one


def test_an_upload_too_many_is_refused_until_one_ends(begin, client):
    held = [begin(is_chunked=number == 0) for number in range(MOST_UPLOADS)]
    assert [one.read_status() for one in held] == [CONTINUE] * MOST_UPLOADS
    assert begin().read_status() == 503
    large = {"file": ("piano.txt", b"." * LARGE)}
    told = client.post("/api/v1/documents", files=large)
    page = client.post("/upload", files=large)
    for answer in (told, page):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, str(RETRY_S))
    assert "riprova" in told.json()["detail"]
    assert "riprova" in page.text
    assert client.post("/api/v1/documents", files={"other": b"small"}).status_code == READ
    assert client.get("/documents").status_code == 200
    for one in held[:2]:
        one.send_body()
        assert one.read_status() == READ
    held[2].connection.close()
    for one in [require_place(begin) for _ in range(3)]:
        one.send_body()
        assert one.read_status() == READ


@pytest.mark.parametrize("ends", ["by its client", "with 408", "with 413"])
def test_an_upload_that_fails_gives_its_place_back(begin, monkeypatch, ends):
    monkeypatch.setattr(security, "MOST_UPLOADS", 1)
    with monkeypatch.context() as hurried:
        hurried.setattr(methods, "BODY_S", 0.3 if ends == "with 408" else methods.BODY_S)
        one = require_place(begin, TOO_LARGE, is_chunked=True)
        if ends == "by its client":
            one.connection.close()
        else:
            if ends == "with 413":
                one.send_body()
            assert one.read_status() == int(ends.split()[-1])
    require_place(begin).connection.close()


def test_small_uploads_that_come_slowly_keep_nobody_from_a_page(begin, client, monkeypatch):
    monkeypatch.setattr(overload, "MOST_PAGES", 3)
    monkeypatch.setattr(overload, "MOST_BODIES", 3)
    held = [require_place(begin, SMALL) for _ in range(3)]
    assert client.get("/documents").status_code == 200
    assert begin(SMALL).read_status() == CONTINUE
    assert held[0].read_status() == 408, "who has taken longest"
    held[1].send_body()
    assert held[1].read_status() == READ
