"""The list of practices and the card of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from kb.access import Right
from kb.citations.csl import of_practice, sentence
from kb.practices.drafts import open_revision
from kb.practices.verification import is_due
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.own_place import find_own_place
from web.presenters import queries
from web.presenters.filters import build_list_controls
from web.presenters.listing import build_address, number_pages
from web.presenters.practice_card import card_context
from web.presenters.practice_map import VIEWS, draw_map
from web.presenters.queries import PracticeListQuery
from web.presenters.sources import read_sources
from web.presenters.tiles import card

router = APIRouter(prefix="/practices", include_in_schema=False)

MAP_PATH = "/practices/map"


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
        cards = [card(row, view.reader) for row in listing.rows]
    near = own is not None or bool(wanted.place)
    return view.page(
        "practices/list.html",
        cards=cards,
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
        collections = queries.collections_with(session, access, practice_id)
        if access.may(Right.PRACTICES):
            found = read_sources(session, access, view.reader, [practice_id])
            context["source_states"] = {line.id: line for line in found.lines}
        draft = open_revision(session, practice_id) if access.may(Right.PRACTICES) else None
    address = f"{site_of(view.request)}/practices/{practice_id}"
    return view.page(
        "practices/page.html",
        **context | {"collections": collections},
        draft=draft,
        citation=sentence(of_practice(practice, address, context["text_language"])),
        due=is_due(practice.reading.opened_on, view.reader.today()),
    )
