"""The list of documents in the JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from kb.domain import Status
from kb.storage.tables import Document
from web.forms.known_values import KnownValues
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.finding import count_text_search
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.queries import DocumentListQuery

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/documents", tags=["documents"], responses=ALWAYS
)


class ListedDocument(BaseModel):
    id: str
    title: str
    authors: list[str]
    publisher: str
    year: int | None
    language: str
    country: str
    themes: list[str]
    filename: str
    status: Status

    @classmethod
    def of(cls, document: Document) -> ListedDocument:
        return cls(
            id=document.id,
            title=document.title,
            authors=list(document.authors),
            publisher=document.publisher,
            year=document.year,
            language=document.language,
            country=document.country,
            themes=list(document.themes),
            filename=document.filename,
            status=document.status,
        )


class DocumentList(BaseModel):
    total: int = Field(description="Documents that meet the filters, on all pages together.")
    documents: list[ListedDocument]
    next: str | None = NEXT


class PagedDocuments(KnownValues, DocumentListQuery, Paged):
    pass


@router.get(
    "", summary="Documents that meet filters, 24 to a page", responses=problems(400, 422, 429)
)
def list_documents(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PagedDocuments, Query()],
) -> DocumentList:
    count_text_search(view, wanted.words_in_text)
    with services.database.session() as session:
        found = queries.matching_keys(session, access, wanted)
        page = cut_page(view.request, found, wanted, usual=queries.PAGE_SIZE, page=wanted.page)
        rows = queries.load_in_order(session, page.ids)
        shown = [ListedDocument.of(row) for row in rows if isinstance(row, Document)]
    link_next(view.request, response, page.next)
    return DocumentList(total=len(found), documents=shown, next=page.next)
