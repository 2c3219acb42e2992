"""Documents in the JSON API: add, follow, describe, replace, retry, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Response, UploadFile
from sqlalchemy.orm import Session

from ingest.guessed import open_guesses
from ingest.item_commands import cancel_item, delete_item, retry_item, update_metadata
from ingest.submit import submit
from ingest.versions import submit_version, waiting_version
from kb.access import Access, Right
from kb.domain import Status
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.tables import Document
from web.api.document_models import (
    AcceptedDocument,
    AttachmentState,
    Confirmation,
    DocumentMetadata,
    DocumentState,
    GuessState,
    MetadataChange,
)
from web.forms.document import FormDep
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.entity_tags import ANY_STATE, IfMatch, Precondition, note_state
from web.http.limits import RateLimited, limited
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.attachments import list_attachments, list_parents
from web.presenters.guesses import describe_present_file
from web.presenters.jobs import read_progress
from web.presenters.queries import require_document

MAY_CHANGE = requires(Right.DOCUMENTS)
MATCHED = problems(400, 403, 404, 412, 422)
UPLOAD = problems(400, 403, 413, 422, 429)

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/documents", tags=["documents"], responses=ALWAYS
)


@router.post(
    "",
    status_code=202,
    summary="Add a document",
    responses=UPLOAD,
    dependencies=[MAY_CHANGE, limited(RateLimited.UPLOAD)],
)
def add_document(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    filled: FormDep,
    file: Annotated[UploadFile, File(description="The document.")],
    take_over: Annotated[
        bool, Form(description="Describe a document that is here already as this says.")
    ] = False,
) -> AcceptedDocument:
    """Answers when the file is on disk and its job in the queue."""
    name = file.filename or "document"
    metadata = filled.validate()
    accepted = submit(services, file.file, name, metadata, access)
    if accepted.unused and take_over:
        _check_seen(services, access, accepted.id)
        said = filled.as_values()
        update_metadata(services, accepted.id, {one: said[one] for one in accepted.unused}, access)
        accepted = replace(accepted, unused=())
    with services.database.session() as session:
        said_of_it = describe_present_file(session, access, view.reader, accepted)
    return AcceptedDocument.of(accepted, said_of_it.sentence if said_of_it else "")


@router.get("/{document_id}", summary="A document", responses=problems(404, 422))
def get_document(
    document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> DocumentState:
    with services.database.session() as session:
        return _state(session, access, view, document_id)


@router.patch(
    "/{document_id}",
    summary="Describe a document otherwise",
    responses=MATCHED,
    dependencies=[MAY_CHANGE],
)
def change_document(
    document_id: str,
    change: MetadataChange,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
) -> DocumentState:
    """Filters and rights change at once. After a change of title or language the document is
    embedded again in the background and can be found meanwhile."""
    _check_seen(services, access, document_id)
    update_metadata(
        services,
        document_id,
        change.model_dump(exclude_unset=True),
        access,
        check=if_match.check,
    )
    with services.database.session() as session:
        return _state(session, access, view, document_id)


@router.post(
    "/{document_id}/confirm",
    summary="Confirm what was guessed of a document",
    responses=MATCHED,
    dependencies=[MAY_CHANGE],
)
def confirm_guesses(
    document_id: str,
    confirmation: Confirmation,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
) -> DocumentState:
    _check_seen(services, access, document_id)
    update_metadata(
        services, document_id, {}, access, confirmed=confirmation.fields, check=if_match.check
    )
    return get_document(document_id, view, services, access)


@router.post(
    "/{document_id}/versions",
    status_code=202,
    summary="Replace a document by a new version",
    responses=UPLOAD | problems(404, 412),
    dependencies=[MAY_CHANGE, limited(RateLimited.UPLOAD)],
)
def add_version(
    document_id: str,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
    file: Annotated[UploadFile, File(description="The new version.")],
) -> AcceptedDocument:
    """The present version answers until the new one is ready, and stays if that fails."""
    _check_seen(services, access, document_id, if_match)
    name = file.filename or "document"
    accepted = submit_version(services, document_id, file.file, name, access, if_match.check)
    return AcceptedDocument.of(accepted)


@router.post(
    "/{document_id}/retry",
    status_code=202,
    summary="Read a document again",
    responses=MATCHED,
    dependencies=[MAY_CHANGE],
)
def retry_document(
    document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> DocumentState:
    _check_seen(services, access, document_id, if_match)
    retry_item(services, document_id, access, if_match.check)
    return get_document(document_id, view, services, access)


@router.post(
    "/{document_id}/cancel",
    summary="Stop the work on a document",
    responses=MATCHED,
    dependencies=[MAY_CHANGE],
)
def cancel_document(
    document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> DocumentState:
    """What can be found remains so. Without a job under way nothing changes."""
    _check_seen(services, access, document_id, if_match)
    cancel_item(services, document_id, access, if_match.check)
    return get_document(document_id, view, services, access)


@router.delete(
    "/{document_id}",
    status_code=204,
    summary="Remove a document",
    responses=MATCHED,
    dependencies=[MAY_CHANGE],
)
def remove_document(
    document_id: str, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> Response:
    """No version is found from the moment of the answer on."""
    _check_seen(services, access, document_id)
    delete_item(services, document_id, access, if_match.check)
    return Response(status_code=204)


def _check_seen(
    services: Services, access: Access, document_id: str, if_match: Precondition = ANY_STATE
) -> None:
    """Raises NotFound; ChangedMeanwhile if it is in another state than `If-Match` names;
    StateExcluded if it is in one that `If-None-Match` names."""
    with services.database.session() as session:
        if_match.check(require_document(session, access, document_id))


def _state(
    session: Session, access: Access, view: RequestContext, document_id: str
) -> DocumentState:
    document = session.get(Document, document_id)
    seen = queries.find_document(session, access, document_id) is not None
    known = document is not None and document.status is not Status.DELETED
    if document is None or not known or not (seen or access.may(Right.DOCUMENTS)):
        raise HTTPException(404)
    job = jobs.find_newest(session, document_id)
    work = read_progress(document, job, view.reader)
    state = DocumentState(
        id=document.id,
        status=document.status,
        reason=work.sentence if document.status is Status.FAILED else None,
        stage=job.stage if job and work.running else None,
        progress=work.share,
    )
    if seen:
        note_state(view.request, document)
        version = waiting_version(session, document_id)
        state.version = document.version
        state.next_version = version.state.value if version else None
        state.very_similar = [
            other.id for other, _ in queries.find_near_duplicates(session, access, document_id)
        ]
        state.metadata = _metadata(document)
        state.guesses = [
            GuessState.model_validate(row, from_attributes=True)
            for row in open_guesses(session, document_id)
        ]
        state.attachments = _attachments(session, access, view, document)
        state.attached_to = [one.id for one in list_parents(session, access, document)]
    return state


def _attachments(
    session: Session, access: Access, view: RequestContext, document: Document
) -> list[AttachmentState]:
    return [
        AttachmentState(
            name=one.name,
            id=one.document.id if one.document else None,
            reason=view.reader.say(one.reason) if one.reason else None,
        )
        for one in list_attachments(session, access, document)
    ]


def _metadata(document: Document) -> DocumentMetadata:
    other = ("themes", "sha256")
    values = {
        name: getattr(document, name) for name in DocumentMetadata.model_fields if name not in other
    }
    return DocumentMetadata.model_validate(
        values | {"themes": list(document.themes), "sha256": document.content_sha256}
    )
