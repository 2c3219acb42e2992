"""Review of cards by a second person: queue, decision, withdrawal, history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Right
from kb.domain import Visibility
from kb.messages import Message, PermanentError
from kb.practices import drafts, review
from kb.practices.pictures import list_picture_changes
from kb.practices.practice import Practice
from kb.storage.revisions import OPEN, PracticeRevision, RevisionState
from kb.storage.tables import Document, PracticeRow
from web.forms.card_changes import summarize_changes
from web.forms.card_history import list_history
from web.http.context import AccessDep, Number, RequestContext, ServicesDep, ViewDep, requires
from web.presenters import queries
from web.presenters.audit import present_entries
from web.presenters.practice_card import card_context
from web.rendering.titles import title_of

router = APIRouter(include_in_schema=False, dependencies=[requires(Right.PRACTICES)])


@dataclass(frozen=True)
class Decision:
    """``approve`` or ``return``, for the version that the reviewer read."""

    version: Annotated[Number, Form()]
    decision: Annotated[str, Form()]
    note: Annotated[str, Form(max_length=5000)] = ""


@router.get("/review", dependencies=[requires(Right.REVIEW)])
def queue(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        waiting = drafts.list_unfinished(session, RevisionState.REVIEW)
    return view.page(
        "review/list.html",
        mine=[one for one in waiting if not review.may_decide(one, access)],
        others=[one for one in waiting if review.may_decide(one, access)],
    )


@router.get("/review/{revision_id}")
def card(
    revision_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: bool = False,
) -> Response:
    """The card as readers will see it. ``sent``: the author has just submitted it."""
    with services.database.session() as session:
        return _show_card(session, view, revision_id, sent=sent)


@router.post("/review/{revision_id}", dependencies=[requires(Right.REVIEW)])
def decide(
    revision_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    decided: Annotated[Decision, Depends()],
) -> Response:
    try:
        with services.database.transaction() as session:
            if decided.decision == "approve":
                revision = review.approve_draft(session, access, revision_id, decided.version)
            else:
                revision = review.send_back_draft(
                    session, access, revision_id, decided.version, decided.note
                )
    except PermanentError as error:
        with services.database.session() as session:
            return _show_card(session, view, revision_id, decided.note, problem=error.message)
    if revision.state is RevisionState.PUBLISHED:
        return RedirectResponse(f"/practices/{revision.practice_id}", 303)
    return RedirectResponse("/review", 303)


@router.get("/practices/{practice_id}/history")
def history(practice_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        practice = queries.find_practice(session, access, practice_id)
        told = list_history(session, access, practice_id, view.reader)
        pictures = present_entries(session, list_picture_changes(session, practice_id), view.reader)
    if not told and practice is None:
        raise HTTPException(404)
    title = title_of(practice or told[0].revision.record, view.reader)
    return view.page(
        "review/history.html",
        practice_id=practice_id,
        practice=practice,
        pictures=pictures,
        told=told,
        title=title.text,
        title_language=title.language,
    )


@router.post("/practices/{practice_id}/withdraw", dependencies=[requires(Right.REVIEW)])
def withdraw(
    practice_id: str,
    services: ServicesDep,
    access: AccessDep,
    note: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    with services.database.transaction() as session:
        if queries.find_practice(session, access, practice_id) is None:
            raise HTTPException(404)
        review.withdraw_practice(session, access, practice_id, note)
    return RedirectResponse(f"/practices/{practice_id}/history", 303)


def _show_card(
    session: Session,
    view: RequestContext,
    revision_id: str,
    note: str = "",
    *,
    sent: bool = False,
    problem: Message | None = None,
) -> Response:
    """``problem``: why the decision was refused, with the ``note`` that came with it; the card may
    have been published or sent back meanwhile."""
    revision = session.get(PracticeRevision, revision_id)
    if revision is None or (revision.state not in OPEN and problem is None):
        raise HTTPException(404)
    practice, findings = review.check_draft(session, revision)
    if practice is None and revision.state in drafts.CHANGEABLE and problem is None:
        return RedirectResponse(f"/drafts/{revision_id}", 303)
    row = session.get(PracticeRow, revision.practice_id)
    return view.page(
        "review/card.html",
        status=422 if problem else 200,
        revision=revision,
        findings=findings,
        may_decide=review.may_decide(revision, view.access),
        told=summarize_changes(row.record, revision.record, view.reader) if row else None,
        hidden=_find_hidden_sources(session, practice, revision.visibility) if practice else [],
        note=note,
        sent=sent,
        problem=problem,
        context=card_context(session, practice, view.reader) if practice else None,
    )


def _find_hidden_sources(
    session: Session, practice: Practice, visibility: Visibility
) -> list[Document]:
    """Cited documents that some readers of the card may not see."""
    cited = [source.document for source in practice.sources if source.document]
    found = [session.get(Document, one) for one in cited]
    narrower = {
        Visibility.PUBLIC: {Visibility.MEMBERS, Visibility.RESEARCHERS},
        Visibility.MEMBERS: {Visibility.RESEARCHERS},
        Visibility.RESEARCHERS: set(),
    }[visibility]
    return [one for one in found if one is not None and one.visibility in narrower]
