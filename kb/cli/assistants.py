"""``kb mcp``: tools for assistants over standard input and output."""

from __future__ import annotations

import typer

from kb.cli.data_folder import require_base


def register(app: typer.Typer) -> None:
    app.command()(mcp)


def mcp() -> None:
    """Serve an assistant (Model Context Protocol) over standard input and output.

    Answers from the running server if there is one on this data folder. Shows what everybody may
    see, or what the owner of the API token in KB_MCP_TOKEN may.
    """
    from kb.runtime.ownership import find_owner
    from kb.runtime.services import open_services
    from kb.settings import Settings
    from web.assistants.forwarding import forward_to
    from web.assistants.stdio import serve_here
    from web.rendering.i18n import choose_locale

    settings = Settings.read()
    token = settings.mcp_token.get_secret_value() if settings.mcp_token else ""
    reader = choose_locale(None, None, "")
    owner = find_owner(settings.data_dir) if settings.embedded else None
    if owner:
        forward_to(owner, token, reader)
        return
    require_base(settings)
    site = settings.public_url or "http://127.0.0.1:8000"
    with open_services(settings, own=settings.embedded) as services:
        serve_here(services, token, site, reader)
