"""The product's own embedding server in a thread, which misbehaves on request."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from web.embedding_server import create_app


@dataclass
class Service:
    """Serves ``embed`` at ``url``. ``reset`` has it behave again."""

    embed: Callable[[Sequence[str]], Any]
    key: str = ""
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    """Status, headers and body given in place of vectors, one per request."""
    most: int = 1000
    """Texts of a request; more are answered 413."""
    change: Callable[[Any], Any] = np.asarray
    """Applied to the vectors of each request."""
    prompt: str = ""
    """Put before every text."""
    sent: list[list[str]] = field(default_factory=list)
    """Texts of each request."""
    hold: threading.Event = field(default_factory=threading.Event)
    """Requests wait while it is not set."""
    held: str = ""
    """Only requests whose first text begins so wait."""
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released by each request."""
    refused: dict[str, int] = field(default_factory=dict)
    """Words, and the status that answers a request with a text that has one."""
    drips: bool = False
    """Whether answers come byte by byte, for ten seconds."""

    def __post_init__(self) -> None:
        self.hold.set()
        self._app = create_app(self._vectors, "served", self.key)
        self.port = 0
        self._server: uvicorn.Server | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._answer, interface="asgi3", log_config=None, lifespan="off", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()

    def stop(self) -> None:
        self.hold.set()
        if self._server is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join()
        self._server = None

    def reset(self) -> None:
        self.hold.set()
        self.answers, self.sent, self.most, self.prompt = [], [], 1000, ""
        self.change = np.asarray
        self.held, self.refused, self.drips = "", {}, False
        self.arrived = threading.Semaphore(0)
        if self._server is None:
            self.start()

    def _vectors(self, texts: Sequence[str]) -> Any:
        assert self.held or self.hold.wait(100)
        return self.change(np.asarray(self.embed([self.prompt + text for text in texts])))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the texts of a request, and give what is due in place of vectors."""
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = b"".join(parts)
        if body:
            asked = json.loads(body)
            texts = asked.get("input", asked.get("inputs"))
            self.sent.append(texts)
            self.arrived.release()
            if self.held and texts[0].startswith(self.held):
                await asyncio.to_thread(self.hold.wait, 100)
            if self.drips:
                await _drip(send)
                return
            if due := self._due(texts):
                status, headers, text = due
                await Response(text, status, headers)(scope, receive, send)
                return
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Any:
            return next(given, None) or await receive()

        await self._app(scope, again, send)

    def _due(self, texts: Sequence[str]) -> tuple[int, dict[str, str], str] | None:
        """What is given in place of vectors."""
        if self.answers:
            return self.answers.pop(0)
        if len(texts) > self.most:
            return 413, {}, "batch too large"
        for word, status in self.refused.items():
            if any(word in text for text in texts):
                return status, {}, "text too long"
        return None


async def _drip(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(100):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b""})
