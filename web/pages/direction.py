"""The current lines of the scientific board, with what stands behind each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import N_, Message, PermanentError
from kb.network import board
from kb.network.profiles import find_known
from kb.storage.network import BoardLine
from kb.text.lines import one_line
from web.forms.item_address import read_item_id
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
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
) -> Response:
    lines, ended = board.list_lines(session), board.list_ended(session)
    ids = {id for line in (*lines, *ended) for id in (*line.practices, *line.ideas)}
    items = {
        id: known_item(item, view.reader)
        for id, item in find_known(session, view.access, ids).items()
    }
    return view.page(
        "direction/page.html",
        status=422 if problem else 200,
        lines=[_present(line, items) for line in lines],
        ended=ended,
        unanswered=queries.list_unanswered(session, 30) if view.access.board else (),
        sent=sent,
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
