"""Jobs of documents: list, those of one, retry, cancel, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from ingest.item_commands import cancel_item, delete_item, retry_item
from ingest.versions import withdraw_version
from kb.access import Access, Right
from kb.messages import N_
from kb.runtime.services import Services
from web.http.addresses import local_path
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.http.htmx import wants_fragment
from web.presenters import queries
from web.presenters.attachments import list_attachments
from web.presenters.jobs import (
    PAGE_SIZE,
    WorkQuery,
    count_work,
    read_work,
    read_worklist,
)
from web.presenters.listing import (
    FilterGroup,
    FilterOption,
    build_address,
    list_chips,
    number_pages,
)
from web.presenters.queries import require_document

router = APIRouter(include_in_schema=False, dependencies=[requires(Right.DOCUMENTS)])

FILTER = {
    "running": N_("Under way"),
    "waiting": N_("Waiting"),
    "failed": N_("Failed"),
}


@router.get("/work")
def all_work(
    view: ViewDep, services: ServicesDep, access: AccessDep, wanted: Annotated[WorkQuery, Query()]
) -> Response:
    with services.database.session() as session:
        found = read_worklist(session, access, wanted, view.reader)
    options = tuple(
        FilterOption(state, view.reader.gettext(name), found.counts[state], state == wanted.state)
        for state, name in FILTER.items()
    )
    groups = (FilterGroup("state", view.reader.gettext("State"), options),)
    parameters = wanted.parameters()
    page = [("page", str(wanted.page))] if wanted.page > 1 else []
    return view.page(
        "work/_list.html" if wants_fragment(view.request) else "work/list.html",
        lines=found.lines,
        groups=groups,
        total=found.total,
        live=found.counts["running"] + found.counts["waiting"] > 0,
        chips=list_chips("/work", parameters, groups),
        here=build_address("/work", [*parameters, *page]),
        pages=number_pages("/work", parameters, wanted.page, found.total, PAGE_SIZE),
    )


@router.get("/work-line")
def summary(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """How much is under way, waits and failed, in a line; the fragment polls while work goes on."""
    with services.database.session() as session:
        counts = count_work(session, access)
    return view.page("work/_summary.html", counts=counts)


@router.get("/documents/{document_id}/work")
def work_page(
    document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        return view.page(
            "work/_work.html" if wants_fragment(view.request) else "work/page.html",
            document=document,
            work=read_work(session, document, view.reader),
            alike=queries.find_near_duplicates(session, access, document_id),
        )


@router.post("/documents/{document_id}/retry")
def try_again(
    document_id: str,
    services: ServicesDep,
    access: AccessDep,
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    _require_document(services, access, document_id)
    retry_item(services, document_id, access)
    return RedirectResponse(local_path(back, f"/documents/{document_id}/work"), 303)


@router.post("/documents/{document_id}/cancel")
def stop(document_id: str, services: ServicesDep, access: AccessDep) -> Response:
    _require_document(services, access, document_id)
    cancel_item(services, document_id, access)
    return RedirectResponse(f"/documents/{document_id}/work", 303)


@router.post("/documents/{document_id}/versions/withdraw")
def withdraw(document_id: str, services: ServicesDep, access: AccessDep) -> Response:
    _require_document(services, access, document_id)
    withdraw_version(services, document_id, access)
    return RedirectResponse(f"/documents/{document_id}/versions", 303)


@router.get("/documents/{document_id}/delete")
def ask_to_delete(
    document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """The confirmation page: what will be deleted."""
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        return view.page(
            "documents/delete.html",
            document=document,
            collections=queries.collections_with(session, access, document_id),
            attached=[one for one in list_attachments(session, access, document) if one.document],
        )


@router.post("/documents/{document_id}/delete")
def remove(document_id: str, services: ServicesDep, access: AccessDep) -> Response:
    _require_document(services, access, document_id)
    delete_item(services, document_id, access)
    return RedirectResponse(f"/documents?removed={document_id}", 303)


def _require_document(services: Services, access: Access, document_id: str) -> None:
    """Raises NotFound for a document that does not exist or may not be seen."""
    with services.database.session() as session:
        require_document(session, access, document_id)
