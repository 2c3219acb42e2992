"""The HTTP side of the stub: what a client asks of a server, and what tests ask of the stub."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter
from qdrant_client.http.models import models
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.qdrant_server.description import NotInDescription, Operation, find_operation
from tests.qdrant_server.engine import Engine, Refused
from tests.qdrant_server.faults import Fault, Faults

LARGEST_BODY = 32 << 20
"""Bytes of a request that a server takes by default."""
KEPT_BODY = 1 << 16
"""Bytes of a request's body up to which it is kept for tests."""
HEALTH = {"healthz": "healthz check passed", "livez": "", "readyz": "all shards are ready"}
OPEN = {"/", *(f"/{name}" for name in HEALTH)}
"""Paths that need no key."""
_ANY = TypeAdapter(Any)


class Identity(BaseModel, extra="forbid"):
    """What the server says of itself, and the key that it wants."""

    version: str = "1.20.0"
    key: str | None = None


@dataclass
class Asked:
    """One request. ``problem``: why the API description does not allow it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    status: int = 0
    problem: str = ""


@dataclass
class Stub:
    """The server, an ASGI application."""

    engine: Engine = field(default_factory=Engine)
    faults: Faults = field(default_factory=Faults)
    identity: Identity = field(default_factory=Identity)
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        path = scope["raw_path"].decode().partition("?")[0]
        noted = Asked(request.method, path, dict(request.query_params), _read_kept(body))
        self.asked.append(noted)
        fault = self.faults.take(request.method, path)
        if fault is None:
            response = await self._answer(request, noted, body)
        else:
            response = await self._fail(fault, request, noted, body)
        if response is None:
            cycle: Any = send
            cycle.__self__.transport.abort()  # uvicorn's: the connection breaks
            return
        noted.status = response.status_code
        await response(scope, receive, send)

    async def _fail(
        self, fault: Fault, request: Request, noted: Asked, body: bytes
    ) -> Response | None:
        await asyncio.sleep(fault.delay_s)
        while self.faults.holds(fault):
            await asyncio.sleep(0.05)
        changed = fault.drop or fault.status or fault.body is not None
        answered = None
        if fault.applied or not changed:
            answered = await self._answer(request, noted, body)
        if fault.drop:
            return None
        if not changed:
            return answered
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        if fault.body is not None:
            return PlainTextResponse(fault.body, fault.status or 200, headers)
        return _error(fault.status or 500, "switched on by a test", headers)

    async def _answer(self, request: Request, noted: Asked, body: bytes) -> Response:
        key = self.identity.key
        if noted.path not in OPEN and key is not None and request.headers.get("api-key") != key:
            return PlainTextResponse("Invalid API key or JWT", 401)
        if len(body) > LARGEST_BODY:
            return _error(413, f"Payload reached size limit of {LARGEST_BODY} bytes")
        try:
            operation, names = find_operation(request.method, noted.path)
            query, read = operation.read(noted.query, body)
            return await self._perform(operation, names, query, read)
        except NotInDescription as error:
            noted.problem = str(error)
            return _error(error.status, str(error))
        except NotImplementedError as error:
            noted.problem = f"the stub does not perform {error}"
            return _error(501, noted.problem)
        except Refused as error:
            return _error(error.status, str(error))

    async def _perform(
        self, operation: Operation, names: dict[str, str], query: dict[str, Any], body: Any
    ) -> Response:
        if operation.name == "root":
            return JSONResponse(
                {"title": "qdrant - vector search engine", "version": self.identity.version}
            )
        if operation.name in HEALTH:
            return PlainTextResponse(HEALTH[operation.name])
        result = await run_in_threadpool(self.engine.run, operation.name, names, query, body)
        answered = {
            "result": _ANY.dump_python(result, mode="json", exclude_none=True),
            "status": "ok",
            "time": 0.001,
        }
        operation.check_answer(answered)
        return JSONResponse(answered)


def _read_kept(body: bytes) -> Any:
    if not body or len(body) > KEPT_BODY:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _error(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    described = models.ErrorResponse(
        time=0.0, status=models.ErrorResponseStatus(error=reason), result=None
    )
    return JSONResponse(described.model_dump(mode="json"), status, headers)


def make_control(stub: Stub, listening: Any) -> Starlette:
    """What tests ask of the stub, on a port of its own. ``listening``: its ``stop`` and ``start``
    end and resume the server's listening."""

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            stub.asked.clear()
        return JSONResponse([vars(one) for one in stub.asked])

    async def faults(request: Request) -> Response:
        stub.faults.in_force = [Fault(**one) for one in await request.json()]
        return JSONResponse(len(stub.faults.in_force))

    async def identity(request: Request) -> Response:
        stub.identity = Identity(**await request.json())
        return JSONResponse(stub.identity.model_dump())

    async def reset(request: Request) -> Response:
        stub.engine, stub.faults, stub.identity = Engine(), Faults(), Identity()
        stub.asked.clear()
        await listening.start()
        return JSONResponse(None)

    async def stop(request: Request) -> Response:
        await listening.stop()
        return JSONResponse(None)

    async def start(request: Request) -> Response:
        await listening.start()
        return JSONResponse(None)

    return Starlette(
        routes=[
            Route("/requests", requests, methods=["GET", "DELETE"]),
            Route("/faults", faults, methods=["PUT"]),
            Route("/identity", identity, methods=["PUT"]),
            Route("/reset", reset, methods=["POST"]),
            Route("/stop", stop, methods=["POST"]),
            Route("/start", start, methods=["POST"]),
        ]
    )
