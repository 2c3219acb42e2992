"""The current lines of the scientific board, with what stands behind each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Kind
from kb.messages import N_, Message, PermanentError
from kb.network import board
from kb.network.profiles import find_known
from kb.network.requests import IN_TIME, count_requests
from kb.projects import ideas
from kb.projects.counting import count_projects
from kb.projects.project import TITLE_CHARACTERS
from kb.storage.network import BoardLine
from kb.text.lines import one_line
from web.forms.item_address import read_item_id
from web.forms.project import find_municipality
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.own_place import find_own_place
from web.presenters import queries
from web.presenters.network import KnownItem, known_item

router = APIRouter(
    prefix="/direction", include_in_schema=False, dependencies=[requires(Right.NOTES)]
)


class LineFields(BaseModel):
    """The form of a line. ``practices``: addresses or ids, one to a line."""

    text: str = ""
    questions: list[str] = []
    practices: str = ""


class IdeaFields(BaseModel):
    """The form of an idea. ``title``: by default the line's text."""

    model_config = ConfigDict(frozen=True)

    title: str = ""
    place: str = ""


@dataclass(frozen=True)
class RefusedIdea:
    """A form of an idea that was not accepted, shown again with what was typed."""

    line_id: str
    sent: IdeaFields
    problem: Message


@dataclass(frozen=True)
class LineView:
    """A line with what stands behind it, as far as the reader may see it."""

    line: BoardLine
    practices: tuple[KnownItem, ...]
    ideas: tuple[KnownItem, ...]


@router.get("")
def direction_page(
    view: ViewDep, services: ServicesDep, access: AccessDep, done: str = ""
) -> Response:
    with services.database.session() as session:
        return _show(view, session, LineFields(), None, done)


@router.get("/counted")
def counted_page(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """What is counted of projects and requests, each number with its rows."""
    with services.database.session() as session:
        return view.page(
            "direction/counted.html",
            counts=count_projects(session, access),
            requests=count_requests(session),
            prompt_days=IN_TIME.days,
        )


@router.post("")
def set_line(
    view: ViewDep, services: ServicesDep, access: AccessDep, sent: Annotated[LineFields, Form()]
) -> Response:
    try:
        with services.database.transaction() as session:
            asked = {one.text for one in queries.list_unanswered(session)}
            board.add_line(
                session,
                access,
                one_line(sent.text),
                view.reader.today(),
                [text for text in dict.fromkeys(sent.questions) if text in asked],
                _read_practices(session, access, sent.practices),
            )
    except PermanentError as error:
        with services.database.session() as session:
            return _show(view, session, sent, error.message, "")
    return RedirectResponse("/direction?done=set", 303)


@router.post("/{line_id}/ideas")
def make_idea(
    line_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: Annotated[IdeaFields, Form()],
) -> Response:
    """A project in stage idea that seeks a lead, with the practices behind the line."""
    try:
        with services.database.transaction() as session:
            line = board.require_line(session, line_id)
            known = find_known(session, access, line.practices)
            idea = ideas.Idea(
                title=one_line(sent.title) or line.text[:TITLE_CHARACTERS],
                municipality=find_municipality(sent.place.strip()),
                why=line.text,
                practice_ids=[id for id, item in known.items() if item.kind is Kind.PRACTICE],
                language="en" if view.reader.code == "en" else "it",
            )
            made = ideas.create_idea(session, access, idea)
            board.add_idea(session, access, line_id, made.id)
            return RedirectResponse(f"/projects/{made.id}", 303)
    except PermanentError as error:
        with services.database.session() as session:
            refused = RefusedIdea(line_id, sent, error.message)
            return _show(view, session, LineFields(), None, "", refused)


@router.post("/{line_id}/end")
def end_line(line_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        board.end_line(session, access, line_id, view.reader.today())
    return RedirectResponse("/direction?done=ended", 303)


def _read_practices(session: Session, access: Access, typed: str) -> list[str]:
    """Raises PermanentError for a practice that is not there."""
    lines = [line for line in map(one_line, typed.splitlines()[:50]) if line]
    found = [read_item_id(line) for line in lines]
    known = find_known(session, access, found)
    for one in found:
        if one not in known:
            raise PermanentError(
                N_("There is no practice or project “{name}”: give the address of its page."),
                name=one[:100],
            )
    return list(dict.fromkeys(found))


def _show(
    view: RequestContext,
    session: Session,
    sent: LineFields,
    problem: Message | None,
    done: str,
    refused: RefusedIdea | None = None,
) -> Response:
    lines, ended = board.list_lines(session), board.list_ended(session)
    ids = {id for line in (*lines, *ended) for id in (*line.practices, *line.ideas)}
    own = find_own_place(session, view.request, view.access)
    items = {
        id: known_item(item, view.reader)
        for id, item in queries.items_by_id(session, view.access, ids).items()
    }
    return view.page(
        "direction/page.html",
        status=422 if problem or refused else 200,
        refused=refused,
        lines=[_present(line, items) for line in lines],
        ended=ended,
        unanswered=queries.list_unanswered(session, 30) if view.access.board else (),
        sent=sent,
        place=f"{own.name} ({own.province})" if own else "",
        problem=problem,
        done=done,
        most=board.MOST,
        longest=board.LENGTH,
    )


def _present(line: BoardLine, items: dict[str, KnownItem]) -> LineView:
    return LineView(
        line,
        tuple(items[id] for id in line.practices if id in items),
        tuple(items[id] for id in line.ideas if id in items),
    )
