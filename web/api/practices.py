"""Practices in the JSON interface."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from kb.practices.figures import as_json
from kb.storage.tables import PracticeRow
from web.api.practice_record import PracticeList, PracticeRecord
from web.http.context import AccessDep, ServicesDep
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.queries import PracticeListQuery

router = APIRouter(prefix="/api/v1/practices", tags=["practices"], responses=ALWAYS)


@router.get(
    "",
    summary="Practices that meet filters, 24 to a page",
    responses={200: {"model": PracticeList}, **problems(422)},
)
def list_practices(
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PracticeListQuery, Query()],
) -> dict[str, Any]:
    with services.database.session() as session:
        listing = queries.list_items(session, access, wanted)
        rows = [row for row in listing.rows if isinstance(row, PracticeRow)]
        practices = queries.read_practices(session, access, rows)
        records = [as_json(practice) for practice in practices]
        return {"total": listing.total, "practices": records}


@router.get(
    "/{practice_id}",
    summary="A practice",
    responses={200: {"model": PracticeRecord}, **problems(404, 422)},
)
def get_practice(practice_id: str, services: ServicesDep, access: AccessDep) -> dict[str, Any]:
    with services.database.session() as session:
        practice = queries.find_practice(session, access, practice_id)
    if practice is None:
        raise HTTPException(404)
    return as_json(practice)
