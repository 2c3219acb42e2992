"""A page of a document at a stable address: its image with highlights, its text beside it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import FileResponse

from ingest.render import Box, highlight_boxes, page_image
from kb.storage.tables import PassageRow
from web import library
from web.deps import AccessDep, ServicesDep, ViewDep
from web.pages.documents import seen

router = APIRouter(prefix="/documents/{document_id}/pages/{number}", include_in_schema=False)
A_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Piece:
    """A stretch of a page's text; ``marked`` when it belongs to the passage."""

    text: str
    marked: bool


@router.get("")
def page_view(
    document_id: str,
    number: int,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    passage: str = "",
) -> Response:
    with services.database.session() as session:
        document = seen(session, access, document_id)
        page = library.page_of(session, document, number)
        if page is None:
            raise HTTPException(404)
        shown = library.passage_of(session, document, passage) if passage else None
    spans = spans_on(shown, number)
    return view.page("documents/pageview.html", document=document, page=page, passage=shown)


def spans_on(passage: PassageRow | None, number: int) -> list[tuple[int, int]]:
    """Where the passage stands in the text of page ``number``."""
    if passage is None:
        return []
    return [(start, end) for page, start, end in passage.spans if page == number]


def pieces(text: str, spans: list[tuple[int, int]]) -> list[Piece]:
    """The text cut at the borders of the spans, which are in order and do not overlap."""
    out: list[Piece] = []
    at = 0
    for start, end in spans:
        out += [Piece(text[at:start], False), Piece(text[start:end], True)]
        at = end
    out.append(Piece(text[at:], False))
    return [piece for piece in out if piece.text]
