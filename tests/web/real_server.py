"""An application behind a real socket, for what depends on connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from web.http.connections import TimedProtocol


@contextmanager
def serving(
    app: FastAPI, protocol: type[TimedProtocol] = TimedProtocol, lifespan: str = "off"
) -> Iterator[int]:
    """The port on which the application answers."""
    config = uvicorn.Config(app, http=protocol, lifespan=lifespan, log_config=None)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def open_client(port: int) -> httpx.Client:
    """For many requests at once, in Italian."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Accept-Language": "it"}, timeout=250,
        limits=httpx.Limits(max_connections=200), trust_env=False,
    )  # fmt: skip
