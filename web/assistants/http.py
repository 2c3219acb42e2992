"""The tools over streamable HTTP, at one address of the site."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from kb.access import OPERATOR, PUBLIC, Access
from kb.runtime.services import Services
from web.assistants.caller import Caller
from web.assistants.server import AssistantServer
from web.http import errors, identity
from web.http.addresses import site_of
from web.http.asked import is_new
from web.http.context import locale_of
from web.http.limits import RateLimited, count_request
from web.http.queues import QueuedWork, WorkQueues
from web.http.security import is_cross_site

PATH = "/mcp"
NO_CHECK = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""Hosts and origins are checked before: by ``web.http.security`` and below."""


class AssistantEndpoint:
    """An ASGI application. It keeps no session: any process can answer any request."""

    def __init__(self, services: Services) -> None:
        self._services = services
        server = AssistantServer(_find_caller)
        self._app = server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            json_response=True,
            transport_security=NO_CHECK,
        )
        self._manager = server.session_manager

    def run(self) -> AbstractAsyncContextManager[None]:
        """To be entered while requests are answered, once."""
        return self._manager.run()

    def route(self) -> Route:
        """Without GET: a server that sends nothing on its own has no stream to open."""
        return Route(PATH, endpoint=self, methods=["POST"], include_in_schema=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if is_cross_site(
            request.headers, self._services.settings.public_url or "", scope["scheme"]
        ):
            refused = await errors.refuse(scope, 403)
            await refused(scope, receive, send)
            return
        access = await run_in_threadpool(_find_access, request, self._services)
        request.state.caller = _make_caller(request, self._services, access)
        body = await request.body()
        queues: WorkQueues = request.app.state.queues
        async with queues[QueuedWork.SEARCH].place(request):
            await self._manager.handle_request(scope, _replay(body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    """``receive`` of a request whose body was read before its turn came."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return parts.pop() if parts else await receive()

    return receive_again


def _find_access(request: Request, services: Services) -> Access:
    """Of the API token, else what everybody may see: cookies do not count. Raises BadToken."""
    if identity.is_operator(request, services):
        return OPERATOR
    return identity.access_of(request, services) if identity.shows_token(request) else PUBLIC


def _make_caller(request: Request, services: Services, access: Access) -> Caller:
    return Caller(
        services,
        access,
        site_of(request),
        locale_of(request),
        count_search=lambda: count_request(RateLimited.SEARCH, request, access),
        is_new=lambda question: is_new(request, access, question),
    )


def _find_caller(context: Any) -> Caller:
    caller: Caller = context.request_context.request.state.caller
    return caller
