"""A page of a document at a stable address: its image with highlights, its text beside it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response

from kb.domain import PageUnit
from kb.messages import N_
from kb.storage.tables import Document, PageRow, PassageRow
from web import library
from web.deps import AccessDep, ServicesDep, ViewDep
from web.i18n import Reader
from web.pages.documents import seen

router = APIRouter(prefix="/documents/{document_id}/pages/{number}", include_in_schema=False)

PLACES = {
    PageUnit.PAGE: N_("Page {number}"),
    PageUnit.SLIDE: N_("Slide {number}"),
    PageUnit.SHEET: N_("Sheet {number}"),
    PageUnit.CHAPTER: N_("Chapter {number}"),
    PageUnit.SECTION: N_("Section {number}"),
}


@dataclass(frozen=True)
class Piece:
    """A stretch of a page's text; ``marked`` when it belongs to the passage, ``first`` of those."""

    text: str
    marked: bool = False
    first: bool = False


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
    return view.page(
        "documents/pageview.html",
        document=document,
        page=page,
        place=place_of(document, page, view.reader),
        passage=shown,
        passage_page=shown.spans[0][0] if shown else None,
        keep=f"?passage={shown.id}" if shown else "",
        marked=bool(spans),
        pieces=pieces(page.text, spans),
        picture=None,
        boxes=[],
    )


def place_of(document: Document, page: PageRow, reader: Reader) -> str:
    """What the page is called: its number, and its printed label where that differs."""
    name = reader.gettext(PLACES[document.unit]).format(number=page.number)
    if page.label and page.label != str(page.number):
        return f"{name} ({page.label})"
    return name


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
        out += [Piece(text[at:start]), Piece(text[start:end], marked=True, first=at == 0)]
        at = end
    out.append(Piece(text[at:]))
    return [piece for piece in out if piece.text.strip() or piece.marked]
