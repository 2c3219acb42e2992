"""Searching in the JSON interface."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from pydantic_core import to_json

from kb.filters import Conditions, choose
from search.query import MAX_LENGTH
from search.result_json import as_json
from search.results import Question
from search.service import search
from web.api.search_models import SearchAnswer
from web.forms.known_values import KnownValues
from web.forms.question import Asked
from web.http.api_route import ApiRoute
from web.http.asked import is_new
from web.http.context import AccessDep, ServicesDep
from web.http.limits import RateLimited, limited
from web.http.problems import ALWAYS, problems
from web.http.queues import QueuedWork, queued

router = APIRouter(route_class=ApiRoute, prefix="/api/v1", responses=ALWAYS)


class ApiQuestion(KnownValues, Asked):
    """The parameters of a search. Several values of one filter mean any of them."""

    q: str = Field(
        description=f"The question, up to {MAX_LENGTH} characters.",
        json_schema_extra={"minLength": 1, "maxLength": MAX_LENGTH},
    )
    limit: int = Field(default=10, ge=1, le=100, description="Results to a page.")
    lang: list[str] = Field(default=[], description="The same as `language`.")

    def question(self) -> Question:
        return replace(super().question(), page_size=self.limit)

    def filters(self) -> Conditions:
        languages = choose(language=[*dict(self)["language"], *self.lang])
        return {**super().filters(), **languages}


@router.get(
    "/search",
    operation_id="search",
    tags=["search"],
    summary="Find practices and documents that answer",
    description="A place that the question names (`place`: what was recognised, how many practices"
    " lie there, how many of them lead, the nearest where none does) puts its practices first and"
    " gives others their `distance_km`; `where=any` takes it for a word. `did_you_mean` is the"
    " question with misspelt words replaced; `by_meaning` is false where, for the moment, only the"
    " words of the question are searched for: results may be missing, and `verdict` says at most"
    " `near`, unless a place is all that is asked for. `unknown_words`, where nothing answers,"
    " stand in no text. `collections` are curated collections on the subject, `profiles` people and"
    " bodies of the network who know about it.",
    response_model=SearchAnswer,
    responses=problems(422, 429),
    dependencies=[limited(RateLimited.SEARCH), queued(QueuedWork.SEARCH)],
)
def find(
    request: Request,
    asked: Annotated[ApiQuestion, Query()],
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    question = asked.question()
    new = partial(is_new, request, access, question)
    page = search(question, services, access, is_new=new)
    headers = {} if page.by_meaning else {"Cache-Control": "no-store"}
    return Response(to_json(as_json(page)), headers=headers, media_type="application/json")
