"""Questions of a path, written by curators, and where readers stop or go wrong."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import Message, NotFound, PermanentError
from kb.paths import progress, questions
from kb.paths.event_units import set_event
from kb.paths.questions import QuestionConflict, QuestionForm
from kb.storage.collections import Collection, CollectionKind
from kb.storage.paths import AnswerKind, PathQuestion
from kb.text.lines import one_line, several_lines
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.presenters.archive import list_events
from web.presenters.paths import present_answers
from web.presenters.queries import require_collection

router = APIRouter(
    prefix="/paths/{path_id}/questions",
    include_in_schema=False,
    dependencies=[requires(Right.COLLECTIONS)],
)
_PAGE = re.compile(r"documents/([^\s/?#]+)/pages/(\d{1,6})")


class QuestionFields(BaseModel):
    """The form of a question. ``page``: the address of a page of a document; ``shown``: digest of
    the question that the form was opened with."""

    unit: str = ""
    text: str = ""
    kind: str = AnswerKind.ONE.value
    options: str = ""
    page: str = ""
    quote: str = ""
    shown: str = ""

    @classmethod
    def of(cls, question: PathQuestion) -> QuestionFields:
        return cls(
            unit=question.section_id,
            text=question.text,
            kind=question.kind.value,
            options=questions.write_options(question),
            page=f"/documents/{question.document_id}/pages/{question.page}",
            quote=question.quote,
            shown=questions.digest_question(question),
        )

    def read(self) -> QuestionForm:
        found = _PAGE.search(self.page)
        known = {kind.value for kind in AnswerKind}
        lines = (one_line(line) for line in self.options.splitlines())
        return QuestionForm(
            text=one_line(self.text),
            kind=AnswerKind(self.kind) if self.kind in known else AnswerKind.ONE,
            options=tuple(line for line in lines if line),
            document_id=found[1] if found else "",
            page=int(found[2]) if found else 0,
            quote=several_lines(self.quote),
        )


@router.get("")
def question_list(
    path_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, unit: str = ""
) -> Response:
    with services.database.session() as session:
        path = _require_path(session, access, path_id)
        return _show(view, session, path, QuestionFields(unit=unit), {})


@router.post("")
def add(
    path_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[QuestionFields, Form()],
) -> Response:
    form = sent.read()
    problems = form.problems()
    try:
        if not problems:
            with services.database.transaction() as session:
                path = _require_path(session, access, path_id)
                questions.add_question(session, access, path, sent.unit, form)
    except PermanentError as error:
        problems = {"": error.message}
    if problems:
        with services.database.session() as session:
            path = _require_path(session, access, path_id)
            return _show(view, session, path, sent, problems)
    return RedirectResponse(f"/paths/{path_id}/questions#unit-{sent.unit}", 303)


@router.get("/{question_id}/edit")
def edit_form(
    path_id: str, question_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        path = _require_path(session, access, path_id)
        question = session.get(PathQuestion, question_id)
        if question is None or question.section_id not in {one.id for one in path.sections}:
            raise NotFound()
        return _show_edit(view, path, question_id, QuestionFields.of(question), {})


@router.post("/{question_id}/edit")
def edit(
    path_id: str,
    question_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[QuestionFields, Form()],
) -> Response:
    form = sent.read()
    problems, status = form.problems(), 422
    try:
        if not problems:
            with services.database.transaction() as session:
                path = _require_path(session, access, path_id)
                questions.change_question(session, access, path, question_id, form, sent.shown)
    except QuestionConflict as error:
        problems, status = {"": error.message}, 409
    except PermanentError as error:
        problems = {"": error.message}
    if problems:
        with services.database.session() as session:
            path = _require_path(session, access, path_id)
            return _show_edit(view, path, question_id, sent, problems, status)
    return RedirectResponse(f"/paths/{path_id}/questions#unit-{sent.unit}", 303)


@router.post("/units/{unit_id}/event")
def choose_event(
    path_id: str,
    unit_id: str,
    services: ServicesDep,
    access: AccessDep,
    event: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Make attendance at an event part of the unit; empty: of none."""
    with services.database.transaction() as session:
        path = _require_path(session, access, path_id)
        chosen = require_collection(session, access, event) if event else None
        if chosen is not None and chosen.kind is not CollectionKind.EVENT:
            raise NotFound()
        set_event(session, access, path, unit_id, chosen)
    return RedirectResponse(f"/paths/{path_id}/questions#unit-{unit_id}", 303)


@router.post("/{question_id}/remove")
def remove(path_id: str, question_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        path = _require_path(session, access, path_id)
        questions.remove_question(session, access, path, question_id)
    return RedirectResponse(f"/paths/{path_id}/questions", 303)


def _require_path(session: Session, access: Access, path_id: str) -> Collection:
    path = require_collection(session, access, path_id)
    if path.kind is not CollectionKind.PATH:
        raise NotFound()
    return path


def _show_edit(  # the form of one question, what was sent and what is wrong in it
    view: RequestContext,
    path: Collection,
    question_id: str,
    sent: QuestionFields,
    problems: dict[str, Message],
    status: int = 422,
) -> Response:
    return view.page(
        "paths/question.html",
        status=status if problems else 200,
        course=path,
        question_id=question_id,
        sent=sent,
        problems=problems,
        longest=questions.TEXT_LENGTH,
        longest_quote=questions.QUOTE_LENGTH,
    )


def _show(
    view: RequestContext,
    session: Session,
    path: Collection,
    sent: QuestionFields,
    problems: dict[str, Message],
) -> Response:
    counts = progress.count_units(session, path)
    return view.page(
        "paths/questions.html",
        status=422 if problems else 200,
        course=path,
        counts=[(one, present_answers(session, view.access, path, one.unit, {})) for one in counts],
        events=list(reversed(list_events(session, view.access))),
        sent=sent,
        problems=problems,
        most=questions.MOST,
        longest=questions.TEXT_LENGTH,
        longest_quote=questions.QUOTE_LENGTH,
    )
