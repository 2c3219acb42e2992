"""Saved questions: saving, listing, and finding the new items that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.accounts import accounts
from kb.domain import Status
from kb.embedding.service.errors import NO_VECTORS, RefusedText
from kb.messages import N_, PermanentError
from kb.runtime.services import Services
from kb.storage.accounts import Account
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.tables import Item, Job, JobStatus, Operation, now
from search.query import validate_question
from search.results import Question
from search.service import rank
from search.verdict.judging import verdict_model

log = structlog.get_logger()

MOST = 100
"""Saved questions per account."""
NEAR = 10
"""A new item answers a question if it ranks within this many results and is relevant
enough not to be refused: who keeps a question wants to see what comes near an answer."""
COMMITTED_WITHIN = timedelta(minutes=1)
"""Overlap between two checks: PostgreSQL shows a finished job only at its commit, so one that
finished earlier can become visible later."""

_QUESTION = TypeAdapter(Question)


@dataclass(frozen=True)
class Answered:
    """New items that answer a saved question, best first."""

    saved_id: str
    account_id: str
    question: Question
    item_ids: tuple[str, ...]


def save_question(session: Session, account_id: str, question: Question) -> SavedQuestion:
    """Save a question with its filters; an equal saved question is returned instead.

    Raises:
        PermanentError: it is empty or too long, or the account has ``MOST`` already.
    """
    question = replace(validate_question(question), page=1, far=False)
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
    """The saved questions of an account, newest first."""
    own = select(SavedQuestion).where(SavedQuestion.account_id == account_id)
    return session.scalars(own.order_by(SavedQuestion.created_at.desc())).all()


def find_own(session: Session, account_id: str, saved_id: str) -> SavedQuestion | None:
    """A saved question of the account."""
    row = session.get(SavedQuestion, saved_id)
    return row if row is not None and row.account_id == account_id else None


def mark_read(saved: SavedQuestion) -> None:
    """Mark all new answers of the question as read."""
    for notice in saved.notices:
        notice.read_at = notice.read_at or now()


def count_unread(session: Session, account_id: str) -> int:
    """How many unread new answers the account has."""
    own = select(func.count()).select_from(Notice).join(SavedQuestion)
    return (
        session.scalar(own.where(SavedQuestion.account_id == account_id, Notice.read_at.is_(None)))
        or 0
    )


def read_question(saved: SavedQuestion) -> Question:
    return _QUESTION.validate_python(saved.question)


def find_new_answers(services: Services) -> list[Answered]:
    """Run every saved question since whose last check an item became searchable; store and return
    what is new.

    Finished jobs are the source, so that nothing is missed while no process ran. Two processes that
    run at once store an answer once.

    Raises:
        TransientError: the index, the embedding service or the database is unavailable.
        ServiceRefuses: one of the services refuses the key, or serves another model.
    """
    with services.database.session() as session:
        newest = session.scalar(select(func.max(Job.finished_at)).where(*_DONE))
        waiting = _list_unchecked(session, newest) if newest else []
        until = min(newest, now() - COMMITTED_WITHIN) if newest else None
        new_items = {saved.id: _find_new_items(session, saved) for saved in waiting}
    answered = []
    for saved in waiting:
        try:
            new = new_items[saved.id]
            found = _find_answers(services, saved, new) if new else ()
        except RefusedText as error:
            log.warning("saved question not asked", id=saved.id, reason=str(error))
            continue
        noted = _store_notices(services, saved, found, until)
        if noted:
            answered.append(Answered(saved.id, saved.account_id, read_question(saved), noted))
    return answered


_DONE = (Job.operation == Operation.INDEX, Job.status == JobStatus.DONE)


def _list_unchecked(session: Session, newest: datetime) -> Sequence[SavedQuestion]:
    behind = select(SavedQuestion).join(Account).where(SavedQuestion.checked_at < newest)
    return session.scalars(behind.where(Account.disabled.is_(False))).all()


def _find_new_items(session: Session, saved: SavedQuestion) -> set[str]:
    """Items created after the question was saved that became searchable since its last check."""
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


def _find_answers(services: Services, saved: SavedQuestion, new: set[str]) -> tuple[str, ...]:
    with services.database.session() as session:
        account = session.get(Account, saved.account_id)
        if account is None:
            return ()
        access = accounts.access_of(account)
    try:
        best = rank(read_question(saved), services, access)[:NEAR]
    except NO_VECTORS:
        raise
    except PermanentError:  # kept by a version that took questions of signs only
        return ()
    enough = verdict_model(services).near
    return tuple(one.id for one in best if one.id in new and one.relevance >= enough)


def _store_notices(
    services: Services, saved: SavedQuestion, item_ids: Sequence[str], until: datetime | None
) -> tuple[str, ...]:
    """Store answers that are not stored yet, and the time of the check, in one transaction."""
    with services.database.transaction() as session:
        row = session.get(SavedQuestion, saved.id)
        if row is None or until is None:
            return ()
        known = {notice.item_id for notice in row.notices}
        new = tuple(item_id for item_id in item_ids if item_id not in known)
        row.notices.extend(Notice(item_id=item_id) for item_id in new)
        row.checked_at = max(row.checked_at, until)
        return new
