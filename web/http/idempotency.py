"""Requests with an ``Idempotency-Key``: sent again, they get the answer of the first time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from kb.access import Access
from kb.accounts.idempotency import (
    KeptAnswer,
    KeyClaim,
    claim_key,
    digest_key,
    keep_answer,
    release_key,
)
from kb.messages import N_
from kb.runtime.services import Services
from web.http.context import access
from web.http.problems import ProblemType, RefusedRequest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MOST_FILES = MOST_FIELDS = 200
"""Of a form, in the whole application."""
READ_BYTES = 1 << 20
_VALID = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,200})"?')
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_NO_KEY = N_(
    "The Idempotency-Key must have 1 to 200 letters, digits or signs without blanks: send a new"
    " random one, such as a UUID, with each new request."
)
_REUSED = N_(
    "This Idempotency-Key came with another request before: send a new key with each new request."
)
_IN_USE = N_(
    "The request with this Idempotency-Key is still being answered: ask again in a moment."
)


class BadKey(RefusedRequest):
    status = HTTPStatus.BAD_REQUEST


class KeyReused(RefusedRequest):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    type = ProblemType.KEY_REUSED


class KeyInUse(RefusedRequest):
    status = HTTPStatus.CONFLICT
    type = ProblemType.KEY_IN_USE


async def answer_once(
    request: Request, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    """The answer of ``handle``, or the one that was given to the same request before.

    Only what was done is kept: a refused request can be sent again with the same key. A request is
    done again if the process ended between its work and the keeping of its answer, or took longer
    than ``ABANDONED``.

    Raises:
        BadKey, KeyReused, KeyInUse.
    """
    services: Services = request.app.state.services
    caller = await run_in_threadpool(access, request, services)
    if not caller.rights:
        return await handle(request)  # is refused
    key = _VALID.fullmatch(request.headers[HEADER].strip())
    if key is None:
        raise BadKey(_NO_KEY)
    id, asked = digest_key(caller, key[1]), await _digest_request(request)
    claim = await run_in_threadpool(_claim, services, caller, id, asked)
    if not claim.is_new:
        await request.close()
        return _replay(claim)
    try:
        response = await handle(request)
    except BaseException:
        await run_in_threadpool(_settle, services, id, claim.begun_at, None)
        raise
    done = 200 <= response.status_code < 300
    answer = KeptAnswer(
        response.status_code,
        response.headers.get("content-type", ""),
        bytes(response.body),
        response.headers.get("etag", ""),
    )
    await run_in_threadpool(_settle, services, id, claim.begun_at, answer if done else None)
    return response


def _replay(claim: KeyClaim) -> Response:
    if not claim.is_same:
        raise KeyReused(_REUSED)
    if claim.answer is None:
        raise KeyInUse(_IN_USE)
    kept = claim.answer
    headers = {"Content-Type": kept.media_type, "ETag": kept.etag}
    told = {name: value for name, value in headers.items() if value}
    return Response(kept.body, kept.status, {REPLAYED: "true"} | told)


def _claim(services: Services, caller: Access, id: str, asked: str) -> KeyClaim:
    with services.database.transaction() as session:
        return claim_key(session, caller, id, asked)


def _settle(
    services: Services, id: str, begun_at: datetime | None, answer: KeptAnswer | None
) -> None:
    with services.database.transaction() as session:
        if answer is None:
            release_key(session, id, begun_at)
        else:
            keep_answer(session, id, begun_at, answer)


async def _digest_request(request: Request) -> str:
    """Digest of method, address and body. A form is read part by part, for the boundary between its
    parts is another each time."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}".encode())
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _FORMS:
        digest.update(await request.body())
        return digest.hexdigest()
    form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    for name, value in form.multi_items():
        said = value.filename or "" if isinstance(value, UploadFile) else value
        digest.update(
            f"\0{len(name)} {name}\0{len(said)} {said}\0".encode("utf-8", "surrogatepass")
        )
        if isinstance(value, UploadFile):
            await _digest_file(digest, value)
    return digest.hexdigest()


async def _digest_file(digest: hashlib._Hash, file: UploadFile) -> None:
    while part := await file.read(READ_BYTES):
        digest.update(part)
    await file.seek(0)
