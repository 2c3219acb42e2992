"""Refuse pages and forms at once where more come than the program can answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.runtime.metrics import REFUSED_REQUESTS
from web.http.queues import QueuedWork, WorkQueues

ALWAYS_ANSWERED = ("/health", "/metrics", "/static/")
"""What supervisors ask, and files."""
MOST_PAGES = 120
"""Requests without a body that are not answered yet, beside those that wait in a queue: three times
as many as there are threads."""
MOST_BODIES = 100
"""Requests with a body, which may come in slowly."""
RETRY_S = 2

BusyAnswer = Callable[[Scope, int], Awaitable[Response]]


class OverloadMiddleware:
    """Answers 503 with ``Retry-After`` by ``refuse(scope, seconds)``.

    A request counts until its answer begins: who reads slowly takes no place from others.
    """

    def __init__(self, app: ASGIApp, refuse: BusyAnswer) -> None:
        self.app = app
        self.refuse = refuse
        self._pages = 0
        self._bodies = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS_ANSWERED):
            await self.app(scope, receive, send)
            return
        sends_body = _has_body(scope)
        if self._is_busy(scope, sends_body=sends_body):
            REFUSED_REQUESTS.labels(QueuedWork.PAGE).inc()
            response = await self.refuse(scope, RETRY_S)
            await response(scope, receive, send)
            return
        counted = True

        def discount() -> None:
            nonlocal counted
            if counted:
                counted = False
                self._count(-1, sends_body=sends_body)

        async def send_and_discount(message: Message) -> None:
            discount()
            await send(message)

        self._count(1, sends_body=sends_body)
        try:
            await self.app(scope, receive, send_and_discount)
        finally:
            discount()

    def _count(self, change: int, *, sends_body: bool) -> None:
        if sends_body:
            self._bodies += change
        else:
            self._pages += change

    def _is_busy(self, scope: Scope, *, sends_body: bool) -> bool:
        if sends_body:
            return self._bodies >= MOST_BODIES
        queues: WorkQueues = scope["app"].state.queues
        return self._pages - queues.waiting >= MOST_PAGES


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
