"""A page of a document at a stable address: its image with highlights, its text beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import FileResponse, RedirectResponse
from sqlalchemy.orm import Session

from ingest.processes.render import LARGE_PX, MEDIA_TYPE, THUMBNAIL_PX, WIDTH_PX, Renderer
from kb.access import Access, Right
from kb.constants import A_DAY_S
from kb.practices.quotations import quoted_spans
from kb.runtime.services import Services
from kb.storage.tables import Document, PageRow, PassageRow
from kb.text.sentences import sentences
from web.http.context import AccessDep, Number, RendererDep, ServicesDep, ViewDep
from web.http.kept_views import FULL, Zoom, choose_zoom, keep_zoom
from web.presenters import queries
from web.presenters.metadata.documents import describe_page
from web.presenters.older_versions import PageReference, address_in_version, find_older_version
from web.presenters.page_names import name_page
from web.presenters.page_picture import draw_image, draw_page
from web.presenters.page_text import split_at_tables
from web.presenters.queries import require_document
from web.presenters.quoting import build_quote_form
from web.presenters.words_in_document import FoundWords, find_in_document, turn_to

router = APIRouter(prefix="/documents/{document_id}/pages/{number}", include_in_schema=False)
NEAR = 3
"""Pages before and after the shown one that have a thumbnail beside it."""


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
    q: Annotated[str, Query(max_length=200)] = ""
    """Words looked for in the document."""
    hit: Annotated[Number, Query()] = 0
    """Number of the occurrence to go to, from 1."""
    zoom: Annotated[Number, Query()] = 0
    """Percent; 0 for the one chosen last."""


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
        found = find_in_document(session, document, address.q) if address.q.strip() else None
        place = name_page(document, row, view.reader)
        metadata = describe_page(session, view.site, document.id, row, place)
    turn = turn_to(found, row.number, address.hit) if found else None
    spans = _spans_meant(address, row, passage, found)
    picture = draw_page(services, renderer, document, row, spans, access)
    zoom = choose_zoom(view.request, address.zoom)
    response = view.page(
        "documents/pageview.html",
        metadata=metadata,
        document=document,
        page=row,
        place=place,
        passage=passage,
        keep=_keep(address, passage),
        marked=bool(spans),
        stretches=split_at_tables(row.text, row.tables, spans, turn.start if turn else None),
        picture=picture,
        is_drawn=document.media_type == MEDIA_TYPE,
        near=range(max(1, row.number - NEAR), min(document.page_count, row.number + NEAR) + 1),
        q=address.q,
        found=found,
        turn=turn,
        zoom=zoom,
        zooms=_zoom_links(address, zoom, passage),
        into=offered,
        sentences=_sentences(row.text, spans) if offered else [],
        take=address.take,
    )
    keep_zoom(response, view.request, address.zoom)
    return response


def _spans_meant(
    address: PageAddress, row: PageRow, passage: PassageRow | None, found: FoundWords | None
) -> list[tuple[int, int]]:
    """What is marked: the words found on the page, else the quotation or the passage."""
    hits = found.on(row.number) if found else None
    if hits:
        return list(hits.spans)
    return quoted_spans(row.text, address.quote) or spans_on(passage, row.number)


def _keep(address: PageAddress, passage: PassageRow | None, **more: str | int) -> str:
    """The query of links to other pages: what is looked for, or the passage."""
    kept: dict[str, str | int] = {"q": address.q} if address.q.strip() else {}
    if passage is not None:
        kept["passage"] = passage.id
    query = urlencode(kept | more)
    return f"?{query}" if query else ""


def _zoom_links(
    address: PageAddress, zoom: Zoom, passage: PassageRow | None
) -> tuple[str | None, str | None]:
    """Addresses of this page smaller and larger; None at the end of the scale."""
    own: dict[str, str | int] = {"hit": address.hit} if address.hit else {}
    if address.quote:
        own["quote"] = address.quote
    smaller, larger = (
        _keep(address, passage, **own, zoom=percent) if percent else None
        for percent in (zoom.smaller, zoom.larger)
    )
    return smaller, larger


@router.get("/image")
def page_image(
    address: Annotated[PageAddress, Depends()],
    services: ServicesDep,
    access: AccessDep,
    renderer: RendererDep,
) -> Response:
    """The page as an image, cached after the first request; above 100 % ``zoom`` a larger one."""
    width = LARGE_PX if address.zoom > FULL else WIDTH_PX
    return _image(address, services, access, renderer, width)


@router.get("/thumbnail")
def thumbnail(
    address: Annotated[PageAddress, Depends()],
    services: ServicesDep,
    access: AccessDep,
    renderer: RendererDep,
) -> Response:
    """The page as a small image, cached after the first request."""
    return _image(address, services, access, renderer, THUMBNAIL_PX)


def _image(
    address: PageAddress, services: Services, access: Access, renderer: Renderer, width_px: int
) -> Response:
    with services.database.session() as session:
        document, row = _page(session, access, address)
    path = draw_image(services, renderer, document, row, access, width_px)
    if path is None:
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
