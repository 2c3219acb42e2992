"""The sources that cards cite: what became of them, and asking for them to be fetched."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from ingest.fetching.queue import ask_for, require_enabled
from kb.access import Right
from kb.practices.card_figures import count_places
from kb.practices.cited_sources import list_cited_sources
from kb.storage.sources import Asked
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.http.htmx import wants_fragment
from web.presenters import queries
from web.presenters.sources import TROUBLED, read_sources

router = APIRouter(include_in_schema=False, dependencies=[requires(Right.PRACTICES)])
MOST_LINES = 200
"""Sources listed at once."""


@router.get("/sources")
def all_sources(
    view: ViewDep, services: ServicesDep, access: AccessDep, state: str = ""
) -> Response:
    """``state``: only sources in this state; otherwise those with which something is wrong."""
    with services.database.session() as session:
        overview = read_sources(session, access, view.reader)
        counted = count_places(session, access)
    chosen = [
        line
        for line in overview.lines
        if (line.state == state if state else line.state in TROUBLED)
    ]
    return view.page(
        "sources/list.html",
        overview=overview,
        counted=counted,
        lines=chosen[:MOST_LINES],
        total=len(chosen),
        state=state,
    )


@router.get("/practices/{practice_id}/sources")
def card_sources(
    practice_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        practice = queries.require_practice(session, access, practice_id)
        overview = read_sources(session, access, view.reader, [practice_id])
    return view.page(
        "sources/_lines.html" if wants_fragment(view.request) else "sources/card.html",
        practice=practice,
        overview=overview,
        fetching=services.settings.fetch,
    )


@router.post("/practices/{practice_id}/sources/fetch", dependencies=[requires(Right.DOCUMENTS)])
def fetch(
    practice_id: str,
    services: ServicesDep,
    access: AccessDep,
    source: Annotated[str, Form()] = "",
    only_check: Annotated[bool, Form()] = False,
) -> Response:
    """Queue a visit to one source of the card, or to all that are not held yet."""
    require_enabled(services.settings)
    with services.database.transaction() as session:
        queries.require_practice(session, access, practice_id)
        cited = list_cited_sources(session, access, [practice_id])
        wanted = [
            one.url
            for one in cited
            if one.url and (one.source.id == source or (not source and one.document is None))
        ]
        if only_check and not source:
            wanted = [one.url for one in cited if one.url]
        asked = Asked.CHECK if only_check else Asked.FETCH
        ask_for(session, wanted, asked, access.account_id)
    return RedirectResponse(f"/practices/{practice_id}/sources", 303)
