"""Questions that people keep: saving them, and finding out what new items answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.accounts import accounts
from kb.domain import Status
from kb.messages import N_, PermanentError
from kb.runtime.services import Services
from kb.storage.accounts import Account
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.tables import Item, Job, JobStatus, Operation, now
from search.query import validate_question
from search.ranking.grouping import ANSWER_SCORE
from search.results import Question
from search.service import rank

MOST = 100
"""Questions an account may keep."""
NEAR = 10
"""A new item answers a question when it is among this many best ones, and near enough."""
COMMITTED_WITHIN = timedelta(minutes=1)
"""A job that is seen later than another may have ended before it: PostgreSQL shows each when it is
committed. So what ended just now is looked at again."""

_QUESTION = TypeAdapter(Question)


@dataclass(frozen=True)
class Answered:
    """New items that answer a saved question, best first."""

    saved_id: str
    account_id: str
    question: Question
    item_ids: tuple[str, ...]


def save_question(session: Session, account_id: str, question: Question) -> SavedQuestion:
    """Keep a question with its filters; one that is kept already stays as it is.

    Raises:
        PermanentError: it is empty or too long, or there are too many.
    """
    question = replace(validate_question(question), page=1)
    kept = list_saved(session, account_id)
    for saved in kept:
        if read_question(saved) == question:
            return saved
    if len(kept) >= MOST:
        raise PermanentError(
            N_("The limit of {count} saved questions is reached: remove one first."),
            count=len(kept),
        )
    saved = SavedQuestion(
        account_id=account_id,
        text=question.text,
        question=_QUESTION.dump_python(question, mode="json"),
    )
    session.add(saved)
    session.flush()
    return saved


def list_saved(session: Session, account_id: str) -> Sequence[SavedQuestion]:
    """The questions an account keeps, newest first."""
    own = select(SavedQuestion).where(SavedQuestion.account_id == account_id)
    return session.scalars(own.order_by(SavedQuestion.created_at.desc())).all()


def count_unread(session: Session, account_id: str) -> int:
    """How many new answers the account has not looked at."""
    own = select(func.count()).select_from(Notice).join(SavedQuestion)
    return (
        session.scalar(own.where(SavedQuestion.account_id == account_id, Notice.read_at.is_(None)))
        or 0
    )


def list_new_answers(session: Session, saved_id: str) -> Sequence[Notice]:
    """What newly answered a saved question and has not been looked at."""
    count_unread = select(Notice).where(Notice.saved_id == saved_id, Notice.read_at.is_(None))
    return session.scalars(count_unread.order_by(Notice.created_at)).all()


def read_question(saved: SavedQuestion) -> Question:
    return _QUESTION.validate_python(saved.question)


def find_new_answers(services: Services) -> list[Answered]:
    """Ask every saved question to which something new might be the answer, and note what is.

    What became searchable is read from the jobs that are done, so that nothing is missed while
    no process was looking, and two that look at once note an answer once.

    Raises:
        TransientError: the index or the database cannot answer at the moment.
    """
    with services.database.session() as session:
        newest = session.scalar(select(func.max(Job.finished_at)).where(*_DONE))
        waiting = _waiting(session, newest) if newest else []
        until = min(newest, now() - COMMITTED_WITHIN) if newest else None
        new_items = {saved.id: _new_items(session, saved) for saved in waiting}
    answered = []
    for saved in waiting:
        found = _answers(services, saved, new_items[saved.id]) if new_items[saved.id] else ()
        noted = _note(services, saved, found, until)
        if noted:
            answered.append(Answered(saved.id, saved.account_id, read_question(saved), noted))
    return answered


_DONE = (Job.operation == Operation.INDEX, Job.status == JobStatus.DONE)


def _waiting(session: Session, newest: datetime) -> Sequence[SavedQuestion]:
    behind = select(SavedQuestion).join(Account).where(SavedQuestion.checked_at < newest)
    return session.scalars(behind.where(Account.disabled.is_(False))).all()


def _new_items(session: Session, saved: SavedQuestion) -> set[str]:
    """Items that came after the question was saved and became searchable since it was asked."""
    rows = select(Item.id).join(Job, Job.item_id == Item.id)
    return set(
        session.scalars(
            rows.where(
                *_DONE,
                Job.finished_at > saved.checked_at,
                Item.created_at > saved.created_at,
                Item.status == Status.READY,
            )
        )
    )


def _answers(services: Services, saved: SavedQuestion, new: set[str]) -> tuple[str, ...]:
    with services.database.session() as session:
        account = session.get(Account, saved.account_id)
        if account is None:
            return ()
        access = accounts.access_of(account)
    best = rank(read_question(saved), services, access)[:NEAR]
    return tuple(one.id for one in best if one.id in new and one.score >= ANSWER_SCORE)


def _note(
    services: Services, saved: SavedQuestion, item_ids: Sequence[str], until: datetime | None
) -> tuple[str, ...]:
    """Write down what is not yet, in one transaction with how far was looked."""
    with services.database.transaction() as session:
        row = session.get(SavedQuestion, saved.id)
        if row is None or until is None:
            return ()
        known = {notice.item_id for notice in row.notices}
        new = tuple(item_id for item_id in item_ids if item_id not in known)
        row.notices.extend(Notice(item_id=item_id) for item_id in new)
        row.checked_at = max(row.checked_at, until)
        return new
