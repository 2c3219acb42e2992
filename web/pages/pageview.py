"""A page of a document at a stable address: its image with highlights, its text beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import FileResponse, RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.constants import A_DAY_S
from kb.practices.quotations import quoted_spans
from kb.storage.tables import Document, PageRow, PassageRow
from kb.text.sentences import sentences
from web.http.context import AccessDep, Number, RendererDep, ServicesDep, ViewDep
from web.presenters import queries
from web.presenters.older_versions import PageReference, address_in_version, find_older_version
from web.presenters.page_names import name_page
from web.presenters.page_picture import draw_page
from web.presenters.page_text import split_at_tables
from web.presenters.queries import require_document
from web.presenters.quoting import build_quote_form

router = APIRouter(prefix="/documents/{document_id}/pages/{number}", include_in_schema=False)


@dataclass(frozen=True)
class PageAddress:
    """A page of a document, with the passage or quotation to mark.

    ``take`` is the number, from 1, of the sentence that the quoting form starts with.
    """

    document_id: str
    number: Number
    passage: str = ""
    quote: Annotated[str, Query(max_length=2000)] = ""
    take: Annotated[Number, Query()] = 0
    version: Annotated[Number, Query()] = 0
    """Version of the document that the link refers to; 0 if not given."""


@router.get("")
def page_view(
    address: Annotated[PageAddress, Depends()],
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    renderer: RendererDep,
) -> Response:
    with services.database.session() as session:
        cited = PageReference(address.number, address.passage, address.quote, address.version)
        may_see = access.may(Right.DOCUMENTS)
        document = require_document(session, access, address.document_id)
        older = find_older_version(session, document, cited, may_read=may_see)
        if older is not None:
            return RedirectResponse(address_in_version(older, cited, may_see=may_see), 303)
        document, row = _page(session, access, address)
        passage = queries.find_passage(session, document, address.passage)
        offered = build_quote_form(session, access, view.reader)
    spans = quoted_spans(row.text, address.quote) or spans_on(passage, row.number)
    picture = draw_page(services, renderer, document, row, spans, access)
    return view.page(
        "documents/pageview.html",
        document=document,
        page=row,
        place=name_page(document, row, view.reader),
        passage=passage,
        passage_page=passage.spans[0][0] if passage else None,
        keep=f"?passage={passage.id}" if passage else "",
        marked=bool(spans),
        stretches=split_at_tables(row.text, row.tables, spans),
        picture=picture,
        into=offered,
        sentences=_sentences(row.text, spans) if offered else [],
        take=address.take,
    )


@router.get("/image")
def page_image(
    address: Annotated[PageAddress, Depends()],
    services: ServicesDep,
    access: AccessDep,
    renderer: RendererDep,
) -> Response:
    """The page as an image, cached after the first request."""
    with services.database.session() as session:
        document, row = _page(session, access, address)
    path = renderer.image_path(document.content_sha256, row.number)
    if not path.is_file() and draw_page(services, renderer, document, row, [], access) is None:
        raise HTTPException(404)
    headers = {"Cache-Control": f"private, max-age={A_DAY_S}"}
    return FileResponse(path, media_type="image/webp", headers=headers)


def _page(session: Session, access: Access, address: PageAddress) -> tuple[Document, PageRow]:
    document = require_document(session, access, address.document_id)
    row = queries.find_page(session, document, address.number)
    if row is None:
        raise HTTPException(404)
    return document, row


def spans_on(passage: PassageRow | None, number: int) -> list[tuple[int, int]]:
    """Character spans of the passage in the text of page ``number``."""
    if passage is None:
        return []
    return [(start, end) for page, start, end in passage.spans if page == number]


def _sentences(text: str, spans: list[tuple[int, int]]) -> list[str]:
    """The sentences that overlap the marked spans, or all of the page."""
    found = sentences(text)
    marked = [one for one in found if any(one[0] < end and start < one[1] for start, end in spans)]
    return [text[start:end] for start, end in marked or found]
