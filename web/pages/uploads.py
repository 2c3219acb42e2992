"""Uploading documents, and following each until it is ready or has failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, File, HTTPException, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from ingest.extract.registry import SUFFIXES
from ingest.metadata import Metadata
from ingest.submit import submit
from kb.access import Right
from kb.domain import Status
from kb.messages import N_, KbError, Message, PermanentError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.tables import Document
from web.forms.document import FormDep, MetadataForm, choices
from web.http.context import ServicesDep, View, ViewDep, requires
from web.http.htmx import wants_fragment
from web.http.limits import Limited, limited
from web.presenters import queries
from web.presenters.jobs import Progress, progress

router = APIRouter(
    prefix="/upload", include_in_schema=False, dependencies=[requires(Right.DOCUMENTS)]
)
MAX_SHOWN = 200


@dataclass(frozen=True)
class Refused:
    """A file that was not accepted, and why."""

    filename: str
    reason: str


@router.get("")
def form(view: ViewDep, services: ServicesDep) -> Response:
    return _form(view, services, MetadataForm(), None)


@router.post("", dependencies=[limited(Limited.UPLOAD)])
def upload(
    view: ViewDep,
    services: ServicesDep,
    filled: FormDep,
    file: Annotated[list[UploadFile], File()],
) -> Response:
    """Accept every file that can be; the progress page says what became of each."""
    files = [one for one in file if one.filename]
    try:
        if not files:
            raise PermanentError(N_("No file was chosen: choose at least one."))
        metadata = filled.checked()
    except PermanentError as error:
        return _form(view, services, filled, error.message)
    accepted, refused = _submit_all(services, files, metadata, view)
    address = "/upload/progress?" + urlencode([("id", item_id) for item_id in accepted])
    if not refused and not wants_fragment(view.request):
        return RedirectResponse(address, 303)
    response = _progress(view, services, accepted, refused)
    response.headers["HX-Push-Url"] = address
    if not accepted:
        response.status_code = 422
    return response


@router.get("/progress")
def follow(
    view: ViewDep,
    services: ServicesDep,
    ids: Annotated[list[str], Query(alias="id", max_length=MAX_SHOWN)],
) -> Response:
    return _progress(view, services, ids, [])


@router.get("/progress/{document_id}")
def follow_one(document_id: str, view: ViewDep, services: ServicesDep) -> Response:
    """The state of one document, which asks for itself again only while it is worked on."""
    with services.database.session() as session:
        found = _states(session, [document_id], view)
    if not found:
        raise HTTPException(404)
    return view.page("uploads/_job.html", work=found[0])


def _submit_all(
    services: Services, files: Iterable[UploadFile], metadata: Metadata, view: View
) -> tuple[list[str], list[Refused]]:
    accepted: list[str] = []
    refused: list[Refused] = []
    for one in files:
        name = one.filename or ""
        try:
            accepted.append(submit(services, one.file, name, metadata, view.access).id)
        except KbError as error:
            refused.append(Refused(name, view.reader.say(error.message)))
    return accepted, refused


def _form(
    view: View, services: Services, filled: MetadataForm, problem: Message | None
) -> Response:
    return view.page(
        "uploads/_form.html" if wants_fragment(view.request) else "uploads/page.html",
        status=422 if problem else 200,
        filled=filled,
        problem=problem,
        **choices(view.reader),
        max_mb=services.settings.max_upload_mb,
        suffixes=",".join(SUFFIXES),
    )


def _progress(view: View, services: Services, ids: list[str], refused: list[Refused]) -> Response:
    with services.database.session() as session:
        works = _states(session, ids, view)
    return view.page(
        "uploads/_jobs.html" if wants_fragment(view.request) else "uploads/progress.html",
        works=works,
        refused=refused,
        running=any(work.running for work in works),
    )


def _states(session: Session, ids: list[str], view: View) -> list[Progress]:
    """The state of each document. Its id, which only the uploader was told, is the right to it."""
    documents = [session.get(Document, one) for one in ids]
    return [
        replace(
            progress(document, jobs.newest(session, document.id), view.reader),
            alike=tuple(one for one, _ in queries.alike(session, view.access, document.id)),
        )
        for document in documents
        if document is not None and document.status is not Status.DELETED
    ]
