"""The pages about the association: read by everybody, written by administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from kb.access import Right
from kb.messages import N_, KbError, Message
from kb.site import pages
from kb.text.lines import clean_text
from web.http.context import (
    AccessDep,
    Number,
    RequestContext,
    ServicesDep,
    ViewDep,
    requires,
)
from web.presenters.metadata.site import describe_list, describe_site_page
from web.rendering.i18n import load_locales

router = APIRouter(prefix="/about", include_in_schema=False)
WRITING = [requires(Right.ADMINISTER)]
TITLES = {
    "who-we-are": N_("Who we are"),
    "statute": N_("Statute"),
    "board": N_("Bodies of the association"),
    "programme": N_("Programme"),
    "contacts": N_("Contacts"),
    "legal-notes": N_("Legal notes"),
    "accessibility-statement": N_("Accessibility statement"),
}


class PageFields(BaseModel):
    """The form of a page. ``seen``: the number of the version that it was opened with."""

    text: str = ""
    seen: Number = 0


@router.get("")
def site_pages(view: ViewDep, services: ServicesDep) -> Response:
    """The list of the pages; administrators see those without a text too."""
    with services.database.session() as session:
        written = pages.list_written(session)
    shown = pages.SLUGS if view.access.may(Right.ADMINISTER) else written
    return view.page(
        "site/list.html",
        metadata=describe_list(view.site, "/about", N_("About us"), "AboutPage"),
        shown=shown,
        written=written,
        titles=TITLES,
    )


@router.get("/{slug}")
def site_page(slug: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        version = pages.find_page(session, slug, view.reader.code)
        if version is None and not view.access.may(Right.ADMINISTER):
            raise HTTPException(404)
        said = describe_site_page(view.site, slug, TITLES[slug], version) if version else None
        return view.page(
            "site/page.html", metadata=said, slug=slug, title=TITLES[slug], version=version
        )


@router.get("/{slug}/edit", dependencies=WRITING)
def edit(slug: str, view: ViewDep, services: ServicesDep, written_in: str = "") -> Response:
    language = _require_language(written_in or view.reader.code)
    with services.database.session() as session:
        current = pages.find_current(session, slug, language)
    sent = PageFields(text=current.text, seen=current.number) if current else PageFields()
    return _show_form(view, slug, language, sent, None, "")


@router.post("/{slug}/edit", dependencies=WRITING)
def write(
    slug: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[PageFields, Form()],
    written_in: str = "",
) -> Response:
    language = _require_language(written_in or view.reader.code)
    text = clean_text(sent.text)
    try:
        with services.database.transaction() as session:
            pages.write_page(session, access, slug, language, text, sent.seen)
    except KbError as error:
        with services.database.session() as session:
            current = pages.find_current(session, slug, language)
        newer = current if current is not None and current.number != sent.seen else None
        seen = newer.number if newer else sent.seen
        again = PageFields(text=sent.text, seen=seen)
        theirs = newer.text if newer else ""
        return _show_form(view, slug, language, again, error.message, theirs)
    shown = "" if language == view.reader.code else f"/versions?written_in={language}"
    return RedirectResponse(f"/about/{slug}{shown}", 303)


@router.get("/{slug}/versions", dependencies=WRITING)
def page_versions(
    slug: str, view: ViewDep, services: ServicesDep, written_in: str = ""
) -> Response:
    language = _require_language(written_in or view.reader.code)
    with services.database.session() as session:
        found = pages.list_versions(session, slug, language)
        return view.page(
            "site/versions.html",
            slug=slug,
            title=TITLES[slug],
            versions=found,
            language=language,
            locales=load_locales(),
        )


def _require_language(code: str) -> str:
    if code not in load_locales():
        raise HTTPException(404)
    return code


def _show_form(  # the page, what was sent, and what stands against it
    view: RequestContext,
    slug: str,
    language: str,
    sent: PageFields,
    problem: Message | None,
    theirs: str,
) -> Response:
    return view.page(
        "site/edit.html",
        status=422 if problem else 200,
        slug=slug,
        title=TITLES[slug],
        language=language,
        locales=load_locales(),
        sent=sent,
        problem=problem,
        theirs=theirs,
        longest=pages.TEXT_LENGTH,
    )
