"""The tools of the server that runs on the data folder, for ``kb mcp``."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, CallToolResult, InputRequiredResult

from kb.messages import N_, ConfigurationError, KbError, TransientError
from kb.runtime.ownership import Owner
from web.assistants.caller import BAD_TOKEN, Caller
from web.assistants.http import PATH
from web.assistants.server import AssistantServer
from web.rendering.i18n import Locale

TIMEOUT_S = 120
JSON = "application/json"
ACCEPTED = f"{JSON}, text/event-stream"
PING = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
EXPLAINED = {"explained": True}
"""The data of errors whose message is a sentence for the reader."""
NOT_COPIED = frozenset({"content-encoding", "content-length", "transfer-encoding"})

_AWAY = N_("The server on this data folder does not answer: start it again with `kb serve`.")
_SLOW = N_("The server did not answer within two minutes: try again in a moment.")
_REFUSED = N_("The server refused the request (status {status}): try again in a moment.")


def forward_to(owner: Owner, token: str, reader: Locale) -> None:
    """Pass the calls on to the running server, which owns the data folder, until the input ends.

    Raises:
        ConfigurationError: the token is not valid at the start.
        TransientError: the server does not answer, or not at the moment.
    """
    headers = {"Accept-Language": reader.code}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    anyio.run(_forward, owner.url + PATH, headers, reader)


async def _forward(url: str, headers: dict[str, str], reader: Locale) -> None:
    transport = ExplainedTransport(reader)
    async with httpx2.AsyncClient(
        headers=headers, timeout=TIMEOUT_S, transport=transport, trust_env=False
    ) as http:
        await _ask_whether_it_answers(http, url, transport)
        async with Client(streamable_http_client(url, http_client=http)) as client:
            await ForwardingServer(client).run_stdio_async()


async def _ask_whether_it_answers(
    http: httpx2.AsyncClient, url: str, transport: ExplainedTransport
) -> None:
    """Raises ConfigurationError or TransientError if the server refuses to answer this caller."""
    await http.post(url, json=PING, headers={"Accept": ACCEPTED})
    if transport.refusal is not None:
        raise transport.refusal


class ExplainedTransport(httpx2.AsyncBaseTransport):
    """Turns answers that are no JSON-RPC, and connections that fail, into errors of JSON-RPC with a
    sentence, which clients of the protocol pass on. ``refusal`` is the last of them."""

    def __init__(self, reader: Locale) -> None:
        self.refusal: KbError | None = None
        self._reader = reader
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            answer = await self._inner.handle_async_request(request)
            await answer.aread()
            await answer.aclose()
        except httpx2.TimeoutException:
            return self._explain(TransientError(_SLOW))
        except httpx2.TransportError:
            return self._explain(TransientError(_AWAY))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code >= 400 and kind != JSON:
            return self._explain(_read_refusal(answer))
        kept = [(k, v) for k, v in answer.headers.multi_items() if k.lower() not in NOT_COPIED]
        return httpx2.Response(answer.status_code, headers=kept, content=answer.content)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _explain(self, error: KbError) -> httpx2.Response:
        self.refusal = error
        said = {
            "code": INTERNAL_ERROR,
            "message": self._reader.say(error.message),
            "data": EXPLAINED,
        }
        return httpx2.Response(400, json={"jsonrpc": "2.0", "id": None, "error": said})


def _read_refusal(answer: httpx2.Response) -> KbError:
    """Why the server refused: the detail of the problem that it describes, where it does."""
    if answer.status_code == httpx2.codes.UNAUTHORIZED:
        return ConfigurationError(BAD_TOKEN)
    try:
        detail = answer.json()["detail"]
    except (ValueError, LookupError, TypeError):
        return TransientError(_REFUSED, status=answer.status_code)
    return TransientError("{detail}", detail=str(detail))


class ForwardingServer(AssistantServer):
    """The same tools, called at a server that runs elsewhere."""

    def __init__(self, client: Client) -> None:
        super().__init__(_no_caller)
        self._client = client

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool there. Raises ToolError with a sentence where the server refuses."""
        try:
            return await self._client.call_tool(name, arguments)
        except MCPError as error:
            if error.data != EXPLAINED:
                raise
            raise ToolError(error.message) from None


def _no_caller(_: Any) -> Caller:
    raise LookupError
