"""HEAD on every page, tags of compressed content, 304 for unchanged content, and a time limit for
request bodies."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_S = 30.0
"""Longest pause between two parts of a request body, in seconds."""
SLOWEST = 1024
"""Bytes per second at which a body must come in after the first ``BODY_S`` seconds."""


_BODILESS = "kb.bodiless"
"""In the scope of a request that was HEAD before it became GET."""


class ClientLeft(BaseException):
    """The client closed the connection before its answer: whatever was begun for it ends. It is
    caught by ``MethodsMiddleware`` alone, and not as an error on the way."""


class MethodsMiddleware:
    """Answers HEAD as GET without body, and a matching If-None-Match with 304 (RFC 9110). What was
    compressed gets a strong tag of its own (section 8.8.3.3).

    A body that pauses for longer than ``BODY_S`` seconds, or comes in more slowly than ``SLOWEST``,
    ends the request with 408; nothing is answered to a client that leaves before its body is
    complete.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bodiless = scope["method"] == "HEAD"
        known = Headers(scope=scope).get("if-none-match", "")
        reads = scope["method"] in ("GET", "HEAD")
        if bodiless:
            scope = {**scope, "method": "GET", _BODILESS: True}

        async def send_rest(message: Message) -> None:
            nonlocal bodiless
            if message["type"] == "http.response.start":
                tag = _mark_tag(MutableHeaders(scope=message))
                if reads and message["status"] == 200 and _matches_etag(known, tag):
                    bodiless = True
                    message = {**message, "status": 304}
                    del MutableHeaders(scope=message)["content-length"]
            elif message["type"] == "http.response.body" and bodiless:
                message = {**message, "body": b""}
            elif message["type"] == "http.response.pathsend" and bodiless:
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        with suppress(ClientLeft):
            await self.app(scope, _limit_receive(receive), send_rest)


def _mark_tag(headers: MutableHeaders) -> str:
    """The entity tag of an answer, empty without; a strong one gets a suffix where the content is
    compressed. ``If-Match`` compares the part before the dot alone, so it takes the tag with and
    without the suffix. ``identity``, which only kept it from being compressed, is removed."""
    if headers.get("content-encoding") == "identity":
        del headers["content-encoding"]
    tag = headers.get("etag", "")
    if headers.get("content-encoding") == "gzip" and tag.startswith('"'):
        headers["etag"] = tag = f'{tag[:-1]}-gzip"'
    return tag


def needs_no_body(scope: Scope, tag: str) -> bool:
    """Whether the body of an answer of 200 with this entity tag would be thrown away: the client
    asked for none, or has it."""
    known = Headers(scope=scope).get("if-none-match", "")
    return scope.get(_BODILESS, False) or _matches_etag(known, tag)


def _limit_receive(receive: Receive) -> Receive:
    """``receive`` with a time limit for each part of the body, from when the first is asked for.

    After the body, when it only reports that the client disconnected, there is none.
    """
    complete = False
    deadline: float | None = None

    async def receive_in_time() -> Message:
        nonlocal complete, deadline
        if complete:
            return await receive()
        now = time.monotonic()
        if deadline is None:
            deadline = now + BODY_S
        try:
            message = await asyncio.wait_for(receive(), min(BODY_S, deadline - now))
        except TimeoutError as error:
            raise HTTPException(408) from error
        if message["type"] == "http.disconnect":
            raise ClientLeft
        complete = not message.get("more_body", False)
        deadline += len(message.get("body", b"")) / SLOWEST
        return message

    return receive_in_time


def _matches_etag(if_none_match: str, tag: str) -> bool:
    """Weak comparison of RFC 9110, section 8.8.3.2."""
    if not if_none_match or not tag:
        return False
    bare = tag.removeprefix("W/")
    asked = (one.strip().removeprefix("W/") for one in if_none_match.split(","))
    return if_none_match.strip() == "*" or bare in asked
