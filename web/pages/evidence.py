"""Quoting a document in a card: words taken from a page, and suggested results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Status
from kb.messages import N_, PermanentError
from kb.practices import drafts, suggestions
from kb.practices.quotations import RESULT, take
from kb.storage.revisions import PracticeRevision
from web.http.context import AccessDep, Number, ServicesDep, ViewDep, requires
from web.presenters import queries
from web.presenters.found_figures import offer_one
from web.presenters.listing import number_pages
from web.presenters.queries import require_document
from web.presenters.quoting import NEW_DRAFT, build_quote_form

router = APIRouter(
    prefix="/documents/{document_id}",
    include_in_schema=False,
    dependencies=[requires(Right.PRACTICES)],
)
PAGE_SIZE = 25


@dataclass(frozen=True)
class Taken:
    """Quoted words, the draft they go into, and what they become there."""

    quote: Annotated[str, Form(max_length=10_000)] = ""
    draft: Annotated[str, Form()] = NEW_DRAFT
    title: Annotated[str, Form(max_length=200)] = ""
    target: Annotated[str, Form()] = RESULT


@router.post("/pages/{number}/take")
def take_words(
    document_id: str,
    number: Number,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    taken: Annotated[Taken, Depends()],
) -> Response:
    """Add the words as a quotation with page and source; redirect to its place in the draft."""
    with services.database.transaction() as session:
        document = require_document(session, access, document_id)
        page = queries.find_page(session, document, number)
        if page is None:
            raise HTTPException(404)
        revision = _choose_draft(session, access, taken)
        day = view.reader.today()
        record, name, place = take(revision.record, document, page, taken.quote, taken.target, day)
        drafts.save_draft(session, access, revision.id, revision.version, record)
        entry = f"{name}-{place}-entry"
        address = f"/drafts/{revision.id}?at={entry}#{entry}"
    return RedirectResponse(address, 303)


@router.get("/candidates")
def candidate_list(
    document_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    with services.database.session() as session:
        document = require_document(session, access, document_id)
        found = suggestions.find_suggestions(session, document)
        dropped = suggestions.count_discarded(session, document)
        offered = build_quote_form(session, access, view.reader)
    path = f"/documents/{document_id}/candidates"
    return view.page(
        "documents/candidates.html",
        document=document,
        ready=document.status is Status.READY,
        total=len(found),
        candidates=[
            offer_one(one, document.language, view.reader)
            for one in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        ],
        dropped=dropped,
        into=offered,
        current=page,
        pages=number_pages(path, [], page, len(found), PAGE_SIZE),
    )


@router.post("/candidates/discard")
def discard(
    document_id: str,
    services: ServicesDep,
    access: AccessDep,
    key: Annotated[str, Form(pattern="^[0-9a-f]{64}$")],
    page: Annotated[Number, Form()] = 1,
) -> Response:
    with services.database.transaction() as session:
        suggestions.discard_suggestion(
            session, access, require_document(session, access, document_id), key
        )
    return _redirect_back(document_id, page)


@router.post("/candidates/restore")
def restore(document_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        suggestions.restore_suggestion(session, require_document(session, access, document_id))
    return _redirect_back(document_id, 1)


def _redirect_back(document_id: str, page: int) -> Response:
    query = f"?{urlencode({'page': page})}" if page > 1 else ""
    return RedirectResponse(f"/documents/{document_id}/candidates{query}#candidates", 303)


def _choose_draft(session: Session, access: Access, taken: Taken) -> PracticeRevision:
    if taken.draft == NEW_DRAFT:
        if not taken.title.strip():
            raise PermanentError(N_("Give the new draft a title, or choose one that is there."))
        return drafts.begin_draft(session, access, taken.title)
    return drafts.require_editable(session, taken.draft)
