"""Make a card of a project that ended: freeze its measurements as a document, begin the draft."""

from __future__ import annotations

import io
from dataclasses import dataclass

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from ingest.item_commands import update_metadata
from ingest.metadata import Metadata
from ingest.submit import accept_bytes, add_document
from ingest.versions import submit_version
from kb.access import Access, Right
from kb.accounts import audit
from kb.domain import Status
from kb.projects.card import FrozenSheet, make_card, require_card_maker
from kb.projects.card_fields import SheetQuote, SheetQuotes
from kb.projects.commands import lock_project
from kb.runtime.services import Services
from kb.storage.projects import ProjectRow
from kb.storage.revisions import RevisionState
from kb.storage.tables import Document
from kb.text.names import as_name
from web.exports.measurement_sheet import MeasurementSheet, build_sheet
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, limited
from web.presenters import queries
from web.printing.page_texts import find_page, read_pages
from web.printing.pdf import as_pdf
from web.rendering.i18n import Locale, load_locales

router = APIRouter(prefix="/projects/{project_id}", include_in_schema=False)


@dataclass(frozen=True)
class PrintedSheet:
    """A sheet with its PDF, what cards quote of it, and the fields of its document."""

    sheet: MeasurementSheet
    pdf: bytes
    quotes: SheetQuotes
    filename: str
    metadata: Metadata


@router.post("/card", dependencies=[requires(Right.PROJECTS), limited(RateLimited.UPLOAD)])
def make_project_card(
    project_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """Lead to the draft, or back to the project for those who do not write cards and where the card
    was withdrawn."""
    with services.database.session() as session:
        row = queries.require_project(session, access, project_id)
        require_card_maker(row, access)
        reader = _reader_of(row, view)
        sheet = build_sheet(session, row, reader, site_of(view.request))
        metadata = _metadata(row, sheet, view)
    printed = _print(project_id, sheet, metadata, reader)
    _freeze(services, access, project_id, printed)
    with services.database.transaction() as session:
        row = lock_project(session, project_id)
        document = session.get_one(Document, row.sheet_id)
        frozen = FrozenSheet(document, printed.quotes, view.reader.today())
        draft = make_card(session, access, row, frozen)
        leads_to_draft = draft.state is not RevisionState.WITHDRAWN and access.may(Right.PRACTICES)
        address = f"/practices/{draft.practice_id}/edit"
    return RedirectResponse(address if leads_to_draft else f"/projects/{project_id}#card", 303)


def _reader_of(row: ProjectRow, view: RequestContext) -> Locale:
    """The locale of the project's language."""
    language = str(row.record.get("language", ""))
    return load_locales().get(language, view.reader).in_zone(view.reader.zone)


def _metadata(row: ProjectRow, sheet: MeasurementSheet, view: RequestContext) -> Metadata:
    lead = str(row.record["lead_body"])
    return Metadata(
        title=sheet.title,
        authors=[as_name(lead)],
        publisher=lead,
        year=view.reader.today().year,
        language=sheet.language,
        country="IT",
        source_url=f"{sheet.site}/projects/{row.id}",
        visibility=row.visibility,
    )


def _print(
    project_id: str, sheet: MeasurementSheet, metadata: Metadata, reader: Locale
) -> PrintedSheet:
    day = reader.today()
    pdf = as_pdf(sheet.as_paper(day, reader))
    pages = read_pages(pdf)
    quotes = SheetQuotes(
        {id: SheetQuote(said, find_page(pages, said)) for id, said in sheet.results.items()},
        [SheetQuote(said, find_page(pages, said)) for said in sheet.budget],
    )
    return PrintedSheet(sheet, pdf, quotes, f"{project_id[:80]}-{day:%Y-%m-%d}.pdf", metadata)


def _freeze(services: Services, access: Access, project_id: str, printed: PrintedSheet) -> None:
    """Store the sheet if it says something new: the first as a document, others as its
    versions."""
    with services.database.session() as session:
        known = _find_sheet(session, session.get_one(ProjectRow, project_id), printed)
    if known is None:
        _add_sheet(services, access, project_id, printed)
    elif not known.is_same:
        submit_version(services, known.id, io.BytesIO(printed.pdf), printed.filename, access)
        if known.title != printed.sheet.title:
            update_metadata(services, known.id, {"title": printed.sheet.title}, access)
        with services.database.transaction() as session:
            _note_sheet(session, access, lock_project(session, project_id), printed, known.id)


@dataclass(frozen=True)
class _KnownSheet:
    id: str
    title: str
    is_same: bool


def _find_sheet(session: Session, row: ProjectRow, printed: PrintedSheet) -> _KnownSheet | None:
    document = session.get(Document, row.sheet_id) if row.sheet_id else None
    if document is None or document.status is Status.DELETED:
        return None
    return _KnownSheet(document.id, document.title, row.sheet_sha256 == printed.sheet.sha256)


def _add_sheet(services: Services, access: Access, project_id: str, printed: PrintedSheet) -> None:
    """Unless another request has added it meanwhile."""
    with accept_bytes(services, io.BytesIO(printed.pdf)) as (session, stored):
        row = lock_project(session, project_id)
        is_first = _find_sheet(session, row, printed) is None
        if is_first:
            accepted = add_document(session, stored, printed.filename, printed.metadata, access)
            _note_sheet(session, access, row, printed, accepted.id)
    if not is_first:
        services.discard_originals({stored.sha256})


def _note_sheet(
    session: Session, access: Access, row: ProjectRow, printed: PrintedSheet, document_id: str
) -> None:
    row.sheet_id, row.sheet_sha256 = document_id, printed.sheet.sha256
    audit.record_event(session, access, "project.sheet", row.id, title=row.title)
