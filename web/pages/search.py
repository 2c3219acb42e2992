"""The search page and its htmx fragment; question and filters are in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from kb.access import Access, Right
from kb.filters import FILTERS, Between
from kb.messages import Message, PermanentError, ServiceUnavailable
from kb.places import activities, municipalities
from kb.places.municipalities import Place
from kb.runtime.services import Services
from search.evaluation.judgements import read_judgements
from search.results import (
    AnswerVerdict,
    FoundCollection,
    Question,
    ResultPage,
)
from search.service import search
from search.similarity.viewpoint import INFLUENCE, Lens
from search.summary.service import require_offered
from web.forms.question import SEARCH_PATH, Asked, list_parameters
from web.forms.summary import SUMMARY_PATH, ask_for_summary, explain_refusal, offer_summary
from web.http.addresses import site_of
from web.http.asked import is_new
from web.http.compared import MOST, read_compared
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.errors import announce_retry, sentence_of, status_of
from web.http.htmx import wants_fragment
from web.http.limits import RateLimited, TooManyRequests, check_limit, limited
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, ServerBusy, queued
from web.http.results_view import PARAMETER as VIEW
from web.http.results_view import is_compact, keep_view, wished_view
from web.presenters.asked_place import present_place
from web.presenters.filters import group
from web.presenters.listing import (
    FilterGroup,
    Parameters,
    build_address,
    list_chips,
    number_pages,
    without_parameter,
)
from web.presenters.question_chips import build_other_chips, build_place_chips
from web.presenters.refusal import NEAREST, Refusal, build_refusal
from web.presenters.results import present_result
from web.presenters.results_page import ResultsView
from web.presenters.similarity import GROWTHS, LENSES, SIZES
from web.presenters.summaries import SummaryBlock
from web.presenters.tray import Tray, build_tray
from web.rendering.i18n import Locale

router = APIRouter()
CHOICES = {"lens": LENSES, "size": SIZES, "growth": GROWTHS}
"""Options of the viewpoint: lens, size and growth of the reader's firm."""


@dataclass(frozen=True)
class FoundPage:
    """What was found, or what was wrong with the question. ``own`` is the reader's municipality,
    ``query`` the query string of the results' address."""

    question: Question
    own: Place | None = None
    query: str = ""
    page: ResultPage | None = None
    problem: Message | None = None
    status: int = 200

    @property
    def by_words(self) -> bool:
        return self.page is not None and not self.page.by_meaning


@router.get(
    SEARCH_PATH,
    include_in_schema=False,
    dependencies=[limited(RateLimited.SEARCH), queued(QueuedWork.SEARCH, "q")],
)
def search_page(
    view: ViewDep, services: ServicesDep, access: AccessDep, asked: Annotated[Asked, Query()]
) -> Response:
    clean = _clean_query(view)
    if clean != view.request.url.query and not wants_fragment(view.request):
        cleaned = RedirectResponse(build_address(SEARCH_PATH, parse_qsl(clean)), 303)
        if wished := wished_view(view.request):
            keep_view(cleaned, view.request, wished)
        return cleaned
    question, own = _read_question(view, services, asked)
    if own is not None and asked.place is None:
        # who gets the address from a colleague shall see the same order
        clean = _add_place(clean, own)
        if question.text.strip() and not wants_fragment(view.request):
            return RedirectResponse(f"{SEARCH_PATH}?{clean}", 303)
    found = _find(services, access, question, partial(is_new, view.request, access, question))
    response = _show(view, services, replace(found, own=own, query=clean))
    if found.by_words:
        response.headers["Cache-Control"] = "no-store"
    if wants_fragment(view.request):
        response.headers["HX-Push-Url"] = f"{SEARCH_PATH}?{clean}"
    return response


@router.get(SUMMARY_PATH, include_in_schema=False)
def leave_summary(view: ViewDep) -> Response:
    """A summary has no address: one that is gone back to is asked for anew."""
    return RedirectResponse(f"{SEARCH_PATH}?{view.request.url.query}", 303)


@router.post(
    SUMMARY_PATH,
    include_in_schema=False,
    dependencies=[requires(Right.SUMMARIES), limited(RateLimited.SEARCH)],
)
async def summarise_results(
    view: ViewDep, services: ServicesDep, access: AccessDep, asked: Annotated[Asked, Form()]
) -> Response:
    """The block with the summary, or the whole page of results with it."""
    require_offered(services)
    question, own = await run_in_threadpool(_read_question, view, services, asked)
    found, refused = await _find_passages(view, services, access, question)
    parameters = list_parameters(question)
    if question.page > 1:
        parameters.append(("page", f"{question.page}"))
    found = replace(found, own=own, query=urlencode(parameters))
    block = replace(offer_summary(question), problem=found.problem)
    status, headers = found.status, {"Cache-Control": "no-store", **refused}
    if found.page is not None:
        block, status, more = await ask_for_summary(view, services, found.page)
        headers |= more
    if wants_fragment(view.request):
        response = view.page("search/_summary.html", status=status, summary=block)
        announce_retry(response, status)
    else:
        response = await run_in_threadpool(
            _show, view, services, replace(found, status=status), block
        )
    response.headers.update(headers)
    return response


async def _find_passages(
    view: RequestContext, services: Services, access: Access, question: Question
) -> tuple[FoundPage, Mapping[str, str]]:
    """What is to be summarised, and further headers. Nothing is searched for who asked for too many
    summaries."""
    try:
        await run_in_threadpool(check_limit, RateLimited.SUMMARY, view.request, access)
        async with view.request.app.state.queues[QueuedWork.SEARCH].place(view.request):
            return await run_in_threadpool(_find, services, access, question), {}
    except (TooManyRequests, ServerBusy) as error:
        said, status, headers = explain_refusal(error)
        return FoundPage(question, problem=said, status=status), headers


def _find(
    services: Services,
    access: Access,
    question: Question,
    is_new: Callable[[], bool] = lambda: False,
) -> FoundPage:
    if not question.text.strip():
        return FoundPage(question)
    try:
        return FoundPage(question, page=search(question, services, access, is_new=is_new))
    except (PermanentError, ServiceUnavailable) as error:
        return FoundPage(question, problem=sentence_of(error), status=status_of(error))


def _show(
    view: RequestContext,
    services: Services,
    found: FoundPage,
    summary: SummaryBlock | None = None,
) -> HTMLResponse:
    fragment = wants_fragment(view.request)
    here = f"{SEARCH_PATH}?{found.query}"
    question, answers = found.question, None
    if found.page is not None:
        answers = _build_results_view(view, found.page, services, found.own, here)
    offers = services.settings.offers_summaries and not found.by_words
    if offers and view.access.may(Right.SUMMARIES):
        summary = summary or offer_summary(question)
    response = view.page(
        "search/_results.html" if fragment else "search/page.html",
        status=found.status,
        read_at=here if view.request.method == "POST" else None,
        fragment=fragment,
        question=question,
        problem=found.problem,
        answers=answers,
        summary=summary,
        own=found.own,
        place=municipalities.find(question.viewpoint.place or ""),
        activity=activities.activity(question.viewpoint.ateco or ""),
        choices=CHOICES,
        here=here,
        shared=site_of(view.request) + build_address(SEARCH_PATH, parse_qsl(found.query)),
        compact=is_compact(view.request),
        tray=_read_tray(view, services),
        most=MOST,
    )
    announce_retry(response, found.status)
    return response


def _read_tray(view: RequestContext, services: Services) -> Tray:
    ids = read_compared(view.request)
    with services.database.session() as session:
        return build_tray(session, view.access, ids, view.reader, most=MOST)


def _clean_query(view: RequestContext) -> str:
    """The query string without empty fields and defaults, so that shared addresses are short."""
    usual = {"lens": f"{Lens.GENERAL}", "influence": f"{INFLUENCE}", "page": "1"}
    pairs = view.request.query_params.multi_items()
    kept = [
        (name, value)
        for name, value in pairs
        if value and usual.get(name) != value and name != VIEW
    ]
    if len(kept) == len(pairs):
        return view.request.url.query
    return urlencode(kept)


def _add_place(query: str, own: Place) -> str:
    return f"{query}&place={own.istat_code}" if query else f"place={own.istat_code}"


def _read_question(
    view: RequestContext, services: Services, asked: Asked
) -> tuple[Question, Place | None]:
    """The question, and the stored municipality if the address names that or none."""
    question = replace(asked.question(), reader_language=view.reader.code)
    with services.database.session() as session:
        own = find_own_place(session, view.request, view.access)
    if own is None or asked.place not in (None, own.istat_code):
        return question, None
    viewpoint = replace(question.viewpoint, place=own.istat_code)
    return replace(question, viewpoint=viewpoint), own


def _build_results_view(
    view: RequestContext,
    page: ResultPage,
    services: Services,
    own: Place | None,
    address: str,
) -> ResultsView:
    parameters = list_parameters(page.question)
    groups = _build_groups(page, view.reader)
    question = page.question
    nothing = page.verdict is AnswerVerdict.NOTHING
    if nothing:
        parameters = without_parameter(parameters, "far", "1")
    refusal = _suggest(view, services, page) if nothing else None
    shown = page.results[:NEAREST] if nothing else page.results
    total = len(shown) if nothing else page.total
    return ResultsView(
        page=page,
        found=[present_result(result, view.reader, page.place) for result in shown],
        refusal=refusal,
        groups=groups,
        years=page.facets.get("year", ()),
        between=_find_years(page.question),
        chips=build_place_chips(SEARCH_PATH, view.reader, page, parameters)
        + list_chips(SEARCH_PATH, parameters, groups)
        + build_other_chips(SEARCH_PATH, view.reader, parameters, own),
        place=present_place(page.place, view.reader) if page.place else None,
        collections=_leave_out_named(page, refusal),
        meant=_ask_as(page.did_you_mean, parameters),
        pages=number_pages(SEARCH_PATH, parameters, question.page, total, question.page_size),
        judged=_read_own_judgements(view, services, question.text),
        parameters=parameters,
        address=address,
        farther=None if nothing else _farther(page, parameters),
    )


def _leave_out_named(page: ResultPage, refusal: Refusal | None) -> tuple[FoundCollection, ...]:
    named = {one.id for one, _ in refusal.collections} if refusal else set()
    return tuple(one for one in page.collections if one.id not in named)


def _ask_as(text: str | None, parameters: Parameters) -> str | None:
    """The address of the same search with another text."""
    if text is None:
        return None
    others = [(name, value) for name, value in parameters if name != "q"]
    return build_address(SEARCH_PATH, [("q", text), *others])


def _farther(page: ResultPage, parameters: Parameters) -> str | None:
    """The address with the less near results, where there are any that are not listed."""
    if page.question.far or not page.less_near:
        return None
    return build_address(SEARCH_PATH, [*parameters, ("far", "1")])


def _suggest(view: RequestContext, services: Services, page: ResultPage) -> Refusal:
    with services.database.session() as session:
        return build_refusal(session, view.access, view.reader, page.question.text, page.results)


def _read_own_judgements(view: RequestContext, services: Services, text: str) -> Mapping[str, bool]:
    if view.access.account_id is None:
        return {}
    with services.database.session() as session:
        return read_judgements(session, view.access.account_id, text)


def _find_years(question: Question) -> Between:
    asked = question.filters.get("year")
    return asked if isinstance(asked, Between) else Between()


def _build_groups(page: ResultPage, reader: Locale) -> tuple[FilterGroup, ...]:
    return tuple(
        group(field.name, map(astuple, page.facets.get(field.name, ())), reader)
        for field in FILTERS
        if not field.is_range
    )
