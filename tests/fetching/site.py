"""A web site on loopback that answers well, badly and falsely."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = (
    "Il comune di Fontechiara ha raccolto nel 2021 il 78,4 per cento dei rifiuti in modo separato, "
    "dopo avere distribuito 1.240 contenitori alle famiglie della valle. "
)
PAGE = f"<!doctype html><html><head><title>Fontechiara</title></head><body><p>{TEXT}</p>{{}}</body>"


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    at: float


class SiteServer(ThreadingHTTPServer):
    """``site``: what answers its requests."""

    daemon_threads = True
    site: Site


@dataclass
class Site:
    """``routes``: what answers a path; each gets the handler of the request."""

    routes: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._at_once = 0
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = SiteServer(("127.0.0.1", 0), Handler)
        self._server.site = self
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        with self._lock:
            self.asked.append(Asked(handler.path, dict(handler.headers), time.monotonic()))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.routes.get(path, missing)(handler)
        finally:
            with self._lock:
                self._at_once -= 1

    def times_asked(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)


class Handler(BaseHTTPRequestHandler):
    server: SiteServer

    def do_GET(self) -> None:
        self.server.site.answer(self)

    def log_message(self, *_: object) -> None:
        pass

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def missing(handler: Handler) -> None:
    handler.send(404, b"<html><body>404 Not Found</body></html>", Content_Type="text/html")


def body(content: bytes, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.send(200, content, **headers)


def page(more: str = "", **headers: str) -> Callable[[Handler], None]:
    return body(PAGE.format(more).encode(), Content_Type="text/html; charset=utf-8", **headers)


def status(code: int, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.send(code, b"<html><body>No</body></html>", **headers)


def redirect(to: str, code: int = 302, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.send(code, b"", Location=to, **headers)


def with_etag(content: bytes, etag: str) -> Callable[[Handler], None]:
    """A file that answers 304 to those who have it."""

    def answer(handler: Handler) -> None:
        known = handler.headers.get("If-None-Match") == etag
        handler.send(304 if known else 200, b"" if known else content, ETag=etag)

    return answer


def first(*answers: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """Each answer once, the last one always."""
    left = list(answers)

    def answer(handler: Handler) -> None:
        chosen = left.pop(0) if len(left) > 1 else left[0]
        chosen(handler)

    return answer


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.site.closing.is_set():
        handler.wfile.write(b"%PDF-1.7 and so on " * 5000)


def huge(handler: Handler) -> None:
    handler.send(200, b"%PDF-1.7", Content_Length=str(900 << 20))


def bomb(handler: Handler) -> None:
    handler.send(200, _compress_zeros(), Content_Encoding="gzip")


@cache
def _compress_zeros() -> bytes:
    return gzip.compress(b"\0" * (64 << 20))


def drip(handler: Handler) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    _drip(handler)


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler)


def _drip(handler: Handler) -> None:
    while not handler.server.site.closing.wait(0.2):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def silent(handler: Handler) -> None:
    handler.server.site.closing.wait(60)


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
