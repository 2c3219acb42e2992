"""``kb embeddings``: the configured model as a service."""

from __future__ import annotations

from typing import Annotated

import typer

from kb.cli.operation import HOST, open_listener
from kb.messages import N_, ConfigurationError

PORT = 8090


def register(app: typer.Typer) -> None:
    app.command()(embeddings)


def embeddings(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any that is free.")
    ] = PORT,
) -> None:
    """Serve the embedding model to other processes, which name it in KB_EMBEDDING_URL.

    Answers in the protocols of OpenAI (/v1/embeddings) and Text Embeddings Inference (/embed). With
    KB_EMBEDDING_API_KEY, requests must have that key.
    """
    from kb.runtime.logs import configure
    from kb.settings import Settings

    settings = Settings.read()
    configure(settings.log_level, settings.log_format)
    if settings.embedding_url:
        raise ConfigurationError(
            N_("KB_EMBEDDING_URL names another service: leave it out for `kb embeddings`.")
        )
    listener = open_listener(host, port)

    import uvicorn

    from kb.embedding.local import load_local_embedder
    from kb.embedding.source import find_model
    from web.embedding_server import create_app

    embedder = load_local_embedder(settings)
    key = settings.embedding_api_key
    app = create_app(
        embedder.embed_texts, find_model(settings).name, key.get_secret_value() if key else ""
    )
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"ready http://{shown}:{listener.getsockname()[1]}")
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])
