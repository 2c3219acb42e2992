"""The current lines of the scientific board: set, signed and ended by its members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import N_, NotFound, PermanentError
from kb.storage.network import BoardLine

MOST = 7
LENGTH = 300
"""Characters of a line."""


def list_lines(session: Session) -> Sequence[BoardLine]:
    """The current lines, oldest first."""
    current = select(BoardLine).where(BoardLine.ended_on.is_(None))
    return session.scalars(current.order_by(BoardLine.signed_on, BoardLine.id)).all()


def list_ended(session: Session) -> Sequence[BoardLine]:
    """The lines of the past, the last ended first."""
    ended = select(BoardLine).where(BoardLine.ended_on.is_not(None))
    return session.scalars(ended.order_by(BoardLine.ended_on.desc(), BoardLine.id)).all()


def add_line(  # what a line consists of
    session: Session,
    access: Access,
    text: str,
    today: date,
    questions: Sequence[str] = (),
    practices: Sequence[str] = (),
) -> BoardLine:
    """Set a line, signed with the caller's name.

    Raises:
        PermanentError: the caller is not on the board, the text is empty or too long, or there are
            ``MOST`` lines already.
    """
    _require_board(access)
    if not text:
        raise PermanentError(N_("Write the line: one sentence is enough."))
    if len(text) > LENGTH:
        raise PermanentError(N_("Too long: at most {max_length} characters."), max_length=LENGTH)
    current = select(BoardLine.id).where(BoardLine.ended_on.is_(None)).order_by(BoardLine.id)
    session.scalars(current.with_for_update()).all()  # of two who set the last the second waits
    if len(session.scalars(current).all()) >= MOST:
        raise PermanentError(
            N_("There are {most} lines already: end one before you set another."), most=MOST
        )
    line = BoardLine(
        text=text,
        questions=list(questions),
        practices=list(practices),
        ideas=[],
        account_id=access.account_id,
        signed_by=access.name,
        signed_on=today,
    )
    session.add(line)
    session.flush()
    audit.record_event(session, access, "line.set", line.id, title=text)
    return line


def end_line(session: Session, access: Access, line_id: str, today: date) -> None:
    """End a line; it stays in the history. Raises NotFound, or PermanentError for a caller who is
    not on the board."""
    _require_board(access)
    line = require_line(session, line_id, to_change=True)
    line.ended_by, line.ended_on = access.name, today
    audit.record_event(session, access, "line.end", line.id, title=line.text)


def add_idea(session: Session, access: Access, line_id: str, project_id: str) -> None:
    """Note that a project came of a line. Raises NotFound, or PermanentError for a caller who is
    not on the board."""
    _require_board(access)
    line = require_line(session, line_id, to_change=True)
    line.ideas = [*line.ideas, project_id]
    audit.record_event(session, access, "line.idea", line.id, title=line.text, item=project_id)


def require_line(session: Session, line_id: str, *, to_change: bool = False) -> BoardLine:
    """A current line; ``to_change``: locked until the transaction ends. Raises NotFound."""
    line = session.get(
        BoardLine, line_id, populate_existing=to_change, with_for_update=to_change or None
    )
    if line is None or line.ended_on is not None:
        raise NotFound()
    return line


def _require_board(access: Access) -> None:
    if not access.board:
        raise PermanentError(
            N_("Only members of the scientific board set lines: ask an administrator.")
        )
