"""Request ids, request log and timing; an answer for unexpected errors."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Awaitable, Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.runtime.metrics import REQUEST_SECONDS

HEADER = "X-Request-ID"
QUIET = ("/health", "/static/", "/metrics")
"""Addresses polled so often that they are logged at DEBUG only."""

CLIENT_LEFT = 499
"""What is noted for a request without an answer, as nginx does."""

_VALID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = structlog.get_logger()

Failure = Callable[[Scope, Exception], Awaitable[Response]]


class RequestMiddleware:
    """The outermost middleware: sets the request id (a valid one of a proxy is kept), returns it,
    binds it to log lines, and logs the request.

    Query strings are not logged, because questions may be private.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), CLIENT_LEFT

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                _note(scope, status, time.perf_counter() - started)


class FailureMiddleware:
    """The innermost middleware: turns unexpected exceptions into an answer by ``answer(scope,
    error)``, so that outer middleware still adds its headers."""

    def __init__(self, app: ASGIApp, answer: Failure) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = await self.answer(scope, error)
            await response(scope, receive, send)


def _id_of(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _VALID.fullmatch(given) else uuid.uuid4().hex


def _note(scope: Scope, status: int, seconds: float) -> None:
    path, method = scope["path"], scope["method"]
    route = getattr(scope.get("route"), "path", "other")
    REQUEST_SECONDS.labels(_label_method(method), route, str(status)).observe(seconds)
    tell = log.debug if path.startswith(QUIET) else log.info
    tell("request", method=method, path=path, status=status, seconds=round(seconds, 4))


def _label_method(method: str) -> str:
    """The method as a log and metric label; ``other`` for unknown ones, so that labels stay few."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
