"""Saved questions with their new answers, and judgements of results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Kind
from kb.storage.questions import SavedQuestion
from search import saved_questions
from search.evaluation import judgements
from search.results import Question
from web.forms.question import SEARCH_PATH, Asked, list_parameters
from web.http.addresses import local_path
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.http.htmx import wants_fragment
from web.presenters import queries
from web.presenters.listing import build_address
from web.presenters.tiles import DocumentCard, PracticeCard, ProjectCard, card

router = APIRouter(include_in_schema=False, dependencies=[requires(Right.NOTES)])


@dataclass(frozen=True)
class NewAnswer:
    """A new answer, ``unread`` until marked as read."""

    card: PracticeCard | DocumentCard | ProjectCard
    kind: Kind
    day: object
    unread: bool


@dataclass(frozen=True)
class SavedQuestionView:
    """A saved question as its owner sees it."""

    id: str
    question: Question
    url: str
    since: object
    news: tuple[NewAnswer, ...]

    @property
    def unread(self) -> int:
        return sum(one.unread for one in self.news)


@router.get("/questions")
def list_saved_questions(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        return view.page("questions/page.html", kept=list_saved(session, access, view))


@router.post("/questions")
def save_question(
    view: ViewDep, services: ServicesDep, access: AccessDep, asked: Annotated[Asked, Form()]
) -> Response:
    with services.database.transaction() as session:
        saved_questions.save_question(session, require_account(access), asked.question())
    if wants_fragment(view.request):
        return view.page("questions/_saved.html")
    return RedirectResponse("/questions", 303)


@router.post("/questions/{saved_id}/delete")
def forget_question(saved_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        session.delete(_require_own(session, access, saved_id))
    return RedirectResponse("/questions", 303)


@router.post("/questions/{saved_id}/read")
def mark_read(saved_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        saved_questions.mark_read(_require_own(session, access, saved_id))
    return RedirectResponse("/questions", 303)


@dataclass(frozen=True)
class JudgementForm:
    q: Annotated[str, Form(min_length=1, max_length=1000)]
    item: Annotated[str, Form(max_length=100)]
    useful: Annotated[Literal["yes", "no", "unsaid"], Form()]
    back: Annotated[str, Form()] = "/search"
    title: Annotated[str, Form(max_length=1000)] = ""
    """Of the item; part of the buttons' accessible names."""


@router.post("/judgements")
def judge(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    filled: Annotated[JudgementForm, Depends()],
) -> Response:
    useful = {"yes": True, "no": False}.get(filled.useful)
    with services.database.transaction() as session:
        if queries.find_item(session, access, filled.item) is None:
            raise HTTPException(404)
        judgements.store_judgement(
            session, require_account(access), filled.q.strip(), filled.item, useful
        )
    if wants_fragment(view.request):
        return view.page(
            "questions/_judgement.html",
            text=filled.q,
            item_id=filled.item,
            title=filled.title,
            judgement=useful,
            back=filled.back,
            focused=True,
        )
    return RedirectResponse(local_path(filled.back), 303)


def list_saved(session: Session, access: Access, view: RequestContext) -> list[SavedQuestionView]:
    """The caller's saved questions with the new answers that may be seen."""
    return [
        _present_saved(session, access, view, row)
        for row in saved_questions.list_saved(session, require_account(access))
    ]


def _present_saved(
    session: Session, access: Access, view: RequestContext, row: SavedQuestion
) -> SavedQuestionView:
    items = queries.items_by_id(session, access, [notice.item_id for notice in row.notices])
    question = saved_questions.read_question(row)
    return SavedQuestionView(
        id=row.id,
        question=question,
        url=build_address(SEARCH_PATH, list_parameters(question)),
        since=row.created_at,
        news=tuple(
            NewAnswer(
                card(items[one.item_id], view.reader),
                items[one.item_id].kind,
                one.created_at,
                one.read_at is None,
            )
            for one in row.notices
            if one.item_id in items
        ),
    )


def _require_own(session: Session, access: Access, saved_id: str) -> SavedQuestion:
    row = saved_questions.find_own(session, require_account(access), saved_id)
    if row is None:
        raise HTTPException(404)
    return row
