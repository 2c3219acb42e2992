"""The tools over standard input and output, for an assistant that starts ``kb mcp``."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver.exceptions import ToolError

from kb.access import PUBLIC, Access
from kb.accounts import tokens
from kb.messages import N_, ConfigurationError
from kb.runtime.ownership import Owner
from kb.runtime.services import Services
from web.assistants.caller import Caller
from web.assistants.http import PATH
from web.assistants.server import AssistantServer, ForwardingServer
from web.rendering.i18n import Locale

TIMEOUT_S = 120

_BAD_TOKEN = N_("KB_MCP_TOKEN is invalid or has expired: make a new API token on your account.")


def find_access(services: Services, token: str) -> Access:
    """What the owner of the token may see; what everybody may, without one.

    Raises:
        ConfigurationError: the token is not valid.
    """
    if not token:
        return PUBLIC
    with services.database.session() as session:
        row = tokens.find(session, token)
        if row is None:
            raise ConfigurationError(_BAD_TOKEN)
        return tokens.access_of(row)


def serve_here(services: Services, token: str, site: str, reader: Locale) -> None:
    """Answer from this process until the input ends. The token is looked up with each call, so that
    one that has ended meanwhile is refused.

    Raises:
        ConfigurationError: the token is not valid at the start.
    """
    find_access(services, token)

    def find_caller(_: Any) -> Caller:
        try:
            return Caller(services, find_access(services, token), site, reader)
        except ConfigurationError as error:
            raise ToolError(reader.say(error.message)) from None

    anyio.run(AssistantServer(find_caller).run_stdio_async)


def forward_to(owner: Owner, token: str) -> None:
    """Pass the calls on to the running server, which owns the data folder, until the input ends."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    anyio.run(_forward, owner.url + PATH, headers)


async def _forward(url: str, headers: dict[str, str]) -> None:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=TIMEOUT_S, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        await ForwardingServer(_no_caller, client).run_stdio_async()


def _no_caller(_: Any) -> Caller:
    raise LookupError
