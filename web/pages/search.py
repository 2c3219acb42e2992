"""The search page and its fragment: a question, its filters in the address, its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from kb.filters import FILTERS, Between
from kb.messages import N_, PermanentError
from kb.places import activities, municipalities
from kb.places.municipalities import Place
from kb.runtime.services import Services
from search.evaluation.judgements import read_judgements
from search.results import FacetValue, Question, Result, ResultPage
from search.service import search
from search.similarity.viewpoint import INFLUENCE, Lens
from web.forms.question import SEARCH_PATH, Asked, list_parameters
from web.http.asked import is_new
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.errors import status_of
from web.http.htmx import wants_fragment
from web.http.limits import RateLimited, limited
from web.http.own_place import remembered
from web.presenters.filters import group
from web.presenters.listing import (
    FilterChip,
    FilterGroup,
    PageNumbers,
    Parameters,
    build_address,
    list_chips,
    number_pages,
    without_parameter,
)
from web.presenters.refusal import NEAREST, Refusal, refusal
from web.presenters.similarity import GROWTHS, LENSES, SIZES, SimilarityView, present_similarity
from web.presenters.story import section_anchor
from web.presenters.tiles import Figure, figures
from web.rendering.i18n import Locale

router = APIRouter()
CHOICES = {"lens": LENSES, "size": SIZES, "growth": GROWTHS}
"""What a reader chooses from to say what one's firm is and what counts."""


@dataclass(frozen=True)
class ShownResult:
    """A result with its measured results and its likeness written out for the reader."""

    result: Result
    figures: list[Figure]
    likeness: SimilarityView | None

    def section(self, heading: str) -> str:
        """The anchor of a passage's section on the card's page."""
        return section_anchor(heading)


@dataclass(frozen=True)
class ResultsView:
    """What the results fragment shows. Where nothing answers, ``refusal`` says what may help, and
    ``found`` are the nearest results only."""

    page: ResultPage
    found: list[ShownResult]
    refusal: Refusal | None
    groups: tuple[FilterGroup, ...]
    years: tuple[FacetValue, ...]
    between: Between
    """The years asked for."""
    chips: tuple[FilterChip, ...]
    pages: PageNumbers
    judged: Mapping[str, bool]
    """What the reader has said of the results of this question, by item."""
    parameters: Parameters
    address: str

    @property
    def noted(self) -> bool:
        """Whether an unanswered question went into the log: only one put to the whole base does."""
        return self.page.question.is_to_the_whole_base


@router.get(SEARCH_PATH, include_in_schema=False, dependencies=[limited(RateLimited.SEARCH)])
def search_page(
    view: ViewDep, services: ServicesDep, access: AccessDep, asked: Annotated[Asked, Query()]
) -> Response:
    clean = _said(view)
    if clean != view.request.url.query and not wants_fragment(view.request):
        return RedirectResponse(build_address(SEARCH_PATH, parse_qsl(clean)), 303)
    question, own = _asked(view, services, asked)
    status, problem, answers = 200, None, None
    if question.text.strip():
        try:
            note = is_new(view.request, access, question)
            page = search(question, services, access, note=note)
            answers = _answers(view, page, services, own)
        except PermanentError as error:
            status, problem = status_of(error), error.message
    template = "search/_results.html" if wants_fragment(view.request) else "search/page.html"
    response = view.page(
        template,
        status=status,
        fragment=wants_fragment(view.request),
        question=question,
        problem=problem,
        answers=answers,
        own=own,
        place=municipalities.find(question.viewpoint.place or ""),
        activity=activities.activity(question.viewpoint.ateco or ""),
        choices=CHOICES,
        here=f"{SEARCH_PATH}?{clean}",
    )
    if wants_fragment(view.request):
        response.headers["HX-Push-Url"] = f"{SEARCH_PATH}?{clean}"
    return response


def _said(view: RequestContext) -> str:
    """The query of the address without fields left empty or as they are unless said, so that
    an address that is handed on holds what was asked and no more."""
    usual = {"lens": f"{Lens.GENERAL}", "influence": f"{INFLUENCE}", "page": "1"}
    pairs = view.request.query_params.multi_items()
    kept = [(name, value) for name, value in pairs if value and usual.get(name) != value]
    if len(kept) == len(pairs):
        return view.request.url.query
    return urlencode(kept)


def _asked(view: RequestContext, services: Services, asked: Asked) -> tuple[Question, Place | None]:
    """The question, and the remembered municipality where the address names none."""
    question = asked.question()
    if asked.place is not None:
        return question, None
    with services.database.session() as session:
        own = remembered(session, view.request, view.access)
    if own is None:
        return question, None
    viewpoint = replace(question.viewpoint, place=own.istat_code)
    return replace(question, viewpoint=viewpoint), own


def _answers(
    view: RequestContext, page: ResultPage, services: Services, own: Place | None
) -> ResultsView:
    parameters = list_parameters(page.question)
    if own is not None:
        parameters = without_parameter(parameters, "place", own.istat_code)
    groups = _groups(page, view.reader)
    question = page.question
    shown = page.results if page.answered else page.results[:NEAREST]
    total = page.total if page.answered else len(shown)
    return ResultsView(
        page=page,
        found=[_found(result, view.reader) for result in shown],
        refusal=None if page.answered else _refusal(view, services, page),
        groups=groups,
        years=page.facets.get("year", ()),
        between=_years_asked(page.question),
        chips=list_chips(SEARCH_PATH, parameters, groups) + _other_chips(view.reader, parameters),
        pages=number_pages(SEARCH_PATH, parameters, question.page, total, question.page_size),
        judged=_judged(view, services, question.text),
        parameters=parameters,
        address=f"{SEARCH_PATH}?{_said(view)}",
    )


def _refusal(view: RequestContext, services: Services, page: ResultPage) -> Refusal:
    with services.database.session() as session:
        return refusal(session, view.access, view.reader, page.question.text, page.results)


def _found(result: Result, reader: Locale) -> ShownResult:
    alike = present_similarity(result.similarity, reader) if result.similarity else None
    return ShownResult(result, figures(result.measured_results, reader), alike)


def _judged(view: RequestContext, services: Services, text: str) -> Mapping[str, bool]:
    if view.access.account_id is None:
        return {}
    with services.database.session() as session:
        return read_judgements(session, view.access.account_id, text)


def _years_asked(question: Question) -> Between:
    asked = question.filters.get("year")
    return asked if isinstance(asked, Between) else Between()


def _groups(page: ResultPage, reader: Locale) -> tuple[FilterGroup, ...]:
    return tuple(
        group(field.name, map(astuple, page.facets.get(field.name, ())), reader)
        for field in FILTERS
        if not field.is_range
    )


def _other_chips(reader: Locale, parameters: Parameters) -> tuple[FilterChip, ...]:
    """Chips of what is no list of values: the years and the reader's own municipality."""
    wordings = {
        "year_from": N_("from {value}"),
        "year_to": N_("to {value}"),
        "place": N_("compared with {value}"),
        "ateco": N_("compared with {value}"),
    }
    return tuple(
        FilterChip(
            reader.gettext(wordings[name]).format(value=_name_of(name, value)),
            build_address(SEARCH_PATH, without_parameter(parameters, name, value)),
        )
        for name, value in parameters
        if name in wordings
    )


def _name_of(name: str, value: str) -> str:
    match name:
        case "place":
            place = municipalities.find(value)
            return place.name if place else value
        case "ateco":
            activity = activities.activity(value)
            return activity.title if activity else value
    return value
