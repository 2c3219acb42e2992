"""The home page: sections in the order of the caller's role."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Response

from kb.access import Access
from kb.domain import Kind
from kb.messages import N_, KbError
from kb.runtime.services import Services
from kb.vocabulary import vocabularies
from search.results import AnswerVerdict, Question
from search.service import search
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, WorkQueues
from web.presenters import queries
from web.presenters.desk import build_desk, home_of
from web.presenters.listing import FilterOption
from web.presenters.metadata.site import describe_home
from web.presenters.practice_map import NEAR, list_nearest
from web.presenters.queries import PracticeListQuery
from web.presenters.results import ShownResult, present_result
from web.presenters.start_lists import list_steps
from web.presenters.tiles import card

router = APIRouter()

EXAMPLES = (
    N_("How can we fund organic school meals without raising the price?"),
    N_("Does it pay for small municipalities to merge, or to form a union?"),
    N_("What reduces hospital admissions of the elderly in mountain areas?"),
    N_("Biomass district heating in a town of 3,000: what does it cost?"),
)
LATEST = 6
"""Number of documents shown as the latest."""
NEAREST = 4
"""Number of practices shown as the nearest to the reader's municipality."""


@dataclass(frozen=True)
class AnsweredExample:
    """One of the examples with its first result, as a search finds it now."""

    question: str
    found: ShownResult


@router.get("/", include_in_schema=False)
def home(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    reader = view.reader
    examples = [reader.gettext(example) for example in EXAMPLES]
    wanted = home_of(access).sections
    example = _answer_example(view, services, access, examples) if "example" in wanted else None
    with services.database.session() as session:
        counts = {choice.value: choice.count for choice in queries.theme_counts(session, access)}
        latest = queries.recently_added_documents(session, access, LATEST)
        collections = queries.list_curated(session, access)
        own = find_own_place(session, view.request, access)
        practices = queries.matching_practices(session, access, PracticeListQuery()) if own else []
        return view.page(
            "home/page.html",
            metadata=describe_home(view.site),
            sections=[name for name in wanted if collections or name != "collections"],
            panels=build_desk(session, access, reader),
            steps=list_steps(session, access, services.settings),
            example=example,
            own=own,
            nearest=list_nearest(practices, own, reader, NEAREST),
            near_map=f"/practices/map?view={NEAR}",
            examples=examples,
            themes=[
                FilterOption(slug, term.label(reader.code), counts.get(slug, 0), selected=False)
                for slug, term in vocabularies.load("themes").items()
            ],
            collections=collections,
            entries_seen=queries.entries_seen(session, access),
            latest=[card(document, reader) for document in latest],
            practice_count=queries.count_items(session, access, Kind.PRACTICE),
            document_count=queries.count_items(session, access, Kind.DOCUMENT),
        )


def _answer_example(
    view: RequestContext, services: Services, access: Access, examples: list[str]
) -> AnsweredExample | None:
    """The first example that the base answers with a measured result; None while the program
    starts, where all places for searches are taken or only words are searched for, or where there
    is none."""
    if not services.ready.is_set():
        return None
    queues: WorkQueues = view.request.app.state.queues
    with queues[QueuedWork.SEARCH].place_if_free() as taken:
        return _search_examples(view, services, access, examples) if taken else None


def _search_examples(
    view: RequestContext, services: Services, access: Access, examples: list[str]
) -> AnsweredExample | None:
    for text in examples:
        question = Question(text, reader_language=view.reader.code, page_size=1)
        try:
            page = search(question, services, access, note=False)
        except KbError:
            return None
        if not page.by_meaning:
            return None
        if page.verdict is AnswerVerdict.ANSWERED and page.results[0].measured_results:
            return AnsweredExample(text, present_result(page.results[0], view.reader))
    return None
