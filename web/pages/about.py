"""Pages about the site itself: unanswered questions, accessibility, privacy, credits."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from kb.access import Right
from kb.accounts import audit
from kb.messages import N_
from kb.site.pages import list_written
from search.unanswered import resolve_question
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.presenters import queries
from web.presenters.metadata.site import describe_list

router = APIRouter(include_in_schema=False)


@router.get("/unanswered", dependencies=[requires(Right.DOCUMENTS)])
def unanswered(view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        return view.page("about/unanswered.html", questions=queries.list_unanswered(session))


@router.post("/unanswered/settle", dependencies=[requires(Right.DOCUMENTS)])
def settle_question(
    services: ServicesDep, access: AccessDep, text: Annotated[str, Form(max_length=1000)]
) -> Response:
    with services.database.transaction() as session:
        resolve_question(session, text)
        audit.record_event(session, access, "question.settle", "", text=text)
    return RedirectResponse("/unanswered", 303)


@router.get("/accessibility")
def accessibility(view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        statement = "accessibility-statement" in list_written(session)
    return view.page(
        "about/accessibility.html",
        metadata=describe_list(view.site, "/accessibility", N_("Accessibility"), "AboutPage"),
        statement=statement,
    )


@router.get("/privacy")
def privacy(view: ViewDep, services: ServicesDep) -> Response:
    settings = services.settings
    return view.page(
        "about/privacy.html",
        llm_model=settings.llm_model,
        llm_host=urlsplit(settings.llm_url or "").hostname,
        files_elsewhere=(settings.files_url or "").startswith("s3:"),
        texts_elsewhere=(settings.database_url or "").startswith("postgres"),
        index_elsewhere=not settings.embedded,
        embedded_elsewhere=bool(settings.embedding_url),
        metadata=describe_list(view.site, "/privacy", N_("Privacy"), "AboutPage"),
    )


@router.get("/credits")
def credits_page(view: ViewDep) -> Response:
    return view.page(
        "about/credits.html",
        metadata=describe_list(view.site, "/credits", N_("Credits and licences"), "AboutPage"),
    )
