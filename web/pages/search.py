"""The search page and its htmx fragment; question and filters are in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from kb.filters import FILTERS, Between
from kb.messages import N_, PermanentError, ServiceUnavailable
from kb.places import activities, municipalities
from kb.places.municipalities import Place
from kb.runtime.services import Services
from search.evaluation.judgements import read_judgements
from search.query import is_other_script
from search.results import (
    AnswerVerdict,
    FacetValue,
    FoundCollection,
    Question,
    ResultPage,
)
from search.service import search
from search.similarity.viewpoint import INFLUENCE, Lens
from web.forms.question import SEARCH_PATH, Asked, list_parameters
from web.http.addresses import site_of
from web.http.asked import is_new
from web.http.compared import MOST, read_compared
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.errors import announce_retry, sentence_of, status_of
from web.http.htmx import wants_fragment
from web.http.limits import RateLimited, limited
from web.http.own_place import find_own_place
from web.http.queues import Work, queued
from web.http.results_view import PARAMETER as VIEW
from web.http.results_view import is_compact, keep_view, wished_view
from web.presenters.asked_place import PlaceView, label_place, label_traits, present_place
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
from web.presenters.refusal import NEAREST, Refusal, build_refusal
from web.presenters.results import ShownResult, present_result
from web.presenters.similarity import GROWTHS, LENSES, SIZES
from web.presenters.tray import Tray, build_tray
from web.rendering.i18n import Locale

router = APIRouter()
CHOICES = {"lens": LENSES, "size": SIZES, "growth": GROWTHS}
"""Options of the viewpoint: lens, size and growth of the reader's firm."""


@dataclass(frozen=True)
class ResultsView:
    """What the results fragment shows. Where nothing is near, ``refusal`` says what may help, and
    ``found`` are the nearest results only."""

    page: ResultPage
    found: list[ShownResult]
    refusal: Refusal | None
    groups: tuple[FilterGroup, ...]
    years: tuple[FacetValue, ...]
    between: Between
    """The requested range of years."""
    chips: tuple[FilterChip, ...]
    place: PlaceView | None
    """What is said of the place that the question names."""
    collections: tuple[FoundCollection, ...]
    """Those on the subject that the refusal does not name already."""
    meant: str | None
    """The address of the question with misspelt words replaced, if there are any."""
    pages: PageNumbers
    judged: Mapping[str, bool]
    """The reader's judgements of results of this question, by item."""
    parameters: Parameters
    address: str
    farther: str | None
    """The address that lists the less near results too, where there are any."""

    @property
    def only(self) -> str:
        """The kind of all results, or nothing where there are several."""
        kinds = [one.value for one in self.page.facets.get("kind", ()) if one.count]
        return kinds[0] if len(kinds) == 1 else ""

    @property
    def active(self) -> int:
        """The number of filters in use, without the place that the question names."""
        chosen = sum(option.selected for group in self.groups for option in group.options)
        return chosen + sum(at is not None for at in (self.between.low, self.between.high))

    @property
    def nothing(self) -> bool:
        return self.page.verdict is AnswerVerdict.NOTHING

    @property
    def other_script(self) -> bool:
        """Whether the question is in another script than Latin."""
        return is_other_script(self.page.question.text)

    @property
    def noted(self) -> bool:
        """Whether the question was counted as unanswered: only questions to the whole base are."""
        return self.page.question.is_to_the_whole_base


@router.get(
    SEARCH_PATH,
    include_in_schema=False,
    dependencies=[limited(RateLimited.SEARCH), queued(Work.SEARCH, "q")],
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
    status, problem, answers = 200, None, None
    if question.text.strip():
        try:
            note = is_new(view.request, access, question)
            page = search(question, services, access, note=note)
            answers = _build_results_view(view, page, services, own, f"{SEARCH_PATH}?{clean}")
        except (PermanentError, ServiceUnavailable) as error:
            status, problem = status_of(error), sentence_of(error)
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
        shared=site_of(view.request) + build_address(SEARCH_PATH, parse_qsl(clean)),
        compact=is_compact(view.request),
        tray=_read_tray(view, services),
        most=MOST,
    )
    announce_retry(response, status)
    if wants_fragment(view.request):
        response.headers["HX-Push-Url"] = f"{SEARCH_PATH}?{clean}"
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
        chips=_build_place_chips(view.reader, page, parameters)
        + list_chips(SEARCH_PATH, parameters, groups)
        + _build_other_chips(view.reader, parameters, own),
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


def _build_place_chips(
    reader: Locale, page: ResultPage, parameters: Parameters
) -> tuple[FilterChip, ...]:
    """The chips of the place that the question names, and of what else it says of places and costs;
    without them, these are words."""
    if page.place is None:
        return ()
    labels = {"where": label_place(page.place, reader), "traits": label_traits(page.place, reader)}
    return tuple(
        FilterChip(label, build_address(SEARCH_PATH, [*parameters, (name, "any")]))
        for name, label in labels.items()
        if label
    )


def _build_other_chips(
    reader: Locale, parameters: Parameters, own: Place | None
) -> tuple[FilterChip, ...]:
    """Chips of filters without a list of values: years, municipality and activity. The reader's own
    municipality has none: it is changed where it was chosen."""
    kept = ("place", own.istat_code) if own else None
    wordings = {
        "year_from": N_("from {value}"),
        "year_to": N_("to {value}"),
        "place": N_("compared with {value}"),
        "ateco": N_("compared with {value}"),
        "where": N_("anywhere"),
        "traits": N_("any size, land and cost"),
        "far": N_("less near ones too"),
    }
    return tuple(
        FilterChip(
            reader.gettext(wordings[name]).format(value=_label_value(name, value)),
            build_address(SEARCH_PATH, without_parameter(parameters, name, value)),
        )
        for name, value in parameters
        if name in wordings and (name, value) != kept
    )


def _label_value(name: str, value: str) -> str:
    match name:
        case "place":
            place = municipalities.find(value)
            return place.name if place else value
        case "ateco":
            activity = activities.activity(value)
            return activity.title if activity else value
    return value
