"""Liveness, readiness, and whether search answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from kb.messages import N_, KbError, Message, TransientError
from kb.runtime.services import Services
from kb.storage.db import SCHEMA_CHANGED
from kb.storage.migrating import SchemaFit
from web.http.context import ServicesDep, locale_of
from web.http.problems import problems

STARTING = Message(N_("The program is still starting: try again in a moment."))
CHANGED = Message(SCHEMA_CHANGED)
BY_WORDS = N_("Only the words of questions are searched for, not their meaning. {reason}")
NO_DATABASE = Message(N_("The database does not answer: check that it runs."))


class Health(BaseModel):
    status: Literal["live", "ready", "not ready"]
    detail: str = Field(
        default="", description="Why it is not ready, what does not work, or will soon not."
    )


CHECKS = 2
"""Threads that look after the database for ``ready``, so that it answers while all others are
busy, and as many that ask other servers for ``searches``."""
NOT_READY = problems(401) | {503: {"model": Health, "description": "Not yet, or no longer."}}

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="The process runs")
async def live() -> Health:
    return Health(status="live")


@router.get("", operation_id="health", summary="Questions can be answered", responses=NOT_READY)
async def searches(services: ServicesDep, request: Request, response: Response) -> Health:
    """200 when a question can be answered, else 503 with the reason. Asks the index and the
    embedding service where they are on servers, for some seconds if they do not answer. While
    questions are answered by their words alone, `detail` tells why."""

    def examine() -> tuple[bool, Message | None, SearchOutage | None]:
        is_ready, message = _judge(services)
        return is_ready, message, _find_outage(services) if is_ready else None

    is_ready, message, outage = await to_thread.run_sync(examine, limiter=_asking())
    searches = outage is None or outage.by_words
    reason = outage.message if outage else message
    return _tell(is_ready and searches, reason, request, response)


@router.get("/ready", summary="Pages can be shown", responses=NOT_READY)
async def ready(services: ServicesDep, request: Request, response: Response) -> Health:
    """200 when pages can be shown, also while the index is away. Only the database is asked, so
    that no other server keeps the answer waiting."""
    is_ready, message = await to_thread.run_sync(_judge, services, limiter=_looking())
    failure = services.failure
    return _tell(is_ready, message or (failure.message if failure else None), request, response)


def _tell(is_ready: bool, message: Message | None, request: Request, response: Response) -> Health:
    detail = locale_of(request).say(message) if message else ""
    if is_ready:
        return Health(status="ready", detail=detail)
    response.status_code = 503
    return Health(status="not ready", detail=detail)


@lru_cache(maxsize=1)
def _looking() -> CapacityLimiter:
    return CapacityLimiter(CHECKS)


@lru_cache(maxsize=1)
def _asking() -> CapacityLimiter:
    return CapacityLimiter(CHECKS)


class SearchOutage(NamedTuple):
    """Why questions cannot be answered, or ``by_words`` only."""

    message: Message
    by_words: bool = False


def _judge(services: Services) -> tuple[bool, Message | None]:
    """Whether pages can be shown, and what is to be said about it.

    While an upgrade goes on, a process of the older version answers until a statement fails.
    """
    failure = services.failure
    if failure is not None and not services.waits:
        return False, failure.message
    if failure is None and not services.ready.is_set():
        return False, STARTING
    try:
        fit = services.database.find_schema_fit()
    except (SQLAlchemyError, TransientError):
        return False, NO_DATABASE
    if fit is SchemaFit.SAME:
        return True, None
    return fit is SchemaFit.NEWER and not services.database.failed_by_schema, CHANGED


def _find_outage(services: Services) -> SearchOutage | None:
    """What keeps questions from being answered, though pages can be shown."""
    if services.failure is not None and not services.ready.is_set():
        return SearchOutage(services.failure.message)
    try:
        if not services.settings.embedded:
            services.index.check()
        reason = services.embedder.obstacle() if services.settings.embedding_url else None
    except KbError as error:
        return SearchOutage(error.message)
    return SearchOutage(Message(BY_WORDS, {"reason": reason}), by_words=True) if reason else None
