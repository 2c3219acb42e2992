"""All pages of a document: thumbnails, words looked for in it, and the way to a page by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.processes.render import MEDIA_TYPE
from kb.messages import N_, Message
from kb.storage.tables import Document, PageRow
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.presenters.listing import number_pages
from web.presenters.page_names import name_page
from web.presenters.queries import require_document
from web.presenters.words_in_document import FoundWords, HitShown, find_in_document, show_hits

router = APIRouter(prefix="/documents/{document_id}/pages", include_in_schema=False)
SHOWN = 48
"""Thumbnails on a page."""
SHOWN_HITS = 20
"""Pages with occurrences on a page."""
OPENING = 120
"""Characters shown of a page without thumbnail."""
NO_SUCH_PAGE = N_("There is no page “{number}”: write a number from 1 to {last}.")


@dataclass(frozen=True)
class WantedPages:
    """``number``: the page to go to, or its printed label; ``q``: words to look for."""

    document_id: str
    number: Annotated[str, Query(max_length=100)] = ""
    q: Annotated[str, Query(max_length=200)] = ""
    page: Annotated[int, Query(ge=1, le=10_000)] = 1


@dataclass(frozen=True)
class PageTile:
    """A page in the overview."""

    number: int
    name: str
    opening: str


@dataclass(frozen=True)
class PageWithHits:
    """A page on which the words were found; ``total``: how often."""

    number: int
    name: str
    total: int
    shown: list[HitShown]


@router.get("")
def all_pages(
    asked: Annotated[WantedPages, Depends()],
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    """The thumbnails or what was found; with a page's number, that page."""
    wanted = asked.number.strip()
    with services.database.session() as session:
        document = require_document(session, access, asked.document_id)
        number = _find_number(session, document, wanted)
        if number is not None:
            return RedirectResponse(_address(document, number, asked.q), 303)
        found = find_in_document(session, document, asked.q) if asked.q.strip() else None
        hits = _list_hits(session, document, found, asked.page, view) if found else []
        tiles = [] if found else _list_tiles(session, document, asked.page, view)
    last = document.page_count
    problem = Message(NO_SUCH_PAGE, {"number": wanted, "last": last}) if wanted else None
    return view.page(
        "documents/pages.html",
        status=422 if problem else 200,
        document=document,
        problem=problem,
        q=asked.q,
        found=found,
        hits=hits,
        tiles=tiles,
        pictured=document.media_type == MEDIA_TYPE,
        keep=f"?{urlencode({'q': asked.q})}" if found else "",
        pages=number_pages(
            f"/documents/{document.id}/pages",
            [("q", asked.q)] if found else [],
            asked.page,
            len(found.pages) if found else last,
            SHOWN_HITS if found else SHOWN,
        ),
    )


def _find_number(session: Session, document: Document, wanted: str) -> int | None:
    """The page of that number, else the one with that printed label; None if there is none."""
    if not wanted:
        return None
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= document.page_count:
        return int(wanted)
    labelled = select(PageRow.number).where(
        PageRow.document_id == document.id, func.lower(PageRow.label) == wanted.lower()
    )
    return session.scalar(labelled.order_by(PageRow.number).limit(1))


def _address(document: Document, number: int, words: str) -> str:
    query = f"?{urlencode({'q': words})}" if words else ""
    return f"/documents/{document.id}/pages/{number}{query}"


def _list_hits(
    session: Session, document: Document, found: FoundWords, page: int, view: RequestContext
) -> list[PageWithHits]:
    some = found.pages[(page - 1) * SHOWN_HITS : page * SHOWN_HITS]
    numbers = [hits.page for hits in some]
    query = select(PageRow).where(PageRow.document_id == document.id, PageRow.number.in_(numbers))
    rows = {row.number: row for row in session.scalars(query)}
    return [
        PageWithHits(
            hits.page,
            name_page(document, rows[hits.page], view.reader),
            len(hits.spans),
            show_hits(rows[hits.page].text, hits),
        )
        for hits in some
        if hits.page in rows
    ]


def _list_tiles(
    session: Session, document: Document, page: int, view: RequestContext
) -> list[PageTile]:
    query = select(PageRow).where(PageRow.document_id == document.id).order_by(PageRow.number)
    rows = session.scalars(query.offset((page - 1) * SHOWN).limit(SHOWN))
    return [
        PageTile(row.number, name_page(document, row, view.reader), _opening(row.text))
        for row in rows
    ]


def _opening(text: str) -> str:
    words = " ".join(text[: 2 * OPENING].split())
    return words if len(words) <= OPENING else words[:OPENING].rpartition(" ")[0] + " …"
