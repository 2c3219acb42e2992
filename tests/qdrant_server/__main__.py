"""``python -m tests.qdrant_server [PORT [CONTROL_PORT]]``: a stub of a Qdrant server.

Prints its two addresses as a line of JSON when it answers. Ends when its input is closed, if that
is a pipe.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys

import uvicorn

from tests.qdrant_server.app import Stub, make_control

HOST = "127.0.0.1"


class Listening:
    """A server that can be stopped and started again on the same port."""

    def __init__(self, app: object, port: int) -> None:
        self._app = app
        self._server: uvicorn.Server | None = None
        with _bind(port) as bound:
            self.port = bound.getsockname()[1]

    async def start(self) -> None:
        if self._server is not None:
            return
        config = uvicorn.Config(self._app, log_level="critical", access_log=False, lifespan="off")
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[_bind(self.port)])
        self._server = server
        self._ticking = asyncio.create_task(server.main_loop())

    async def stop(self) -> None:
        """Stop listening and break all connections, at once."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.should_exit = server.force_exit = True
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await self._ticking
        await server.shutdown()


def _bind(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    return bound


async def serve(port: int, control_port: int) -> None:
    stub = Stub()
    listening = Listening(stub, port)
    control = Listening(make_control(stub, listening), control_port)
    await listening.start()
    await control.start()
    addresses = {one: f"http://{HOST}:{of.port}" for one, of in
                 (("url", listening), ("control", control))}  # fmt: skip
    print(json.dumps(addresses), flush=True)
    await _wait_for_end()


async def _wait_for_end() -> None:
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        await asyncio.to_thread(sys.stdin.read)
    else:
        await asyncio.Event().wait()


if __name__ == "__main__":
    ports = [int(one) for one in sys.argv[1:3]]
    asyncio.run(serve(*ports, *[0] * (2 - len(ports))))
