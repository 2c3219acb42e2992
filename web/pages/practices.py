"""The list of practices and the card of one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy.orm import Session

from kb.access import Right
from kb.citations.csl import of_practice, sentence
from kb.messages import N_
from kb.practices.drafts import open_revision
from kb.practices.locations import point_of
from kb.practices.practice import Practice
from kb.practices.verification import is_due
from kb.runtime.services import Services
from web.exports.practice_sheet import practice_sheet
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.filters import build_list_controls
from web.presenters.follows import offer_theme
from web.presenters.listing import build_address, number_pages
from web.presenters.local_use import read_local_use
from web.presenters.metadata.practices import describe_practice
from web.presenters.metadata.site import describe_list
from web.presenters.place_map import draw_place
from web.presenters.practice_card import card_context
from web.presenters.practice_map import VIEWS, draw_map
from web.presenters.practice_reading import ReadNext, home_of, list_nearby, suggest_reading
from web.presenters.queries import PracticeListQuery
from web.presenters.sources import read_sources
from web.presenters.tiles import cards_of
from web.printing.download import PaperFormat, download_paper

router = APIRouter(prefix="/practices", include_in_schema=False)

MAP_PATH = "/practices/map"
MOST_TILES = 4
"""Key figures shown before the table of all results."""
JUMPS = (
    ("results-title", N_("Measured results")),
    ("costs-title", N_("Costs and funding")),
    ("transfer-title", N_("Whom to ask")),
    ("problem-title", N_("Problem and solution")),
    ("limits-title", N_("Limits")),
    ("similar-title", N_("Similar practices")),
    ("near-title", N_("Near you")),
    ("sources-title", N_("Sources")),
)
"""Sections that the list at the top of a card's page leads to: anchor and label."""


@router.get("")
def practice_list(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PracticeListQuery, Query()],
) -> Response:
    with services.database.session() as session:
        own = find_own_place(session, view.request, access)
        if wanted.sort == "near" and own and not wanted.place:
            wanted = wanted.model_copy(update={"place": own.istat_code})
        listing = queries.list_items(session, access, wanted, view.reader.code)
        cards = cards_of(session, listing.rows, view.reader)
        follow = offer_theme(session, access, wanted.theme, view.reader)
    near = own is not None or bool(wanted.place)
    return view.page(
        "practices/list.html",
        metadata=describe_list(
            view.site, "/practices", N_("Practices"), filters=wanted.parameters(), page=wanted.page
        ),
        cards=cards,
        follow=follow,
        total=listing.total,
        controls=build_list_controls("/practices", listing, wanted, view.reader, near=near),
        as_map=build_address(MAP_PATH, wanted.parameters()),
        pages=number_pages(
            "/practices", wanted.parameters(), wanted.page, listing.total, queries.PAGE_SIZE
        ),
    )


class MapQuery(PracticeListQuery):
    """The filters of the list, and the part of the world to show."""

    view: str = Field(default="", pattern=f"^({'|'.join(VIEWS)})?$")


@router.get("/map")
def practice_map(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[MapQuery, Query()],
) -> Response:
    with services.database.session() as session:
        listing = queries.list_items(session, access, wanted, view.reader.code)
        practices = queries.matching_practices(session, access, wanted)
        own = find_own_place(session, view.request, access)
    filters = [(name, value) for name, value in wanted.parameters() if name != "view"]
    return view.page(
        "practices/map.html",
        metadata=describe_list(
            view.site, "/practices/map", N_("Practices on a map"), filters=wanted.parameters()
        ),
        map=draw_map(practices, wanted.view, own, view.reader),
        total=len(practices),
        own=own,
        controls=build_list_controls(MAP_PATH, listing, wanted, view.reader),
        kept=[("view", wanted.view)] if wanted.view else [],
        views={name: build_address(MAP_PATH, [*filters, ("view", name)]) for name in VIEWS},
        as_list=build_address("/practices", filters),
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
        practice = queries.require_practice(session, access, practice_id)
        context = card_context(session, practice, view.reader, text)
        context["collections"] = queries.collections_with(session, access, practice_id)
        context["tiles"] = context["achieved"][:MOST_TILES]
        context |= _build_surroundings(view, services, session, practice)
        local = read_local_use(session, access, practice, view.reader)
        if access.may(Right.PRACTICES):
            found = read_sources(session, access, view.reader, [practice_id])
            context["source_states"] = {line.id: line for line in found.lines}
        metadata = describe_practice(session, view.site, practice_id)
        draft = open_revision(session, practice_id) if access.may(Right.PRACTICES) else None
    address = f"{site_of(view.request)}/practices/{practice_id}"
    return view.page(
        "practices/page.html",
        metadata=metadata,
        **context,
        local=local,
        draft=draft,
        citation=sentence(of_practice(practice, address, context["text_language"])),
        due=is_due(practice.reading.opened_on, view.reader.today()),
    )


@router.get(
    "/{practice_id}/sheet.{format}",
    dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)],
)
def printed_sheet(
    practice_id: str,
    format: Literal[PaperFormat.PDF, PaperFormat.DOCX],
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    """The practice on a page or two, to take along."""
    with services.database.session() as session:
        practice = queries.require_practice(session, access, practice_id)
        address = f"{site_of(view.request)}/practices/{practice_id}"
        paper = practice_sheet(practice, view.reader, address, view.reader.today())
    return download_paper(practice_id, format, paper)


def _build_surroundings(
    view: RequestContext, services: Services, session: Session, practice: Practice
) -> dict[str, Any]:
    """What the page shows around the card: picture, map, nearby and similar practices."""
    access, reader = view.access, view.reader
    own = find_own_place(session, view.request, access)
    next_read = suggest_reading(services, session, access, practice, reader)
    return {
        "picture": queries.find_picture(session, practice.id),
        "map": draw_place(point_of(practice.place.model_dump()), home_of(own)),
        "nearby": list_nearby(session, access, practice, own, reader),
        "next": next_read,
        "jumps": _list_sections(practice, next_read),
    }


def _list_sections(practice: Practice, next_read: ReadNext) -> list[tuple[str, str]]:
    """Those of ``JUMPS`` that the page of this practice has."""
    missing = set()
    if not (practice.contact or practice.reuse or practice.duration is not None):
        missing.add("transfer-title")
    if not (next_read.similar or next_read.contrary):
        missing.add("similar-title")
    return [one for one in JUMPS if one[0] not in missing]
