"""What all operations of the JSON API do beside their work: entity tags, caching headers, and
requests with an ``Idempotency-Key``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from web.http.cookies import session_token
from web.http.entity_tags import build_tag, check_uncompared, compares
from web.http.idempotency import HEADER, answer_once

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
VARY = "Authorization, Cookie, Accept-Language"
KEPT = "private, no-cache"
"""Kept by the caller alone, who asks each time whether it still holds. What a browser reads with a
session is not kept at all (``web.http.security``)."""


class ApiRoute(APIRoute):
    """An operation of the JSON API."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        compares_itself = compares(self.dependant)

        async def answer(request: Request) -> Response:
            response = await handle(request)
            _add_headers(request, response)
            return response

        async def respond(request: Request) -> Response:
            if request.method != "GET" and not compares_itself:
                check_uncompared(request.headers)
            if request.method == "POST" and HEADER in request.headers:
                return await answer_once(request, answer)
            return await answer(request)

        return respond


def _add_headers(request: Request, response: Response) -> None:
    reads = request.method == "GET"
    if reads:
        if not session_token(request):
            response.headers.setdefault("Cache-Control", KEPT)
        response.headers.setdefault("Vary", VARY)
    noted = hasattr(request.state, "validator")
    content = getattr(response, "body", b"")
    if 200 <= response.status_code < 300 and content and (reads or noted):
        response.headers.setdefault("ETag", build_tag(request, bytes(content)))
