"""The JSON interface under ``/api/v1``: what the pages show, for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from kb.domain import Kind
from kb.storage.tables import PracticeRow
from search.answer import as_json
from search.query import MAX_LENGTH
from search.results import Question
from search.service import search
from web import library
from web.asking import Asked
from web.deps import AccessDep, ServicesDep
from web.library import WantedPractices
from web.limits import Limited, limited
from web.problems import ALWAYS, problems

router = APIRouter(prefix="/api/v1", responses=ALWAYS)


class ApiQuestion(Asked):
    """The parameters of a search. Several values of one filter mean any of them."""

    q: str = Field(
        description=f"The question, up to {MAX_LENGTH} characters.",
        json_schema_extra={"minLength": 1, "maxLength": MAX_LENGTH},
    )
    limit: int = Field(default=10, ge=1, le=100, description="Results to a page.")
    lang: list[str] = Field(default=[], description="The same as `language`.")

    def question(self) -> Question:
        languages = tuple(self.language + self.lang)
        return replace(super().question(), languages=languages, page_size=self.limit)


@router.get(
    "/search",
    tags=["search"],
    summary="Find practices and documents that answer",
    responses=problems(422, 429),
    dependencies=[limited(Limited.SEARCH)],
)
def find(
    asked: Annotated[ApiQuestion, Query()], services: ServicesDep, access: AccessDep
) -> dict[str, Any]:
    return as_json(search(asked.question(), services, access))


@router.get(
    "/practices",
    tags=["practices"],
    summary="Practices by title, 24 to a page",
    responses=problems(422),
)
def list_practices(
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[WantedPractices, Query()],
) -> dict[str, Any]:
    with services.database.session() as session:
        listing = library.items(session, access, Kind.PRACTICE, wanted)
        rows = [row for row in listing.rows if isinstance(row, PracticeRow)]
        practices = library.cards(session, access, rows)
        records = [practice.model_dump(mode="json") for practice in practices]
        return {"total": listing.total, "practices": records}


@router.get(
    "/practices/{practice_id}",
    tags=["practices"],
    summary="A practice",
    responses=problems(404, 422),
)
def get_practice(practice_id: str, services: ServicesDep, access: AccessDep) -> dict[str, Any]:
    with services.database.session() as session:
        practice = library.practice(session, access, practice_id)
    if practice is None:
        raise HTTPException(404)
    return practice.model_dump(mode="json")
