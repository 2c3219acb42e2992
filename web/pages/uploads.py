"""Uploading documents and following their progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, File, HTTPException, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.status import (
    HTTP_200_OK,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from ingest.extract.formats import readable_formats
from ingest.metadata import Metadata
from ingest.submit import submit
from kb.access import Right
from kb.domain import Status
from kb.messages import N_, KbError, Message, PermanentError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.originals import FilesAway
from kb.storage.tables import Document
from web.forms.document import FormDep, MetadataForm, RowsDep, choices, list_taken_fields
from web.http.context import RequestContext, ServicesDep, ViewDep, requires
from web.http.errors import announce_retry, sentence_of
from web.http.htmx import wants_fragment
from web.http.limits import RateLimited, limited
from web.presenters import queries
from web.presenters.guesses import (
    AlreadyHere,
    Description,
    build_description,
    describe_present_file,
)
from web.presenters.jobs import Progress, read_progress

router = APIRouter(
    prefix="/upload", include_in_schema=False, dependencies=[requires(Right.DOCUMENTS)]
)
MAX_SHOWN = 200
ONE_TITLE = N_(
    "The title “{title}” was given to no file, as there are several: confirm or change the title of"
    " each below."
)


ShownIds = Annotated[list[str], Query(alias="id", max_length=MAX_SHOWN, default_factory=list)]


@dataclass(frozen=True)
class Refused:
    """A refused file and the reason."""

    filename: str
    reason: str


@dataclass
class Sent:
    """The outcome of an upload. ``here``: files already present, each with its name and the form
    that applies its new metadata."""

    ids: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    here: list[tuple[str, AlreadyHere, list[tuple[str, str]]]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def to_say(self) -> bool:
        return bool(self.refused or self.here or self.notices)


@router.get("")
def form(view: ViewDep, services: ServicesDep) -> Response:
    return _form(view, services, MetadataForm(), None)


@router.post("", dependencies=[limited(RateLimited.UPLOAD)])
def upload(
    view: ViewDep,
    services: ServicesDep,
    filled: FormDep,
    rows: RowsDep,
    file: Annotated[list[UploadFile], File()],
) -> Response:
    """Accept every valid file; the progress page lists all outcomes."""
    files = [one for one in file if one.filename]
    try:
        if not files:
            raise PermanentError(N_("No file was chosen: choose at least one."))
        described = [one.validate() for one in rows.of_files(filled, len(files))]
    except PermanentError as error:
        return _form(view, services, filled, error.message)
    try:
        sent = _submit_all(services, files, described, view)
    except FilesAway as error:
        return _form(view, services, filled, sentence_of(error), HTTP_503_SERVICE_UNAVAILABLE)
    if len(files) > 1 and filled.title and not any(rows.titles):
        sent.notices.append(view.reader.gettext(ONE_TITLE).format(title=filled.title))
    address = _address_of(sent.ids)
    if not sent.to_say and not wants_fragment(view.request):
        return RedirectResponse(address, 303)
    response = _progress(view, services, sent)
    if sent.ids:
        response.headers["HX-Push-Url"] = address
    else:
        response.status_code = 422
    return response


def _address_of(ids: Sequence[str]) -> str:
    """The page of the progress of documents, at most ``MAX_SHOWN``."""
    return "/upload/progress?" + urlencode([("id", one) for one in ids[:MAX_SHOWN]])


@router.get("/progress")
def follow(
    view: ViewDep,
    services: ServicesDep,
    ids: ShownIds,
) -> Response:
    return _progress(view, services, Sent(ids))


@router.get("/progress/all")
def follow_all(
    view: ViewDep,
    services: ServicesDep,
    ids: ShownIds,
) -> Response:
    """How many of the documents are ready; the fragment polls while any is in progress."""
    with services.database.session() as session:
        works = _read_states(session, ids, view)
    return view.page("uploads/_summary.html", works=works, ids=ids)


@router.get("/progress/{document_id}")
def follow_one(document_id: str, view: ViewDep, services: ServicesDep) -> Response:
    """The state of one document; the fragment polls while it is in progress, then shows guessed
    metadata."""
    with services.database.session() as session:
        found = _read_states(session, [document_id], view)
        described = _build_descriptions(session, found, view)
    if not found:
        raise HTTPException(404)
    return view.page(
        "uploads/_row.html",
        work=found[0],
        described=described,
        languages=view.reader.all_languages(),
        back="",
    )


def _submit_all(
    services: Services,
    files: Sequence[UploadFile],
    described: Sequence[Metadata],
    view: RequestContext,
) -> Sent:
    sent = Sent()
    for one, metadata in zip(files, described, strict=True):
        name = one.filename or ""
        try:
            accepted = submit(services, one.file, name, metadata, view.access)
        except KbError as error:
            if isinstance(error, FilesAway) and not sent.ids:
                raise  # none was accepted: the whole upload is to be tried again
            sent.refused.append(Refused(name, view.reader.say(sentence_of(error))))
            continue
        sent.ids.append(accepted.id)
        with services.database.session() as session:
            here = describe_present_file(session, view.access, view.reader, accepted)
        if here is not None:
            sent.here.append((name, here, list_taken_fields(metadata, here.unused)))
    return sent


def _form(
    view: RequestContext,
    services: Services,
    filled: MetadataForm,
    problem: Message | None,
    status_of_problem: int = HTTP_422_UNPROCESSABLE_CONTENT,
) -> Response:
    status = status_of_problem if problem else HTTP_200_OK
    response = view.page(
        "uploads/_form.html" if wants_fragment(view.request) else "uploads/page.html",
        status=status,
        filled=filled,
        problem=problem,
        **choices(view.reader),
        max_mb=services.settings.max_upload_mb,
        formats=readable_formats(),
    )
    announce_retry(response, status)
    return response


def _progress(view: RequestContext, services: Services, sent: Sent) -> Response:
    with services.database.session() as session:
        works = _read_states(session, sent.ids[:MAX_SHOWN], view)
        described = _build_descriptions(session, works, view)
    return view.page(
        "uploads/_jobs.html" if wants_fragment(view.request) else "uploads/progress.html",
        works=works,
        ids=sent.ids[:MAX_SHOWN],
        sent=sent,
        described=described,
        languages=view.reader.all_languages(),
        back=_address_of(sent.ids),
    )


def _build_descriptions(
    session: Session, works: Sequence[Progress], view: RequestContext
) -> dict[str, Description]:
    """Metadata forms of the ready documents that the reader may see and change."""
    ready = [work.id for work in works if work.status is Status.READY]
    seen = (queries.find_document(session, view.access, one) for one in ready)
    return {one.id: build_description(session, one, view.reader) for one in seen if one is not None}


def _read_states(session: Session, ids: list[str], view: RequestContext) -> list[Progress]:
    """The state of each document. Knowing an id, which only the uploader received, is the right to
    it."""
    documents = [session.get(Document, one) for one in ids]
    return [
        replace(
            read_progress(document, jobs.find_newest(session, document.id), view.reader),
            alike=tuple(
                one for one, _ in queries.find_near_duplicates(session, view.access, document.id)
            ),
        )
        for document in documents
        if document is not None and document.status is not Status.DELETED
    ]
