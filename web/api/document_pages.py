"""The pages of a document and their passages in the JSON interface."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from kb.messages import NotFound
from kb.storage.tables import PageRow, PassageRow
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, Number, ServicesDep, ViewDep
from web.http.paging import link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.queries import require_document

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/documents/{document_id}/pages",
    tags=["documents"],
    responses=ALWAYS | problems(404, 422),
)
MOST = 50
"""Pages in one answer."""


class PageWindow(BaseModel):
    """Which pages of a text are asked for."""

    after: Number = Field(default=0, description="Only pages after this number.")
    limit: int = Field(default=20, ge=1, le=MOST)


class PageOut(BaseModel):
    number: int = Field(description="From 1.")
    label: str = Field(description="As printed on the page; empty where it is the number.")
    url: str = Field(description="Address of the page view.")
    text: str = Field(description="Cleaned text.")


class PageListOut(BaseModel):
    page_count: int
    pages: list[PageOut]
    next: int | None = Field(description="`after` of the pages that follow; null at the end.")


class PassageOut(BaseModel):
    """A passage, which may begin on a page before and end on one after."""

    id: str
    text: str
    language: str
    heading_path: list[str]
    pages: list[int] = Field(description="Numbers of the pages on which it stands.")


class PageWithPassagesOut(PageOut):
    passages: list[PassageOut]


@router.get("", summary="The text of the pages, in order")
def list_pages(
    document_id: str,
    view: ViewDep,
    services: ServicesDep,
    response: Response,
    wanted: Annotated[PageWindow, Query()],
) -> PageListOut:
    with services.database.session() as session:
        document = require_document(session, view.access, document_id)
        following = select(PageRow).where(PageRow.document_id == document.id)
        following = following.where(PageRow.number > wanted.after).order_by(PageRow.number)
        rows = session.scalars(following.limit(wanted.limit + 1)).all()
        shown = rows[: wanted.limit]
        if len(rows) > wanted.limit:
            link_next(view.request, response, str(shown[-1].number), "after")
        return PageListOut(
            page_count=document.page_count,
            pages=[PageOut(**_describe(row, site_of(view.request))) for row in shown],
            next=shown[-1].number if len(rows) > wanted.limit else None,
        )


@router.get("/{number}", summary="A page with its passages")
def get_page(
    document_id: str, number: Number, view: ViewDep, services: ServicesDep, access: AccessDep
) -> PageWithPassagesOut:
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        row = queries.find_page(session, document, number)
        if row is None:
            raise NotFound()
        columns = select(
            PassageRow.id,
            PassageRow.text,
            PassageRow.language,
            PassageRow.heading_path,
            PassageRow.spans,
        )
        passages = session.execute(
            columns.where(PassageRow.item_id == document.id).order_by(PassageRow.ordinal)
        )
        return PageWithPassagesOut(
            **_describe(row, site_of(view.request)),
            passages=[
                PassageOut(
                    id=one.id,
                    text=one.text,
                    language=one.language,
                    heading_path=one.heading_path,
                    pages=sorted({page for page, _, _ in one.spans}),
                )
                for one in passages
                if any(page == number for page, _, _ in one.spans)
            ],
        )


def _describe(row: PageRow, site: str) -> dict[str, Any]:
    address = f"{site}/documents/{row.document_id}/pages/{row.number}"
    return {"number": row.number, "label": row.label, "url": address, "text": row.text}
