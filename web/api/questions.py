"""Saved questions with their new answers, and judgements of results, in the JSON interface."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Kind
from kb.messages import NotFound
from kb.storage.questions import SavedQuestion
from search import saved_questions
from search.evaluation import judgements
from search.query import MAX_LENGTH
from web.forms.question import SEARCH_PATH, Asked, list_parameters
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import (
    AccessDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    require_account,
    requires,
)
from web.http.entity_tags import IfMatch, note_state
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.listing import build_address

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1",
    tags=["questions"],
    responses=ALWAYS | problems(400, 403, 404, 412, 422),
    dependencies=[requires(Right.NOTES)],
)


QuestionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LENGTH)
]


class NewAnswerOut(BaseModel):
    id: str
    kind: Kind
    title: str
    found_at: datetime
    unread: bool


class SavedQuestionOut(BaseModel):
    id: str
    q: str
    url: str = Field(description="Address of the search, with its filters.")
    saved_at: datetime
    answers: list[NewAnswerOut] = Field(description="What has come since and answers it.")


class SavedQuestionList(BaseModel):
    questions: list[SavedQuestionOut]
    next: str | None = NEXT


class JudgementIn(BaseModel):
    """Whether an item is useful for a question."""

    model_config = ConfigDict(extra="forbid")

    q: QuestionText
    item: str = Field(max_length=100, description="Id of a practice, document or project.")
    useful: bool | None = Field(description="Null takes the judgement back.")


class JudgementList(BaseModel):
    judgements: dict[str, bool] = Field(description="Useful or not, by id of the item.")


@router.get("/questions", summary="One's own saved questions, newest first")
def list_questions(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[Paged, Query()],
) -> SavedQuestionList:
    """All of them without `limit`."""
    with services.database.session() as session:
        saved = saved_questions.list_saved(session, require_account(access))
        rows = {row.id: row for row in saved}
        keys = sorted(((-row.created_at.timestamp(),), row.id) for row in saved)
        page = cut_page(view.request, keys, wanted)
        shown = [_describe(session, access, view, rows[id]) for id in page.ids]
    link_next(view.request, response, page.next)
    return SavedQuestionList(questions=shown, next=page.next)


@router.get("/questions/{saved_id}", summary="A saved question of one's own")
def get_question(
    saved_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> SavedQuestionOut:
    with services.database.session() as session:
        row = _require_own(session, access, saved_id)
        note_state(view.request, row)
        return _describe(session, access, view, row)


@router.post("/questions", status_code=201, summary="Save a question with its filters")
def save_question(
    asked: Asked, view: ViewDep, services: ServicesDep, access: AccessDep
) -> SavedQuestionOut:
    """The parameters of a search. A question that is saved already is given back."""
    with services.database.transaction() as session:
        row = saved_questions.save_question(session, require_account(access), asked.question())
        return _describe(session, access, view, row)


@router.delete("/questions/{saved_id}", status_code=204, summary="Forget a saved question")
def forget_question(
    saved_id: str, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> Response:
    with services.database.transaction() as session:
        row = _require_own(session, access, saved_id)
        if_match.check(row)
        session.delete(row)
    return Response(status_code=204)


@router.post(
    "/questions/{saved_id}/read",
    operation_id="mark_question_read",
    summary="Mark its new answers as read",
)
def mark_read(
    saved_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> SavedQuestionOut:
    with services.database.transaction() as session:
        row = _require_own(session, access, saved_id)
        if_match.check(row)
        saved_questions.mark_read(row)
        return _describe(session, access, view, row)


@router.get(
    "/judgements",
    operation_id="list_judgements",
    summary="One's own judgements of the results of a question",
)
def read_judgements(
    services: ServicesDep, access: AccessDep, q: Annotated[QuestionText, Query()]
) -> JudgementList:
    with services.database.session() as session:
        found = judgements.read_judgements(session, require_account(access), q)
        return JudgementList(judgements=found)


@router.put(
    "/judgements",
    operation_id="judge_result",
    status_code=204,
    summary="Judge a result, or take that back",
)
def judge(sent: JudgementIn, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        account_id = require_account(access)
        if queries.find_item(session, access, sent.item) is None:
            raise NotFound()
        judgements.store_judgement(session, account_id, sent.q, sent.item, sent.useful)
    return Response(status_code=204)


def _require_own(session: Session, access: Access, saved_id: str) -> SavedQuestion:
    row = saved_questions.find_own(session, require_account(access), saved_id)
    if row is None:
        raise NotFound()
    return row


def _describe(
    session: Session, access: Access, view: RequestContext, row: SavedQuestion
) -> SavedQuestionOut:
    items = queries.items_by_id(session, access, [notice.item_id for notice in row.notices])
    question = saved_questions.read_question(row)
    answers: list[dict[str, Any]] = [
        {
            "id": notice.item_id,
            "kind": items[notice.item_id].kind,
            "title": items[notice.item_id].title,
            "found_at": notice.created_at,
            "unread": notice.read_at is None,
        }
        for notice in row.notices
        if notice.item_id in items
    ]
    return SavedQuestionOut(
        id=row.id,
        q=question.text,
        url=site_of(view.request) + build_address(SEARCH_PATH, list_parameters(question)),
        saved_at=row.created_at,
        answers=[NewAnswerOut(**answer) for answer in answers],
    )
