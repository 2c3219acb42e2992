"""The log of questions that nothing in the base answered: what researchers may look for next."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.runtime.services import Services
from kb.storage.tables import UnansweredQuestion, now

MOST = 5000
"""Questions kept; beyond that the ones asked longest ago make room."""


def note_unanswered(services: Services, text: str, language: str) -> None:
    """Remember the question, or count it once more.

    Raises:
        TransientError: the disk is full or the database is away.
    """
    with services.database.transaction() as session:
        known = session.get(UnansweredQuestion, text)
        if known is None:
            session.add(UnansweredQuestion(text=text, language=language))
            _forget(session)
        else:
            known.times += 1
            known.last_asked_at = now()
            known.settled_at = None


def _forget(session: Session) -> None:
    """Those asked longest ago, so that ``MOST`` are left."""
    session.flush()
    newest_first = select(UnansweredQuestion).order_by(
        UnansweredQuestion.last_asked_at.desc(), UnansweredQuestion.text
    )
    for forgotten in session.scalars(newest_first.offset(MOST)):
        session.delete(forgotten)


def resolve_question(session: Session, text: str) -> None:
    """Take a question off the list: it was dealt with, or it is not one for this base."""
    known = session.get(UnansweredQuestion, text)
    if known is not None:
        known.settled_at = now()
