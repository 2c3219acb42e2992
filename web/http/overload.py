"""Refuse pages and forms at once where more come than the program can answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.runtime.metrics import REFUSED_REQUESTS
from web.http.queues import RefusedAtOnce, WorkQueues
from web.http.security import FORM_BYTES

ALWAYS_ANSWERED = ("/health", "/metrics", "/static/")
"""What supervisors ask, and files."""
MOST_PAGES = 120
"""Complete requests that are not answered yet, beside those that wait in a queue: three times as
many as there are threads."""
MOST_BODIES = 100
"""Requests whose body comes in; with one more, that which has taken longest is given up."""
RETRY_S = 2

BusyAnswer = Callable[[Scope, int], Awaitable[Response]]


class OverloadMiddleware:
    """Answers 503 with ``Retry-After`` by ``refuse(scope, seconds)``.

    A request counts as a body while that comes in, then as a page until its answer begins: who
    sends or reads slowly takes no place from others. Large uploads by those who may send files are
    limited before (``MOST_UPLOADS``) and count as pages.
    """

    def __init__(self, app: ASGIApp, refuse: BusyAnswer) -> None:
        self.app = app
        self.refuse = refuse
        self._pages: set[_Request] = set()
        self._bodies: dict[_Request, None] = {}
        """In the order of coming."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS_ANSWERED):
            await self.app(scope, receive, send)
            return
        if self._is_busy(scope):
            REFUSED_REQUESTS.labels(RefusedAtOnce.PAGE).inc()
            response = await self.refuse(scope, RETRY_S)
            await response(scope, receive, send)
            return
        request = _Request(receive, send, self._pages, self._bodies)
        if _has_body(scope) and scope[MAX_BODY_SIZE_SCOPE_KEY] <= FORM_BYTES:
            if len(self._bodies) >= MOST_BODIES:
                REFUSED_REQUESTS.labels(RefusedAtOnce.PAGE).inc()
                next(iter(self._bodies)).give_up()
            self._bodies[request] = None
        else:
            self._pages.add(request)
        try:
            await self.app(scope, request.receive, request.send)
        finally:
            request.discount()

    def _is_busy(self, scope: Scope) -> bool:
        queues: WorkQueues = scope["app"].state.queues
        return len(self._pages) - queues.waiting >= MOST_PAGES


class _Request:
    """A request that is counted among ``bodies``, then ``pages``."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        pages: set[_Request],
        bodies: dict[_Request, None],
    ) -> None:
        self._receive = receive
        self._send = send
        self._pages = pages
        self._bodies = bodies
        self._given_up = asyncio.Event()

    def give_up(self) -> None:
        """Wait no longer for the rest of the body."""
        del self._bodies[self]
        self._pages.add(self)
        self._given_up.set()

    def discount(self) -> None:
        self._pages.discard(self)
        self._bodies.pop(self, None)

    async def send(self, message: Message) -> None:
        self.discount()
        self._given_up.clear()
        await self._send(message)

    async def receive(self) -> Message:
        """Raises HTTPException with 408 when it was given up."""
        if self not in self._bodies and not self._given_up.is_set():
            return await self._receive()
        message = await self._wait_for_part()
        if self in self._bodies and not message.get("more_body", False):
            del self._bodies[self]
            self._pages.add(self)
        return message

    async def _wait_for_part(self) -> Message:
        part = asyncio.ensure_future(self._receive())
        end = asyncio.ensure_future(self._given_up.wait())
        try:
            await asyncio.wait({part, end}, return_when=asyncio.FIRST_COMPLETED)
            if not part.done():
                raise HTTPException(408)
            return part.result()
        finally:
            part.cancel()
            end.cancel()


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
