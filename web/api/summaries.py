"""Cited summaries of results in the JSON interface."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from kb.access import Right
from kb.domain import Kind
from search.results import AnswerVerdict
from search.service import search
from search.summary.results import Dropped, SummaryStatement
from search.summary.service import require_offered, summarise
from web.api.search import ApiQuestion
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, count_request, limited, within_limit
from web.http.problems import ALWAYS, problems
from web.http.queues import QueuedWork, run_while_connected
from web.presenters.summaries import address_of

router = APIRouter(prefix="/api/v1", tags=["search"], responses=ALWAYS)
MACHINE_WRITTEN = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


class SummaryQuestion(ApiQuestion):
    """The parameters of a search."""

    model_config = ConfigDict(extra="forbid")


class StatementOut(BaseModel):
    statement: str = Field(description="Plain text, written by the model.")
    quotation: str = Field(description="The words it rests on, verbatim in the passage.")
    quotation_language: str
    kind: Kind
    id: str
    title: str
    passage_id: str | None = Field(description="Null for a figure told on its own.")
    page: int | None = Field(description="Of a document: where the quotation begins.")
    url: str = Field(description="The page with the quotation highlighted, or the card's section.")


class SummaryOut(BaseModel):
    query: str
    verdict: AnswerVerdict
    model: str = Field(description="Name of the language model.")
    language: str
    digital_source_type: str = Field(
        description="IPTC term by schema.org: the statements are written by a machine."
    )
    written: int = Field(description="Statements that the model wrote.")
    dropped: dict[Dropped, int] = Field(
        description="Statements that did not stand up to the check, by reason."
    )
    one_sided: bool = Field(
        description="Whether the summary told one side of figures that contradict each other; it is"
        " then given back empty."
    )
    statements: list[StatementOut]


@router.post(
    "/summaries",
    summary="Have the results of a search summarised by a language model",
    description="Off unless the installation names a model (404 otherwise). The passages of the"
    " page of results are sent to it, as far as the installation lets their visibility be sent;"
    " each statement that comes back has a verbatim quotation, checked here with its numbers. 422"
    " where nothing answers, 503 where the model cannot answer. Nothing is kept. `write_in` is the"
    " language of the statements, by default that of the request.",
    responses=problems(400, 403, 404, 422, 429),
    dependencies=[
        requires(Right.SUMMARIES),
        within_limit(RateLimited.SUMMARY),
        limited(RateLimited.SEARCH),
    ],
)
async def write_summary(
    asked: SummaryQuestion,
    response: Response,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    write_in: Annotated[Literal["it", "en"] | None, Query()] = None,
) -> SummaryOut:
    require_offered(services)
    language = write_in or view.reader.code
    question = replace(asked.question(), reader_language=language)
    async with view.request.app.state.queues[QueuedWork.SEARCH].place(view.request):
        page = await run_in_threadpool(search, question, services, access, note=False)
    count = partial(count_request, RateLimited.SUMMARY, view.request, access)
    async with view.request.app.state.queues[QueuedWork.SUMMARY].place(view.request):
        writing = summarise(page, services, language, count)
        summary = await run_while_connected(view.request, writing)
    response.headers["Cache-Control"] = "no-store"
    site = site_of(view.request)
    return SummaryOut(
        query=question.text,
        verdict=page.verdict,
        model=summary.model,
        language=language,
        digital_source_type=MACHINE_WRITTEN,
        written=summary.written,
        dropped=dict(summary.dropped),
        one_sided=summary.is_one_sided,
        statements=[_describe(one, site) for one in summary.statements],
    )


def _describe(one: SummaryStatement, site: str) -> StatementOut:
    passage = one.passage
    return StatementOut(
        statement=one.text,
        quotation=one.quotation,
        quotation_language=passage.language,
        kind=passage.kind,
        id=passage.item_id,
        title=passage.title,
        passage_id=passage.passage_id or None,
        page=one.page,
        url=site + address_of(one),
    )
