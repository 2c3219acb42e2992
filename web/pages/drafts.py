"""Practice cards in writing: list, begin, begin a new version, take back, delete."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Status
from kb.messages import PermanentError
from kb.practices import drafts, review
from kb.practices.quotations import add_source
from kb.practices.verification import due_before
from kb.storage.revisions import PracticeRevision
from kb.storage.tables import PracticeRow
from kb.text.folding import title_order
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.presenters import queries

router = APIRouter(include_in_schema=False, dependencies=[requires(Right.PRACTICES)])


@router.get("/drafts")
def draft_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        every = drafts.list_unfinished(session)
        due = len(_list_due(session, access, view.reader.today()))
    mine = [one for one in every if _is_mine(one, access)]
    others = [one for one in every if not _is_mine(one, access)]
    return view.page("drafts/list.html", mine=mine, others=others, due=due)


@router.get("/drafts/to-check")
def to_check(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """Published cards not checked against their sources for two years."""
    with services.database.session() as session:
        return view.page(
            "drafts/to_check.html", practices=_list_due(session, access, view.reader.today())
        )


@router.get("/practices/new")
def new(view: ViewDep, services: ServicesDep, access: AccessDep, document: str = "") -> Response:
    """``document``: the document that the card begins from, its first source."""
    with services.database.session() as session:
        source = queries.require_document(session, access, document) if document else None
    return view.page("drafts/new.html", title="", problem=None, source=source)


@router.post("/practices/new")
def begin(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    title: Annotated[str, Form()] = "",
    document: Annotated[str, Form()] = "",
) -> Response:
    with services.database.session() as session:
        source = queries.require_document(session, access, document) if document else None
    try:
        with services.database.transaction() as session:
            revision = drafts.begin_draft(session, access, title)
            if source is not None:
                sources, _ = add_source([], source, view.reader.today())
                revision.record = {**revision.record, "sources": sources}
    except PermanentError as error:
        return view.page(
            "drafts/new.html", status=422, title=title, problem=error.message, source=source
        )
    return RedirectResponse(f"/drafts/{revision.id}", 303)


@router.get("/practices/{practice_id}/edit")
def edit(practice_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        practice = queries.find_practice(session, access, practice_id)
        draft = drafts.open_revision(session, practice_id)
    if draft is not None:
        return RedirectResponse(f"/drafts/{draft.id}", 303)
    if practice is None:
        raise HTTPException(404)
    return view.page("drafts/revise.html", practice=practice)


@router.post("/practices/{practice_id}/edit")
def revise(practice_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        revision = drafts.revise_practice(session, access, practice_id)
    return RedirectResponse(f"/drafts/{revision.id}", 303)


@router.post("/drafts/{revision_id}/recall")
def recall(revision_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        review.recall_draft(session, access, revision_id)
    return RedirectResponse(f"/drafts/{revision_id}", 303)


@router.post("/drafts/{revision_id}/delete")
def delete(revision_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        drafts.discard_draft(session, access, revision_id)
    return RedirectResponse("/drafts", 303)


def _is_mine(revision: PracticeRevision, access: Access) -> bool:
    return any(one["id"] == access.account_id for one in revision.contributors)


def _list_due(session: Session, access: Access, today: date) -> list[PracticeRow]:
    old = PracticeRow.verified_on < due_before(today)
    query = select(PracticeRow).where(
        PracticeRow.visibility.in_(access.visibilities),
        PracticeRow.status != Status.DELETED,
        old | PracticeRow.verified_on.is_(None),
    )
    rows = session.scalars(query)
    return sorted(
        rows, key=lambda row: (row.verified_on or date.min, *title_order(row.title, row.id))
    )
