"""Liveness and readiness."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kb.messages import N_, Message, TransientError
from kb.runtime.services import Services
from web.http.context import ServicesDep, ViewDep
from web.http.problems import problems

STARTING = Message(N_("The program is still starting: try again in a moment."))
NO_DATABASE = Message(N_("The database does not answer: check that it runs."))


class Health(BaseModel):
    status: Literal["live", "ready", "not ready"]
    detail: str = Field(default="", description="Why it is not ready.")


NOT_READY = problems(401) | {503: {"model": Health, "description": "Not yet, or no longer."}}

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="The process runs")
def live() -> Health:
    return Health(status="live")


@router.get("", summary="Questions can be answered", responses=NOT_READY)
@router.get("/ready", summary="Questions can be answered", responses=NOT_READY)
def ready(services: ServicesDep, view: ViewDep, response: Response) -> Health:
    """200 when a question can be answered, else 503 with the reason."""
    obstacle = _obstacle(services)
    if obstacle is None:
        return Health(status="ready")
    response.status_code = 503
    return Health(status="not ready", detail=view.reader.say(obstacle))


def _obstacle(services: Services) -> Message | None:
    if services.failure is not None:
        return services.failure.message
    if not services.ready.is_set():
        return STARTING
    try:
        with services.database.session() as session:
            session.execute(text("SELECT 1"))
    except (SQLAlchemyError, TransientError):
        return NO_DATABASE
    return None
