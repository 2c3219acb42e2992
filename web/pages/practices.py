"""The list of practices and the card of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb.access import Right
from kb.citations.csl import of_practice, sentence
from kb.domain import Kind
from kb.practices.drafts import open_revision
from kb.practices.verification import is_due
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.filters import list_filters
from web.presenters.listing import list_chips, number_pages
from web.presenters.practice_card import card_context
from web.presenters.queries import PracticeListQuery
from web.presenters.tiles import card

router = APIRouter(prefix="/practices", include_in_schema=False)


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
        practice = queries.require_practice(session, access, practice_id)
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
