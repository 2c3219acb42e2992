"""Make a card of a project that ended: freeze its measurements as a document, begin the draft."""

from __future__ import annotations

import io
from dataclasses import dataclass

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

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
from kb.storage.tables import Document
from kb.text.names import as_name
from web.exports.measurement_sheet import MeasurementSheet, build_sheet
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, limited
from web.presenters import queries
from web.printing.page_texts import find_page
from web.printing.pdf import as_pdf
from web.rendering.i18n import load_locales

router = APIRouter(prefix="/projects/{project_id}", include_in_schema=False)


@dataclass(frozen=True)
class PrintedSheet:
    """A sheet with its PDF and the fields of its document."""

    sheet: MeasurementSheet
    pdf: bytes
    filename: str
    metadata: Metadata

    def quotes(self) -> SheetQuotes:
        """What cards quote of it, with the pages on which it stands."""
        results = {id: self._quote(said) for id, said in self.sheet.results.items()}
        return SheetQuotes(results, [self._quote(said) for said in self.sheet.budget])

    def _quote(self, words: str) -> SheetQuote:
        return SheetQuote(words, find_page(self.pdf, words))


@router.post("/card", dependencies=[requires(Right.PROJECTS), limited(RateLimited.UPLOAD)])
def make_project_card(
    project_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """Lead to the draft, or back to the project for those who do not write cards."""
    with services.database.session() as session:
        row = queries.require_project(session, access, project_id)
        require_card_maker(row, access)
        printed = _print(session, row, view)
    is_new = _freeze(services, access, project_id, printed)
    with services.database.transaction() as session:
        row = lock_project(session, project_id)
        document = session.get_one(Document, row.sheet_id)
        frozen = FrozenSheet(document, printed.quotes(), is_new, view.reader.today())
        draft = make_card(session, access, row, frozen)
    if access.may(Right.PRACTICES):
        return RedirectResponse(f"/practices/{draft.practice_id}/edit", 303)
    return RedirectResponse(f"/projects/{project_id}#card", 303)


def _print(session: Session, row: ProjectRow, view: RequestContext) -> PrintedSheet:
    language = str(row.record.get("language", ""))
    reader = load_locales().get(language, view.reader).in_zone(view.reader.zone)
    site = site_of(view.request)
    sheet = build_sheet(session, row, reader, site)
    day = view.reader.today()
    lead = str(row.record["lead_body"])
    metadata = Metadata(
        title=sheet.title,
        authors=[as_name(lead)],
        publisher=lead,
        year=day.year,
        language=reader.code,
        country="IT",
        source_url=f"{site}/projects/{row.id}",
        visibility=row.visibility,
    )
    name = f"{row.id[:80]}-{day:%Y-%m-%d}.pdf"
    return PrintedSheet(sheet, as_pdf(sheet.as_paper(day, reader)), name, metadata)


def _freeze(services: Services, access: Access, project_id: str, printed: PrintedSheet) -> bool:
    """Store the sheet if it says something new: the first as a document, others as its versions.
    Returns whether it was stored."""
    with services.database.session() as session:
        known = _find_sheet(session, session.get_one(ProjectRow, project_id), printed)
    if known is None:
        return _add_sheet(services, access, project_id, printed)
    if known.is_same:
        return False
    submit_version(services, known.id, io.BytesIO(printed.pdf), printed.filename, access)
    with services.database.transaction() as session:
        _note_sheet(session, access, lock_project(session, project_id), printed, known.id)
    return True


@dataclass(frozen=True)
class _KnownSheet:
    id: str
    is_same: bool


def _find_sheet(session: Session, row: ProjectRow, printed: PrintedSheet) -> _KnownSheet | None:
    document = session.get(Document, row.sheet_id) if row.sheet_id else None
    if document is None or document.status is Status.DELETED:
        return None
    return _KnownSheet(document.id, row.sheet_sha256 == printed.sheet.sha256)


def _add_sheet(services: Services, access: Access, project_id: str, printed: PrintedSheet) -> bool:
    """False if another request has added it meanwhile."""
    with accept_bytes(services, io.BytesIO(printed.pdf)) as (session, stored):
        row = lock_project(session, project_id)
        is_first = _find_sheet(session, row, printed) is None
        if is_first:
            accepted = add_document(session, stored, printed.filename, printed.metadata, access)
            _note_sheet(session, access, row, printed, accepted.id)
    if not is_first:
        services.discard_originals({stored.sha256})
    return is_first


def _note_sheet(
    session: Session, access: Access, row: ProjectRow, printed: PrintedSheet, document_id: str
) -> None:
    row.sheet_id, row.sheet_sha256 = document_id, printed.sheet.sha256
    audit.record_event(session, access, "project.sheet", row.id, title=row.title)
