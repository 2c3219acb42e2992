"""The tools over standard input and output, for an assistant that starts ``kb mcp``."""

from __future__ import annotations

from typing import Any

import anyio
from mcp.server.mcpserver.exceptions import ToolError

from kb.access import PUBLIC, Access
from kb.accounts import tokens
from kb.messages import ConfigurationError
from kb.runtime.services import Services
from web.assistants.caller import BAD_TOKEN, Caller
from web.assistants.server import AssistantServer
from web.rendering.i18n import Locale


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
            raise ConfigurationError(BAD_TOKEN)
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
