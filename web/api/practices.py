"""Practices in the JSON interface."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from kb.practices.figures import as_json
from kb.storage.tables import PracticeRow
from web.api.practice_record import PracticeList, PracticeRecord
from web.forms.known_values import KnownValues
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep
from web.http.entity_tags import note_state
from web.http.paging import Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.queries import PracticeListQuery

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/practices", tags=["practices"], responses=ALWAYS
)


class PagedPractices(KnownValues, PracticeListQuery, Paged):
    pass


@router.get(
    "",
    summary="Practices that meet filters, 24 to a page",
    response_model=None,
    responses={200: {"model": PracticeList}, **problems(400, 422)},
)
def list_practices(
    request: Request,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PagedPractices, Query()],
) -> dict[str, Any]:
    with services.database.session() as session:
        found = queries.matching_keys(session, access, wanted)
        page = cut_page(request, found, wanted, usual=queries.PAGE_SIZE, page=wanted.page)
        rows = queries.load_in_order(session, page.ids)
        practices = queries.read_practices(
            session, access, [row for row in rows if isinstance(row, PracticeRow)]
        )
        records = [as_json(practice) for practice in practices]
    link_next(request, response, page.next)
    return {"total": len(found), "practices": records, "next": page.next}


@router.get(
    "/{practice_id}",
    summary="A practice",
    response_model=None,
    responses={200: {"model": PracticeRecord}, **problems(404, 422)},
)
def get_practice(
    practice_id: str, request: Request, services: ServicesDep, access: AccessDep
) -> dict[str, Any]:
    with services.database.session() as session:
        practice = queries.find_practice(session, access, practice_id)
        if practice is not None:
            note_state(request, session.get_one(PracticeRow, practice_id))
    if practice is None:
        raise HTTPException(404)
    return as_json(practice)
