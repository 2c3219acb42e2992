"""The queue: a table in the same database, so that an item and its job are written together."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from kb.domain import Status
from kb.messages import N_, Message
from kb.storage.tables import LIVE, Item, Job, JobStatus, Operation, now

LEASE = timedelta(seconds=120)
MAX_ATTEMPTS = 4
BACKOFF_S = 2.0
BACKOFF_MAX_S = 300.0


def _turn(job: type[Job]) -> tuple[Any, ...]:
    """The order in which jobs are taken. Deletions are quick, and nobody who deletes wants the
    bytes to lie about behind hours of reading."""
    return case((job.operation == Operation.DELETE, 0), else_=1), job.run_after, job.id


@dataclass(frozen=True)
class Claim:
    """A job that this worker, and nobody else, holds until its lease runs out."""

    job_id: int
    item_id: str
    operation: Operation
    attempt: int
    worker: str


def enqueue(session: Session, item_id: str, operation: Operation) -> Job:
    """Queue work on an item. A live job of the same item is cancelled: the newest wish counts."""
    cancel(session, item_id)
    job = Job(item_id=item_id, operation=operation)
    session.add(job)
    session.flush()
    return job


def enqueue_index(session: Session, item: Item) -> Job:
    """Queue the reading of an item. One that can be found stays so until it is read anew."""
    if item.status is not Status.READY:
        item.status, item.reason = Status.QUEUED, None
    return enqueue(session, item.id, Operation.INDEX)


def cancel(session: Session, item_id: str) -> None:
    session.execute(
        update(Job)
        .where(Job.item_id == item_id, Job.status.in_(LIVE))
        .values(status=JobStatus.CANCELLED, finished_at=now())
    )


def claim(session: Session, worker: str) -> Claim | None:
    """Take the job that is due next, or nothing: deletions first, then the oldest. Safe among any
    number of workers."""
    due = (
        select(Job.id)
        .where(Job.status == JobStatus.QUEUED, Job.run_after <= now())
        .order_by(*_turn(Job))
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = session.execute(
        update(Job)
        .where(Job.id == due)
        .values(
            status=JobStatus.RUNNING,
            claimed_by=worker,
            attempts=Job.attempts + 1,
            lease_until=now() + LEASE,
            started_at=now(),
            progressed_at=now(),
            stage="",
            done=0,
            total=0,
            reason=None,
        )
        .returning(Job.id, Job.item_id, Job.operation, Job.attempts)
    ).first()
    return Claim(*taken, worker) if taken else None


def renew(session: Session, claim: Claim, stage: str, done: int, total: int) -> bool:
    """Report progress and prolong the lease. False when the job is no longer ours."""
    return _change(
        session,
        claim,
        stage=stage,
        done=done,
        total=total,
        progressed_at=now(),
        lease_until=now() + LEASE,
    )


def hold(session: Session, job_ids: Iterable[int]) -> None:
    """Prolong the leases of jobs that are worked on, or wait for their turn, in silence."""
    session.execute(
        update(Job)
        .where(Job.id.in_(job_ids), Job.status == JobStatus.RUNNING)
        .values(lease_until=now() + LEASE)
    )


def finish(session: Session, claim: Claim) -> bool:
    """Mark the job done. False when it was cancelled or taken over, and nothing may be kept."""
    return _change(session, claim, status=JobStatus.DONE, finished_at=now(), lease_until=None)


def fail(session: Session, claim: Claim, reason: Message) -> bool:
    return _change(
        session,
        claim,
        status=JobStatus.FAILED,
        reason=reason.as_json(),
        finished_at=now(),
        lease_until=None,
    )


def postpone(session: Session, claim: Claim, reason: Message) -> bool:
    """Give the job back to the queue for later, longer each time (exponential, with jitter)."""
    delay = min(BACKOFF_MAX_S, BACKOFF_S * 2**claim.attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
    return _change(
        session,
        claim,
        status=JobStatus.QUEUED,
        reason=reason.as_json(),
        run_after=now() + timedelta(seconds=delay),
        lease_until=None,
    )


def release(session: Session, worker: str) -> None:
    """Give back what a worker holds, as if it had never been claimed (a graceful stop)."""
    session.execute(
        update(Job)
        .where(Job.status == JobStatus.RUNNING, Job.claimed_by == worker)
        .values(status=JobStatus.QUEUED, attempts=Job.attempts - 1, lease_until=None)
    )
    _wait_again(session)


def reap(session: Session, *, all_running: bool = False) -> list[str]:
    """Give jobs whose worker is gone back to the queue; close those that were tried too often.

    A worker is gone when its lease has run out; the owner of a data folder knows at start that
    every other worker is (``all_running``). Returns the ids of items whose job was closed.
    """
    gone = Job.status == JobStatus.RUNNING
    if not all_running:
        gone = gone & (Job.lease_until < now())
    closed = session.scalars(
        update(Job)
        .where(gone, Job.attempts >= MAX_ATTEMPTS)
        .values(status=JobStatus.FAILED, finished_at=now(), reason=STOPPED.as_json())
        .returning(Job.item_id)
    ).all()
    session.execute(update(Job).where(gone).values(status=JobStatus.QUEUED, lease_until=None))
    _wait_again(session)
    return list(closed)


def _wait_again(session: Session) -> None:
    """Items whose job went back to the queue are no longer being worked on."""
    queued = select(Job.item_id).where(Job.status == JobStatus.QUEUED)
    session.execute(
        update(Item)
        .where(Item.status == Status.PROCESSING, Item.id.in_(queued))
        .values(status=Status.QUEUED)
    )


STOPPED = Message(
    N_(
        "The program stopped each time it worked on this document: "
        "check that the machine has enough memory, then upload it again, or delete it."
    )
)


def live(session: Session, item_id: str) -> Job | None:
    """The work on the item that is queued or under way."""
    return session.scalars(
        select(Job).where(Job.item_id == item_id, Job.status.in_(LIVE))
    ).one_or_none()


def unfinished(session: Session) -> int:
    """How many jobs wait or run."""
    some = select(func.count()).where(Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)))
    return session.scalar(some) or 0


def newest(session: Session, item_id: str) -> Job | None:
    """The latest job of an item, live or ended."""
    return next(iter(history(session, item_id, limit=1)), None)


def history(session: Session, item_id: str, limit: int = 50) -> Sequence[Job]:
    """The jobs of an item, latest first."""
    return session.scalars(
        select(Job).where(Job.item_id == item_id).order_by(Job.id.desc()).limit(limit)
    ).all()


def position(session: Session, job: Job) -> int:
    """Which place a job has among all that wait, from 1; 0 when it waits no longer."""
    this = aliased(Job)
    up_to_it = (
        select(func.count())
        .select_from(Job)
        .join(this, this.id == job.id)
        .where(Job.status == JobStatus.QUEUED, this.status == JobStatus.QUEUED)
        .where(tuple_(*_turn(Job)) <= tuple_(*_turn(this)))
    )
    return session.scalar(up_to_it) or 0


def _change(session: Session, claim: Claim, **values: object) -> bool:
    ours = (
        (Job.id == claim.job_id)
        & (Job.status == JobStatus.RUNNING)
        & (Job.claimed_by == claim.worker)
        & (Job.attempts == claim.attempt)
    )
    changed = session.execute(update(Job).where(ours).values(**values).returning(Job.id))
    return changed.first() is not None
