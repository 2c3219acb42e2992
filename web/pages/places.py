"""Choosing the reader's municipality or economic activity: suggestions, or a page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from kb.places import activities, municipalities
from web.http.addresses import local_path
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.htmx import wants_fragment
from web.http.own_place import store_own_place
from web.presenters.listing import build_address

router = APIRouter(include_in_schema=False)

MOST = 12
Typed = Annotated[str, Query(max_length=100)]
Back = Annotated[str, Query(max_length=4000)]


@router.get("/places")
def place_choice(view: ViewDep, q: Typed = "", back: Back = "/search") -> Response:
    """Municipalities whose name starts with ``q``, each with a button that returns to ``back``."""
    template = "places/_places.html" if wants_fragment(view.request) else "places/page.html"
    found = municipalities.search(q)
    return view.page(
        template, typed=q, found=found[:MOST], total=len(found), back=_back(view, back)
    )


@router.post("/places")
def choose_place(
    request: Request,
    services: ServicesDep,
    access: AccessDep,
    code: Annotated[str, Form(max_length=6)] = "",
    back: Annotated[str, Form(max_length=4000)] = "/search",
) -> Response:
    """Remember a municipality; an empty code switches the comparison off.

    Raises:
        PermanentError: no municipality has the code.
    """
    place = municipalities.named(code) if code else None
    response = RedirectResponse(remove_parameter(local_path(back, "/search"), "place"), 303)
    with services.database.transaction() as session:
        store_own_place(session, request, response, access, place)
    return response


@router.get("/activities")
def activity_choice(view: ViewDep, q: Typed = "", back: Back = "/search") -> Response:
    """Economic activities that match ``q``, each with a link that returns to ``back``."""
    template = "places/_activities.html" if wants_fragment(view.request) else "places/activity.html"
    back = _back(view, back)
    found = activities.find(q, MOST)
    links = [(one, level, _with(back, "ateco", one.code)) for one, level in found.shown]
    return view.page(template, typed=q, found=links, total=found.total, back=back)


def remove_parameter(path: str, name: str) -> str:
    """The address without a parameter."""
    parts = urlsplit(path)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return build_address(parts.path, kept)


def _with(path: str, name: str, value: str) -> str:
    parts = urlsplit(remove_parameter(path, name))
    return build_address(parts.path, [*parse_qsl(parts.query), (name, value)])


def _back(view: RequestContext, given: str) -> str:
    """The address to return to: with htmx the page it was sent from, otherwise, and from the page
    of the choice itself, ``given``."""
    try:
        current = urlsplit(view.request.headers.get("hx-current-url", ""))
    except ValueError:
        return local_path(given, "/search")
    if wants_fragment(view.request) and current.path not in ("", view.request.url.path):
        given = build_address(current.path, parse_qsl(current.query))
    return local_path(given, "/search")
