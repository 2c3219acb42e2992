"""Pages for the media: of a practice and of a published issue of the magazine."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from kb.messages import N_, NotFound
from kb.periodical.issues import find_issue, read_texts
from kb.practices.parts import Contact
from kb.site import pages
from kb.text.licences import name_licence
from web.http.addresses import site_of
from web.http.context import AccessDep, Number, RequestContext, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.issue_texts import show_published
from web.presenters.metadata.collections import describe_issue
from web.presenters.metadata.practices import describe_practice
from web.presenters.press import PressSheet, press_of_issue, press_of_practice
from web.rendering.metadata import PageMetadata, describe_part

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
        said = describe_practice(session, view.site, practice_id)
        return _show(view, session, sheet, said, practice.contact)


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
        return _show(view, session, sheet, describe_issue(view.site, issue, shown))


def _show(
    view: RequestContext,
    session: Session,
    sheet: PressSheet,
    whole: PageMetadata | None,
    contacts: Sequence[Contact] = (),
) -> Response:
    """``whole``: metadata of the page that this one is about."""
    title = f"{view.reader.gettext(N_('For the media'))} · {sheet.title}"
    of = sheet.address.removeprefix(site_of(view.request))
    return view.page(
        "press/page.html",
        metadata=describe_part(whole, "press", title) if whole else None,
        sheet=sheet,
        of=of,
        is_issue=of.startswith("/magazine/"),
        contacts=contacts,
        ours=pages.find_page(session, "contacts", view.reader.code),
        licence=name_licence(view.site.licence),
        licence_address=view.site.licence,
    )
