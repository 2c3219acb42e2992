"""The list of practices and the whole card of one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from kb.access import Right
from kb.citations.csl import of_practice, sentence
from kb.domain import CARD_LANGUAGE, Kind
from kb.messages import N_
from kb.practices.drafts import open_revision
from kb.practices.practice import MeasuredResult, Practice
from kb.practices.quotations import page_number
from kb.practices.verification import is_due
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.filters import list_filters
from web.presenters.listing import list_chips, number_pages
from web.presenters.queries import PracticeListQuery
from web.presenters.tiles import Figure, card, figure, place_facts, price
from web.rendering.i18n import Locale, load_locales

router = APIRouter(prefix="/practices", include_in_schema=False)

HEADINGS = {
    "problem": N_("Problem"),
    "solution": N_("Solution"),
    "resources": N_("Resources"),
    "conditions": N_("Conditions"),
    "limits": N_("Limits"),
    "lessons": N_("Lessons"),
}


@router.get("")
def practice_list(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PracticeListQuery, Query()],
) -> Response:
    with services.database.session() as session:
        listing = queries.list_items(session, access, Kind.PRACTICE, wanted)
        cards = [card(row, view.reader) for row in listing.rows]
    groups = list_filters(listing, wanted, view.reader)
    return view.page(
        "practices/list.html",
        cards=cards,
        total=listing.total,
        groups=groups,
        chips=list_chips("/practices", wanted.parameters(), groups),
        pages=number_pages(
            "/practices", wanted.parameters(), wanted.page, listing.total, queries.PAGE_SIZE
        ),
    )


@router.get("/{practice_id}")
def practice_page(
    practice_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    text: str = "",
) -> Response:
    """``text`` chooses the language of title, summary and indicators: ``it`` or ``en``."""
    with services.database.session() as session:
        practice = queries.find_practice(session, access, practice_id)
        if practice is None:
            raise queries.missing(session, access, practice_id)
        context = card_context(session, practice, view.reader, text)
        collections = queries.collections_with(session, access, practice_id)
        draft = open_revision(session, practice_id) if access.may(Right.PRACTICES) else None
    return view.page(
        "practices/page.html",
        **context | {"collections": collections},
        draft=draft,
        citation=sentence(
            of_practice(practice, f"{site_of(view.request)}/practices/{practice_id}")
        ),
        due=is_due(practice.verified_on, view.reader.today()),
    )


def card_context(
    session: Session, practice: Practice, reader: Locale, text: str = ""
) -> dict[str, Any]:
    """What ``practices/_card.html`` shows, of a practice as its reader may see it."""
    card_reader = (
        load_locales().get(text, reader).in_zone(reader.zone) if text in ("it", "en") else reader
    )
    english = card_reader.code == "en"
    achieved, hoped = _figures(practice, card_reader)
    cited = [source.document for source in practice.sources if source.document]
    return {
        "practice": practice,
        "english": english,
        "card_language": CARD_LANGUAGE,
        "title": practice.title_en if english else practice.title,
        "summary": practice.summary_en if english else practice.summary,
        "achieved": achieved,
        "hoped": hoped,
        "disagreements": _disagreements(practice.results, card_reader),
        "prices": [price(cost, card_reader) for cost in practice.costs],
        "facts": place_facts(practice.place, reader),
        "headings": HEADINGS,
        "story": dict(practice.story()),
        "removed": queries.read_removals(session, cited) if cited else {},
        "page_number": page_number,
        "collections": [],
    }


def _figures(practice: Practice, reader: Locale) -> tuple[list[Figure], list[Figure]]:
    """What was achieved, and apart from it what was only expected or aimed at."""
    written = [figure(result, reader) for result in practice.results]
    return (
        [one for one in written if one.result.achieved],
        [one for one in written if not one.result.achieved],
    )


def _disagreements(results: tuple[MeasuredResult, ...], reader: Locale) -> list[list[Figure]]:
    """Groups of figures that are given for the same thing and differ."""
    by_key: dict[str, list[Figure]] = {}
    for result in results:
        if result.disagreement:
            by_key.setdefault(result.disagreement, []).append(figure(result, reader))
    return list(by_key.values())
