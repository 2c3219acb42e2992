"""Liveness, readiness, and whether search answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from kb.messages import N_, KbError, Message, ServiceUnavailable, TransientError
from kb.runtime.services import Services
from kb.storage.db import SCHEMA_CHANGED
from kb.storage.migrating import SchemaFit
from web.http.context import ServicesDep, locale_of
from web.http.problems import problems

STARTING = Message(N_("The program is still starting: try again in a moment."))
CHANGED = Message(SCHEMA_CHANGED)
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
    embedding service where they are on servers, for some seconds if they do not answer."""

    def examine() -> tuple[bool, Message | None, Message | None]:
        is_ready, message = _judge(services)
        return is_ready, message, _find_outage(services) if is_ready else None

    is_ready, message, outage = await to_thread.run_sync(examine, limiter=_asking())
    return _tell(is_ready and outage is None, outage or message, request, response)


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


def _judge(services: Services) -> tuple[bool, Message | None]:
    """Whether pages can be shown, and what is to be said about it.

    While an upgrade goes on, a process of the older version answers until a statement fails.
    """
    failure = services.failure
    if failure is not None and not isinstance(failure, ServiceUnavailable):
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


def _find_outage(services: Services) -> Message | None:
    """Why no question can be answered, though pages can be shown."""
    if services.failure is not None:
        return services.failure.message
    try:
        if not services.settings.embedded:
            services.index.check()
        return services.embedder.obstacle() if services.settings.embedding_url else None
    except KbError as error:
        return error.message
