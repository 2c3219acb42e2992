"""Pages about the site itself: unanswered questions, accessibility, privacy, credits."""

from __future__ import annotations

from fastapi import APIRouter, Response

from kb.access import Right
from web import library
from web.deps import ServicesDep, ViewDep, requires

router = APIRouter(include_in_schema=False)


@router.get("/unanswered", dependencies=[requires(Right.DOCUMENTS)])
def unanswered(view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        return view.page("about/unanswered.html", questions=library.unanswered(session))


@router.get("/accessibility")
def accessibility(view: ViewDep) -> Response:
    return view.page("about/accessibility.html")


@router.get("/privacy")
def privacy(view: ViewDep) -> Response:
    return view.page("about/privacy.html")


@router.get("/credits")
def credits_page(view: ViewDep) -> Response:
    return view.page("about/credits.html")
