"""The job queue, a table in the same database, so that an item and its job are written in one
transaction.

Accounts are served fairly (start-time fair queueing, Goyal et al. 1996): a job's turn is one after
the last of its account in the queue, and not before the first waiting one. An account that adds one
document while another has a thousand waiting comes next.

If the program dies, the job to blame is unknown. All running jobs are requeued; from the second
time on they wait longer and run last and alone. A job fails when the program has died while it ran
alone several times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from kb.domain import Status
from kb.messages import N_, Message
from kb.storage.job_times import LEASE, correct_times, find_next_attempt
from kb.storage.tables import LIVE, Document, Item, Job, JobStatus, Operation, now

MAX_ATTEMPTS = 4
"""Attempts before a job fails for good."""
SUSPECT_CRASHES = 2
"""Crashes of the program during a job after which the job runs alone."""
MAX_CRASHES = 5
"""Crashes after which a job fails; it ran alone in the last three."""


def _queue_order(job: type[Job]) -> tuple[Any, ...]:
    """The order in which jobs are taken: deletions first, which are quick; then by turn; jobs
    during which the program crashed last."""
    rank = case(
        (job.operation == Operation.DELETE, 0), (job.crashes >= SUSPECT_CRASHES, 2), else_=1
    )
    return rank, job.turn, job.id


@dataclass(frozen=True)
class Claim:
    """A job held by one worker until its lease expires."""

    job_id: int
    item_id: str
    operation: Operation
    attempt: int
    crashes: int
    worker: str

    @property
    def last(self) -> bool:
        """Whether this is the last attempt; crashes of the program do not count as attempts."""
        return self.attempt - self.crashes >= MAX_ATTEMPTS


def enqueue(
    session: Session,
    item_id: str,
    operation: Operation,
    account_id: str | None = None,
    size: int = 0,
) -> Job:
    """Queue an operation on an item. A live job of the same item is cancelled."""
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
    """Queue the reading of an item. A searchable item stays searchable until it has been read
    again.

    ``size``: bytes of the file to read, if not those of the present version.
    """
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
    """Claim the next due job, or None. Safe with any number of concurrent workers.

    ``largest``: only take jobs with at most this many bytes to read.
    """
    due = (
        select(Job.id)
        .where(Job.status == JobStatus.QUEUED, _is_due(), _is_free())
        .order_by(*_queue_order(Job))
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
    """Condition: a job suspected of crashing the program runs alone, deletions aside."""
    other = aliased(Job)
    running = select(other.id).where(
        other.status == JobStatus.RUNNING, other.operation != Operation.DELETE
    )
    suspect = running.where(other.crashes >= SUSPECT_CRASHES)
    innocent = (Job.crashes < SUSPECT_CRASHES) & ~exists(suspect)
    return or_(Job.operation == Operation.DELETE, innocent, ~exists(running))


def renew(session: Session, claim: Claim, stage: str, done: int, total: int) -> bool:
    """Write progress and renew the lease. False if this worker no longer holds the job."""
    return _update_held(
        session,
        claim,
        stage=stage,
        done=done,
        total=total,
        progressed_at=now(),
        lease_until=now() + LEASE,
    )


def hold(session: Session, worker: str, job_ids: Iterable[int]) -> None:
    """Renew the leases of jobs that make no progress reports at the moment, unless another worker
    has taken them over."""
    held = (Job.id.in_(job_ids), Job.status == JobStatus.RUNNING, Job.claimed_by == worker)
    session.execute(update(Job).where(*held).values(lease_until=now() + LEASE))


def finish(session: Session, claim: Claim) -> bool:
    """Mark the job as done. False if it was cancelled or taken over; the caller must then discard
    the result."""
    return _update_held(session, claim, status=JobStatus.DONE, finished_at=now(), lease_until=None)


def fail(session: Session, claim: Claim, reason: Message) -> bool:
    return _update_held(
        session,
        claim,
        status=JobStatus.FAILED,
        reason=reason.as_json(),
        finished_at=now(),
        lease_until=None,
    )


def postpone(session: Session, claim: Claim, reason: Message) -> bool:
    """Requeue the job for a later attempt. False if this worker no longer holds it."""
    return _update_held(
        session,
        claim,
        status=JobStatus.QUEUED,
        reason=reason.as_json(),
        run_after=find_next_attempt(claim.attempt),
        lease_until=None,
    )


def wait(session: Session, claim: Claim, reason: Message, seconds: float) -> bool:
    """Requeue the job for when a server answers again, without counting an attempt. False if this
    worker no longer holds it."""
    return _update_held(
        session,
        claim,
        status=JobStatus.QUEUED,
        reason=reason.as_json(),
        attempts=Job.attempts - 1,
        run_after=now() + timedelta(seconds=seconds),
        lease_until=None,
    )


def release(session: Session, worker: str, only: Claim | None = None) -> None:
    """Requeue a worker's jobs, or ``only`` one of them, without counting an attempt."""
    held = [Job.status == JobStatus.RUNNING, Job.claimed_by == worker]
    if only is not None:
        held.append(Job.id == only.job_id)
    session.execute(
        update(Job)
        .where(*held)
        .values(status=JobStatus.QUEUED, attempts=Job.attempts - 1, lease_until=None)
    )
    _requeue_items(session)


def reap(session: Session, *, all_running: bool = False) -> list[str]:
    """Requeue jobs whose worker is gone; fail those with too many crashes.

    A worker is gone if its lease has expired; at start, the owner of a data folder knows that all
    others are (``all_running``). Returns the ids of items whose job failed.
    """
    correct_times(session)
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
            job.run_after = (
                find_next_attempt(job.crashes) if job.crashes >= SUSPECT_CRASHES else None
            )
    session.flush()
    _requeue_items(session)
    return closed


def _requeue_items(session: Session) -> None:
    """Set items whose job was requeued from PROCESSING to QUEUED."""
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
    """The queued or running job of an item, or None."""
    return session.scalars(
        select(Job).where(Job.item_id == item_id, Job.status.in_(LIVE))
    ).one_or_none()


def is_busy(session: Session) -> bool:
    """Whether a job is running or due."""
    due = (Job.status == JobStatus.QUEUED) & _is_due()
    return bool(session.scalar(select(exists().where(or_(Job.status == JobStatus.RUNNING, due)))))


def count_unfinished(session: Session) -> int:
    """Number of queued and running jobs."""
    some = select(func.count()).where(Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)))
    return session.scalar(some) or 0


def find_newest(session: Session, item_id: str) -> Job | None:
    """The latest job of an item, or None."""
    return next(iter(list_history(session, item_id, limit=1)), None)


def list_history(session: Session, item_id: str, limit: int = 50) -> Sequence[Job]:
    """The jobs of an item, latest first."""
    return session.scalars(
        select(Job).where(Job.item_id == item_id).order_by(Job.id.desc()).limit(limit)
    ).all()


def queue_position(session: Session, job: Job) -> int:
    """Position of a job in the queue, from 1; 0 if it is not waiting."""
    this = aliased(Job)
    up_to_it = (
        select(func.count())
        .select_from(Job)
        .join(this, this.id == job.id)
        .where(Job.status == JobStatus.QUEUED, this.status == JobStatus.QUEUED)
        .where(tuple_(*_queue_order(Job)) <= tuple_(*_queue_order(this)))
    )
    return session.scalar(up_to_it) or 0


def _update_held(session: Session, claim: Claim, **values: object) -> bool:
    ours = (
        (Job.id == claim.job_id)
        & (Job.status == JobStatus.RUNNING)
        & (Job.claimed_by == claim.worker)
        & (Job.attempts == claim.attempt)
    )
    changed = session.execute(update(Job).where(ours).values(**values).returning(Job.id))
    return changed.first() is not None
