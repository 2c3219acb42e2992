"""The queue: a table in the same database, so that an item and its job are written together.

Accounts take turns (start-time fair queueing, Goyal et al. 1996): a job's turn comes one after the
last that its account has in the queue, and not before the first that waits. Whoever adds one
document while another account has a thousand waiting is next.

A program that dies says nothing of which job was to blame. Jobs that were under way are given back;
from the second time on they wait longer, run last and alone, and only one that was alone each time
is closed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from kb.domain import Status
from kb.messages import N_, Message
from kb.storage.tables import LIVE, Document, Item, Job, JobStatus, Operation, now

LEASE = timedelta(seconds=120)
MAX_ATTEMPTS = 4
SUSPECT_CRASHES = 2
"""After so many deaths of the program a job that was under way each time runs alone."""
MAX_CRASHES = 5
"""Of which it was alone in the last three."""
BACKOFF_S = 2.0
BACKOFF_MAX_S = 300.0


def _turn(job: type[Job]) -> tuple[Any, ...]:
    """The order in which jobs are taken. Deletions are quick, and nobody who deletes wants the
    bytes to lie about behind hours of reading; what may have killed the program comes last."""
    rank = case(
        (job.operation == Operation.DELETE, 0), (job.crashes >= SUSPECT_CRASHES, 2), else_=1
    )
    return rank, job.turn, job.id


@dataclass(frozen=True)
class Claim:
    """A job that this worker, and nobody else, holds until its lease runs out."""

    job_id: int
    item_id: str
    operation: Operation
    attempt: int
    crashes: int
    worker: str

    @property
    def last(self) -> bool:
        """Whether it is not to be tried again; deaths of the program do not count."""
        return self.attempt - self.crashes >= MAX_ATTEMPTS


def enqueue(
    session: Session,
    item_id: str,
    operation: Operation,
    account_id: str | None = None,
    size: int = 0,
) -> Job:
    """Queue work on an item. A live job of the same item is cancelled: the newest wish counts."""
    cancel(session, item_id)
    account = account_id or ""
    job = Job(
        item_id=item_id,
        operation=operation,
        account_id=account,
        size=size,
        turn=_next_turn(session, account),
    )
    session.add(job)
    session.flush()
    return job


def _next_turn(session: Session, account: str) -> int:
    first = select(func.min(Job.turn)).where(Job.status == JobStatus.QUEUED)
    own = select(func.max(Job.turn)).where(Job.status.in_(LIVE), Job.account_id == account)
    return max(session.scalar(first) or 0, (session.scalar(own) or 0) + 1)


def enqueue_index(
    session: Session, item: Item, account_id: str | None = None, size: int | None = None
) -> Job:
    """Queue the reading of an item. One that can be found stays so until it is read anew.
    ``size``: of the file to read, when it is not the item's present one."""
    if item.status is not Status.READY:
        item.status, item.reason = Status.QUEUED, None
    if size is None:
        size = item.size if isinstance(item, Document) else 0
    return enqueue(session, item.id, Operation.INDEX, account_id, size)


def cancel(session: Session, item_id: str) -> None:
    session.execute(
        update(Job)
        .where(Job.item_id == item_id, Job.status.in_(LIVE))
        .values(status=JobStatus.CANCELLED, finished_at=now())
    )


def claim(session: Session, worker: str, largest: int | None = None) -> Claim | None:
    """Take the job that is due next, or nothing. Safe among any number of workers.

    ``largest``: take only one with no more bytes to read.
    """
    due = (
        select(Job.id)
        .where(Job.status == JobStatus.QUEUED, _is_due(), _is_free())
        .order_by(*_turn(Job))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if largest is not None:
        due = due.where(Job.size <= largest)
    taken = session.execute(
        update(Job)
        .where(Job.id == due.scalar_subquery())
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
        .returning(Job.id, Job.item_id, Job.operation, Job.attempts, Job.crashes)
    ).first()
    return Claim(*taken, worker) if taken else None


def _is_due() -> ColumnElement[bool]:
    return or_(Job.run_after.is_(None), Job.run_after <= now())


def _is_free() -> ColumnElement[bool]:
    """A job that may have killed the program runs alone, deletions aside."""
    other = aliased(Job)
    running = select(other.id).where(
        other.status == JobStatus.RUNNING, other.operation != Operation.DELETE
    )
    suspect = running.where(other.crashes >= SUSPECT_CRASHES)
    innocent = (Job.crashes < SUSPECT_CRASHES) & ~exists(suspect)
    return or_(Job.operation == Operation.DELETE, innocent, ~exists(running))


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
    """Give the job back to the queue for later."""
    return _change(
        session,
        claim,
        status=JobStatus.QUEUED,
        reason=reason.as_json(),
        run_after=_later(claim.attempt),
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
    """Give jobs whose worker is gone back to the queue; close those it died of.

    A worker is gone when its lease has run out; the owner of a data folder knows at start that
    every other worker is (``all_running``). Returns the ids of items whose job was closed.
    """
    _trust_the_clock(session)
    gone = Job.status == JobStatus.RUNNING
    if not all_running:
        gone = gone & (Job.lease_until < now())
    closed = []
    for job in session.scalars(select(Job).where(gone).with_for_update(skip_locked=True)):
        job.crashes += 1
        job.lease_until = None
        if job.crashes >= MAX_CRASHES and job.operation is not Operation.DELETE:
            job.status, job.finished_at, job.reason = JobStatus.FAILED, now(), STOPPED.as_json()
            closed.append(job.item_id)
        else:
            job.status = JobStatus.QUEUED
            job.run_after = _later(job.crashes) if job.crashes >= SUSPECT_CRASHES else None
    session.flush()
    _wait_again(session)
    return closed


def _trust_the_clock(session: Session) -> None:
    """Bring back what was put off while the clock was ahead: nothing waits longer than the largest
    backoff, and no lease lasts longer than one."""
    latest = now() + timedelta(seconds=BACKOFF_MAX_S)
    session.execute(
        update(Job)
        .where(Job.status == JobStatus.QUEUED, Job.run_after > latest)
        .values(run_after=None)
    )
    session.execute(
        update(Job)
        .where(Job.status == JobStatus.RUNNING, Job.lease_until > now() + LEASE)
        .values(lease_until=now() + LEASE)
    )


def _later(times: int) -> datetime:
    """Longer each time (exponential, with jitter)."""
    delay = min(BACKOFF_MAX_S, BACKOFF_S * 2**times) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
    return now() + timedelta(seconds=delay)


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


def find_live(session: Session, item_id: str) -> Job | None:
    """The work on the item that is queued or under way."""
    return session.scalars(
        select(Job).where(Job.item_id == item_id, Job.status.in_(LIVE))
    ).one_or_none()


def unfinished(session: Session) -> int:
    """How many jobs wait or run."""
    some = select(func.count()).where(Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)))
    return session.scalar(some) or 0


def find_newest(session: Session, item_id: str) -> Job | None:
    """The latest job of an item, live or ended."""
    return next(iter(list_history(session, item_id, limit=1)), None)


def list_history(session: Session, item_id: str, limit: int = 50) -> Sequence[Job]:
    """The jobs of an item, latest first."""
    return session.scalars(
        select(Job).where(Job.item_id == item_id).order_by(Job.id.desc()).limit(limit)
    ).all()


def queue_position(session: Session, job: Job) -> int:
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
