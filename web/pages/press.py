"""Pages for the media: of a practice and of a published issue of the magazine."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from kb.messages import NotFound
from kb.periodical.issues import find_issue, read_texts
from kb.site import pages
from kb.text.licences import name_licence
from web.http.addresses import site_of
from web.http.context import AccessDep, Number, RequestContext, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.issue_texts import show_published
from web.presenters.press import PressSheet, press_of_issue, press_of_practice

router = APIRouter(include_in_schema=False)


@router.get("/practices/{practice_id}/press")
def press_page_of_practice(
    practice_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """For those who see the practice."""
    path = f"/practices/{practice_id}"
    with services.database.session() as session:
        practice = queries.require_practice(session, access, practice_id)
        licence = services.settings.licence_address
        address = f"{site_of(view.request)}{path}"
        named = name_licence(licence)
        sheet = press_of_practice(session, practice, view.reader, address, named)
        return _show(view, session, sheet, path, licence, contacts=practice.contact)


@router.get("/magazine/{number}/press")
def press_page_of_issue(number: Number, view: ViewDep, services: ServicesDep) -> Response:
    """Raises NotFound for an issue that is not published."""
    path = f"/magazine/{number}"
    with services.database.session() as session:
        issue = find_issue(session, number)
        if issue is None:
            raise NotFound()
        shown = show_published(session, read_texts(issue), services.settings.zone)
        licence = services.settings.licence_address
        address = f"{site_of(view.request)}{path}"
        named = name_licence(licence)
        sheet = press_of_issue(session, issue, shown, view.reader, address, named)
        return _show(view, session, sheet, path, licence)


def _show(
    view: RequestContext,
    session: Session,
    sheet: PressSheet,
    path: str,
    licence: str,
    contacts: tuple[Any, ...] = (),
) -> Response:
    return view.page(
        "press/page.html",
        sheet=sheet,
        of=path,
        is_issue=path.startswith("/magazine/"),
        contacts=contacts,
        ours=pages.find_page(session, "contacts", view.reader.code),
        licence=name_licence(licence),
        licence_address=licence,
    )
