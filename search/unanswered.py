"""The log of unanswered questions, for researchers who look for missing material."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.messages import TransientError
from kb.runtime.services import Services
from kb.storage.inserting import insert_into
from kb.storage.tables import UnansweredQuestion, now

log = structlog.get_logger()

MOST = 5000
"""Questions kept; beyond that those asked longest ago are deleted."""


def note_later(services: Services, text: str, language: str) -> None:
    """Note the question in the background, so that its answer does not wait for the disk.

    Closing the services waits for what is to be noted. A failure is logged only.
    """
    services.background.submit(_try_to_note, services, text, language)


def wait_until_noted(services: Services) -> None:
    """Return when everything given to ``note_later`` before is noted."""
    services.background.submit(lambda: None).result()


def _try_to_note(services: Services, text: str, language: str) -> None:
    try:
        note_unanswered(services, text, language)
    except TransientError as error:
        log.warning("unanswered question not noted", reason=str(error))
    except Exception:
        log.exception("unanswered question not noted")


def note_unanswered(services: Services, text: str, language: str) -> None:
    """Add the question to the log, or count it once more.

    Raises:
        TransientError: the disk is full or the database is unavailable.
    """
    with services.database.transaction() as session:
        again = {
            "times": UnansweredQuestion.times + 1,
            "last_asked_at": now(),
            "settled_at": None,
        }
        times = session.scalar(
            insert_into(session.connection(), UnansweredQuestion)
            .values(text=text, language=language)
            .on_conflict_do_update(index_elements=["text"], set_=again)
            .returning(UnansweredQuestion.times)
        )
        if times == 1:
            _drop_oldest(session)


def _drop_oldest(session: Session) -> None:
    """Delete the questions asked longest ago beyond ``MOST``."""
    newest_first = select(UnansweredQuestion).order_by(
        UnansweredQuestion.last_asked_at.desc(), UnansweredQuestion.text
    )
    for forgotten in session.scalars(newest_first.offset(MOST)):
        session.delete(forgotten)


def resolve_question(session: Session, text: str) -> None:
    """Take a question off the list; it returns if it is asked again without an answer."""
    known = session.get(UnansweredQuestion, text)
    if known is not None:
        known.settled_at = now()
