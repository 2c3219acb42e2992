"""Editing a document's metadata, replacing the document by a new version, older versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import (
    APIRouter,
    Depends,
    File,
    Form,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
)
from fastapi.responses import FileResponse, RedirectResponse
from sqlalchemy.orm import Session

from ingest.extract.formats import readable_formats
from ingest.item_commands import update_metadata
from ingest.processes.render import MEDIA_TYPE
from ingest.versions import submit_version, waiting_version
from kb.access import Access, Right
from kb.constants import A_DAY_S
from kb.messages import N_, Message, PermanentError
from kb.practices.quotations import quoted_spans
from kb.runtime.services import Services
from kb.storage.history import DocumentVersion, VersionPage
from web.forms.document import FormDep, MetadataForm, choices
from web.http.context import (
    AccessDep,
    Number,
    RendererDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    requires,
)
from web.http.limits import RateLimited, limited
from web.http.originals import send_original
from web.presenters.older_versions import list_replaced_versions
from web.presenters.page_names import name_page
from web.presenters.page_picture import draw_page
from web.presenters.page_text import split_at_tables
from web.presenters.queries import require_document

router = APIRouter(
    prefix="/documents/{document_id}",
    include_in_schema=False,
    dependencies=[requires(Right.DOCUMENTS)],
)


@dataclass(frozen=True)
class OlderPage:
    """Address of a page of a replaced version, with the passage or quotation to mark."""

    document_id: str
    number: Number
    page: Number
    passage: str = ""
    quote: Annotated[str, Query(max_length=2000)] = ""


@router.get("/edit")
def edit(document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        filled = MetadataForm.of(require_document(session, access, document_id))
    return _show_form(view, services, document_id, filled, json.dumps(filled.as_values()), None)


@router.post("/edit")
def save(
    document_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    filled: FormDep,
    shown: Annotated[str, Form()] = "",
) -> Response:
    """``shown`` is the JSON of the form when it was opened. Only changed fields are written, so
    that concurrent changes of others stay."""
    with services.database.session() as session:
        require_document(session, access, document_id)
    try:
        update_metadata(services, document_id, filled.changed(shown), access)
    except PermanentError as error:
        return _show_form(view, services, document_id, filled, shown, error.message)
    return RedirectResponse(f"/documents/{document_id}", 303)


@router.get("/versions")
def versions(document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    return _show_versions(view, services, document_id, None)


@router.post("/versions", dependencies=[limited(RateLimited.UPLOAD)])
def add_version(
    document_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    file: Annotated[UploadFile, File()],
) -> Response:
    with services.database.session() as session:
        require_document(session, access, document_id)
    try:
        if not file.filename:
            raise PermanentError(N_("No file was chosen: choose one."))
        accepted = submit_version(services, document_id, file.file, file.filename, access)
        if accepted.existing:
            raise PermanentError(N_("This is the present version already: choose another file."))
    except PermanentError as error:
        return _show_versions(view, services, document_id, error.message)
    return RedirectResponse(f"/documents/{document_id}/work", 303)


@router.get("/versions/{number}/original")
def older_original(
    document_id: str,
    number: Number,
    request: Request,
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    """The uploaded bytes of a replaced version."""
    with services.database.session() as session:
        version = _require_version(session, access, document_id, number)
    return send_original(request, services.originals, version.content_sha256, version.filename)


@router.get("/versions/{number}/pages/{page}")
def older_page(
    address: Annotated[OlderPage, Depends()],
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    """A page of a replaced version."""
    with services.database.session() as session:
        document = require_document(session, access, address.document_id)
        version, row = _require_older_page(session, access, address)
    spans = quoted_spans(row.text, address.quote) or _find_spans(version, address)
    return view.page(
        "documents/older_page.html",
        document=document,
        version=version,
        page=row,
        place=name_page(version, row, view.reader),
        stretches=split_at_tables(row.text, row.tables, spans),
        pictured=version.media_type == MEDIA_TYPE,
    )


@router.get("/versions/{number}/pages/{page}/image")
def older_image(
    address: Annotated[OlderPage, Depends()],
    services: ServicesDep,
    access: AccessDep,
    renderer: RendererDep,
) -> Response:
    with services.database.session() as session:
        version, row = _require_older_page(session, access, address)
    drawn = draw_page(services, renderer, version, row, [], access)
    if drawn is None:
        raise HTTPException(404)
    headers = {"Cache-Control": f"private, max-age={A_DAY_S}"}
    return FileResponse(drawn.image, media_type="image/webp", headers=headers)


def _show_form(
    view: RequestContext,
    services: Services,
    document_id: str,
    filled: MetadataForm,
    shown: str,
    problem: Message | None,
) -> Response:
    with services.database.session() as session:
        document = require_document(session, view.access, document_id)
    return view.page(
        "documents/edit.html",
        status=422 if problem else 200,
        document=document,
        filled=filled,
        shown=shown,
        problem=problem,
        **choices(view.reader),
    )


def _show_versions(
    view: RequestContext, services: Services, document_id: str, problem: Message | None
) -> Response:
    with services.database.session() as session:
        document = require_document(session, view.access, document_id)
        replaced = list_replaced_versions(session, document_id)
        waiting = waiting_version(session, document_id)
    return view.page(
        "documents/versions.html",
        status=422 if problem else 200,
        document=document,
        replaced=replaced,
        waiting=waiting,
        waiting_reason=view.reader.say(Message.from_json(waiting.reason))
        if waiting and waiting.reason
        else "",
        problem=problem,
        max_mb=services.settings.max_upload_mb,
        formats=readable_formats(),
    )


def _require_version(
    session: Session, access: Access, document_id: str, number: int
) -> DocumentVersion:
    require_document(session, access, document_id)
    version = session.get(DocumentVersion, (document_id, number))
    if version is None:
        raise HTTPException(404)
    return version


def _find_spans(version: DocumentVersion, address: OlderPage) -> list[tuple[int, int]]:
    """Character spans of the passage in the page's text."""
    passage = next((one for one in version.passages if one["id"] == address.passage), None)
    spans = passage["spans"] if passage else []
    return [(start, end) for at, start, end in spans if at == address.page]


def _require_older_page(
    session: Session, access: Access, address: OlderPage
) -> tuple[DocumentVersion, VersionPage]:
    version = _require_version(session, access, address.document_id, address.number)
    row = session.get(VersionPage, (address.document_id, address.number, address.page))
    if row is None:
        raise HTTPException(404)
    return version, row
