"""The JSON interface under ``/api/v1``: what the pages show, for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, File, HTTPException, Query, Response, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from ingest.changes import delete
from ingest.submit import submit
from kb.access import Access, Right
from kb.domain import Kind, Status
from kb.storage import jobs
from kb.storage.tables import Document, PracticeRow
from search.answer import as_json
from search.results import Question
from search.service import search
from web import library
from web.asking import Asked
from web.cards import progress
from web.deps import AccessDep, ServicesDep, View, ViewDep, requires
from web.library import WantedPractices
from web.pages.uploads import FormDep

router = APIRouter(prefix="/api/v1")
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such thing here."}}


class AcceptedDocument(BaseModel):
    id: str
    status: Status
    existing: bool = Field(description="The same bytes were here before; nothing was added.")


class DocumentState(BaseModel):
    """A document; all but ``id``, ``status`` and ``reason`` is left out for who may not see it."""

    id: str
    status: Status
    reason: str | None = Field(description="Why it failed, as a sentence.")
    stage: str | None = Field(default=None, description="What is being done with it now.")
    progress: float | None = Field(default=None, description="Share of the stage, 0 to 1.")
    metadata: dict[str, Any] | None = None


class ApiQuestion(Asked):
    """The parameters of a search. Several values of one filter mean any of them."""

    limit: int = Field(default=10, ge=1, le=100, description="Results to a page.")
    lang: list[str] = Field(default=[], description="The same as `language`.")

    def question(self) -> Question:
        languages = tuple(self.language + self.lang)
        return replace(super().question(), languages=languages, page_size=self.limit)


@router.get("/search", tags=["search"], summary="Find practices and documents that answer")
def find(
    asked: Annotated[ApiQuestion, Query()], services: ServicesDep, access: AccessDep
) -> dict[str, Any]:
    return as_json(search(asked.question(), services, access))


@router.post(
    "/documents",
    tags=["documents"],
    status_code=202,
    summary="Add a document",
    dependencies=[requires(Right.DOCUMENTS)],
)
def add_document(
    services: ServicesDep,
    filled: FormDep,
    file: Annotated[UploadFile, File(description="The document.")],
) -> AcceptedDocument:
    """Safe on disk and in the queue when this answers; follow it under its id."""
    accepted = submit(services, file.file, file.filename or "document", filled.checked())
    return AcceptedDocument(id=accepted.id, status=accepted.status, existing=accepted.existing)


@router.get(
    "/documents/{document_id}", tags=["documents"], summary="A document", responses=NOT_FOUND
)
def get_document(
    document_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> DocumentState:
    with services.database.session() as session:
        return _state(session, access, view, document_id)


@router.delete(
    "/documents/{document_id}",
    tags=["documents"],
    status_code=204,
    summary="Remove a document",
    responses=NOT_FOUND,
    dependencies=[requires(Right.DOCUMENTS)],
)
def remove_document(document_id: str, services: ServicesDep, access: AccessDep) -> Response:
    """It is no longer found from the moment this answers."""
    with services.database.session() as session:
        if library.document(session, access, document_id) is None:
            raise HTTPException(404)
    delete(services, document_id)
    return Response(status_code=204)


@router.get("/practices", tags=["practices"], summary="Practices by title, 24 to a page")
def list_practices(
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[WantedPractices, Query()],
) -> dict[str, Any]:
    with services.database.session() as session:
        listing = library.items(session, access, Kind.PRACTICE, wanted)
        rows = [row for row in listing.rows if isinstance(row, PracticeRow)]
        practices = library.cards(session, access, rows)
        records = [practice.model_dump(mode="json") for practice in practices]
        return {"total": listing.total, "practices": records}


@router.get(
    "/practices/{practice_id}", tags=["practices"], summary="A practice", responses=NOT_FOUND
)
def get_practice(practice_id: str, services: ServicesDep, access: AccessDep) -> dict[str, Any]:
    with services.database.session() as session:
        practice = library.practice(session, access, practice_id)
    if practice is None:
        raise HTTPException(404)
    return practice.model_dump(mode="json")


def _state(session: Session, access: Access, view: View, document_id: str) -> DocumentState:
    document = session.get(Document, document_id)
    if document is None or document.status is Status.DELETED:
        raise HTTPException(404)
    job = jobs.newest(session, document_id)
    work = progress(document, job, view.reader)
    seen = library.document(session, access, document_id) is not None
    return DocumentState(
        id=document.id,
        status=document.status,
        reason=work.sentence if document.status is Status.FAILED else None,
        stage=job.stage if job and work.running else None,
        progress=work.share,
        metadata=_metadata(document) if seen else None,
    )


def _metadata(document: Document) -> dict[str, Any]:
    plain = (
        "title", "language", "year", "country", "visibility", "filename", "media_type", "size",
        "authors", "publisher", "licence", "source_url", "unit", "page_count", "ocr_pages",
        "unreadable_pages",
    )  # fmt: skip
    values = {name: getattr(document, name) for name in plain}
    return {**values, "themes": list(document.themes), "sha256": document.content_sha256}
