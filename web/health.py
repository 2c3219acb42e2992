"""Whether the process lives, and whether it can answer a question."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kb.messages import N_, Message, TransientError
from kb.services import Services
from web.deps import ServicesDep, ViewDep

router = APIRouter(prefix="/health", tags=["health"])

STARTING = Message(N_("The program is still starting: try again in a moment."))
NO_DATABASE = Message(N_("The database does not answer: check that it runs."))


@router.get("/live", summary="The process runs")
def live() -> dict[str, str]:
    return {"status": "live"}


@router.get("", summary="Questions can be answered")
@router.get("/ready", summary="Questions can be answered")
def ready(services: ServicesDep, view: ViewDep) -> JSONResponse:
    """200 when a question can be answered, else 503 with the reason."""
    obstacle = _obstacle(services)
    if obstacle is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "detail": view.reader.say(obstacle)}, 503)


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
