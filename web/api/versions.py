"""The versions of a document in the JSON interface."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from ingest.versions import waiting_version
from kb.access import Right
from kb.messages import Message, NotFound
from kb.storage.history import DocumentVersion, VersionPage
from kb.storage.tables import Document
from web.api.document_pages import PageListOut, PageOut, PageWindow
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, Number, ServicesDep, ViewDep, requires
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters.older_versions import find_replaced_version, list_replaced_versions
from web.presenters.queries import require_document
from web.rendering.i18n import Locale

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/documents/{document_id}/versions",
    tags=["documents"],
    responses=ALWAYS | problems(403, 404, 422),
    dependencies=[requires(Right.DOCUMENTS)],
)


class VersionKind(StrEnum):
    PRESENT = "present"
    REPLACED = "replaced"
    INCOMING = "incoming"
    FAILED = "failed"


class VersionOut(BaseModel):
    number: int
    state: VersionKind = Field(
        description="`incoming`: being read, to replace the present one; `failed`: it cannot be."
    )
    reason: str | None = Field(description="Why it failed, as a sentence.")
    title: str
    filename: str
    media_type: str
    size: int = Field(description="In bytes.")
    page_count: int
    sha256: str
    added_at: datetime | None = Field(description="Null of the present one.")
    replaced_at: datetime | None


class VersionList(BaseModel):
    versions: list[VersionOut]
    next: str | None = NEXT


@router.get("", summary="The versions of a document, newest first", responses=problems(400))
def list_versions(
    document_id: str,
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[Paged, Query()],
) -> VersionList:
    """All of them without `limit`."""
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        waiting = waiting_version(session, document_id)
        others = [*([waiting] if waiting else []), *list_replaced_versions(session, document_id)]
        shown = [_describe_present(document), *(_describe(one, view.reader) for one in others)]
    rows = {str(one.number): one for one in shown}
    page = cut_page(view.request, sorted(((-one.number,), id) for id, one in rows.items()), wanted)
    link_next(view.request, response, page.next)
    return VersionList(versions=[rows[id] for id in page.ids], next=page.next)


@router.get("/{number}/pages", summary="The text of the pages of a replaced version, in order")
def list_version_pages(
    document_id: str,
    number: Number,
    view: ViewDep,
    services: ServicesDep,
    response: Response,
    wanted: Annotated[PageWindow, Query()],
) -> PageListOut:
    with services.database.session() as session:
        require_document(session, view.access, document_id)
        version = find_replaced_version(session, document_id, number)
        if version is None:
            raise NotFound()
        of_it = select(VersionPage).where(
            VersionPage.document_id == document_id,
            VersionPage.version == number,
            VersionPage.number > wanted.after,
        )
        rows = session.scalars(of_it.order_by(VersionPage.number).limit(wanted.limit + 1)).all()
        home = f"{site_of(view.request)}/documents/{document_id}/versions/{number}/pages"
        pages = [
            PageOut(number=one.number, label=one.label, url=f"{home}/{one.number}", text=one.text)
            for one in rows[: wanted.limit]
        ]
        following = pages[-1].number if len(rows) > wanted.limit else None
        if following is not None:
            link_next(view.request, response, str(following), "after")
        return PageListOut(page_count=version.page_count, pages=pages, next=following)


def _describe_present(document: Document) -> VersionOut:
    return VersionOut(
        number=document.version,
        state=VersionKind.PRESENT,
        reason=None,
        title=document.title,
        filename=document.filename,
        media_type=document.media_type,
        size=document.size,
        page_count=document.page_count,
        sha256=document.content_sha256,
        added_at=None,
        replaced_at=None,
    )


def _describe(version: DocumentVersion, reader: Locale) -> VersionOut:
    reason = Message.from_json(version.reason) if version.reason else None
    return VersionOut(
        number=version.number,
        state=VersionKind(version.state.value),
        reason=reader.say(reason) if reason else None,
        title=version.title,
        filename=version.filename,
        media_type=version.media_type,
        size=version.size,
        page_count=version.page_count,
        sha256=version.content_sha256,
        added_at=version.added_at,
        replaced_at=version.replaced_at,
    )
