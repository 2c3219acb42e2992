"""Progress of jobs for display: stage, cause of failure, and what the reader can do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from ingest.versions import waiting_version
from kb.access import Access
from kb.domain import Kind, Status
from kb.messages import N_, Message
from kb.storage import jobs
from kb.storage.accounts import Account
from kb.storage.history import DocumentVersion, VersionState
from kb.storage.jobs import MAX_ATTEMPTS
from kb.storage.tables import LIVE, Document, Item, Job, JobStatus, Operation, now
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

PAGE_SIZE = 24
STAGES = {
    "reading": N_("reading the pages"),
    "embedding": N_("learning what it says"),
    "waiting": N_("waiting for the service that computes the vectors"),
    "indexing": N_("filing it for search"),
}
COUNTED = {
    "reading": N_("page {done} of {total}"),
    "embedding": N_("passage {done} of {total}"),
    "indexing": N_("passage {done} of {total}"),
}
STATES = {
    Status.QUEUED: N_("waiting for its turn"),
    Status.PROCESSING: N_("being read"),
    Status.READY: N_("ready"),
    Status.FAILED: N_("not readable"),
    Status.DELETED: N_("deleted"),
}
OPERATIONS = {
    Operation.INDEX: N_("Reading the document"),
    Operation.REFRESH: N_("Updating the index"),
    Operation.DELETE: N_("Removing it"),
}
NEXT_FAILED = N_("Version {number} could not be read:")
ENDS = {
    JobStatus.QUEUED: N_("waiting"),
    JobStatus.RUNNING: N_("under way"),
    JobStatus.DONE: N_("done"),
    JobStatus.FAILED: N_("failed"),
    JobStatus.CANCELLED: N_("cancelled"),
}


@dataclass(frozen=True)
class Progress:
    """Progress of an item's job. ``share`` is from 0 to 1, None while unknown."""

    id: str
    title: str
    status: Status
    sentence: str
    share: float | None
    alike: tuple[Document, ...] = ()
    """Near-duplicate documents."""

    @property
    def running(self) -> bool:
        return self.status in (Status.QUEUED, Status.PROCESSING)


def read_progress(item: Item, job: Job | None, reader: Locale) -> Progress:
    """The item's status as a sentence; while it is processed, with stage and count."""
    sentence = reader.gettext(STATES[item.status])
    share = None
    if item.reason and item.status in (Status.FAILED, Status.QUEUED):
        sentence = reader.say(Message.from_json(item.reason))
    elif job is not None and job.status is JobStatus.RUNNING and job.stage in STAGES:
        sentence = reader.gettext(STAGES[job.stage])
        if job.total:
            share = job.done / job.total
            sentence += f": {_count(job, reader)}"
    return Progress(item.id, title_of(item, reader).text, item.status, sentence, share)


def _count(job: Job, reader: Locale) -> str:
    return reader.gettext(COUNTED[job.stage]).format(
        done=reader.number(job.done), total=reader.number(job.total)
    )


@dataclass(frozen=True)
class PastJob:
    """A finished job as a line of the item's history. ``seconds``: its running time."""

    operation: str
    end: str
    reason: str
    attempts: int
    asked_at: datetime
    seconds: float | None


@dataclass(frozen=True)
class Work:
    """The jobs of an item and the actions that the reader may take."""

    progress: Progress
    live: bool
    running: bool
    place: int | None
    """Position in the queue, from 1."""
    attempt: int
    silent_s: float | None
    """Seconds since the last progress report."""
    next_try: datetime | None
    version: DocumentVersion | None
    """The waiting or failed next version."""
    version_reason: str
    history: tuple[PastJob, ...]
    may_cancel: bool
    may_retry: bool

    most_attempts = MAX_ATTEMPTS


def read_work(session: Session, item: Item, reader: Locale) -> Work:
    past = jobs.list_history(session, item.id)
    live = next((job for job in past if job.status in LIVE), None)
    waits = live is not None and live.status is JobStatus.QUEUED
    runs = live is not None and not waits
    postponed = live is not None and waits and (live.run_after or now()) > now()
    version = waiting_version(session, item.id)
    return Work(
        progress=read_progress(item, past[0] if past else None, reader),
        live=live is not None,
        running=runs,
        place=(jobs.queue_position(session, live) or None) if live is not None and waits else None,
        attempt=live.attempts if live is not None else 0,
        silent_s=(now() - live.progressed_at).total_seconds()
        if live is not None and runs and live.progressed_at
        else None,
        next_try=live.run_after if live is not None and postponed else None,
        version=version,
        version_reason=_reason(version, reader) if version else "",
        history=tuple(_present_past_job(job, reader) for job in past),
        may_cancel=live is not None and live.operation is not Operation.DELETE,
        may_retry=live is None or postponed,
    )


def _present_past_job(job: Job, reader: Locale) -> PastJob:
    seconds = None
    if job.finished_at and job.started_at:
        seconds = (job.finished_at - job.started_at).total_seconds()
    return PastJob(
        operation=reader.gettext(OPERATIONS[job.operation]),
        end=reader.gettext(ENDS[job.status]),
        reason=_reason(job, reader),
        attempts=job.attempts,
        asked_at=job.created_at,
        seconds=seconds,
    )


def _reason(row: Job | DocumentVersion, reader: Locale) -> str:
    return reader.say(Message.from_json(row.reason)) if row.reason else ""


class WorkQuery(BaseModel):
    """The filters of the list of jobs."""

    state: str = Field(default="", pattern="^(waiting|running|failed)?$")
    page: int = Field(default=1, ge=1, le=10_000)

    def parameters(self) -> list[tuple[str, str]]:
        return [("state", self.state)] if self.state else []


@dataclass(frozen=True)
class WorkLine:
    """An item in the list of jobs: ``operation`` in words, who asked for it and when;
    ``may_retry`` for a document that could not be read."""

    progress: Progress
    address: str
    operation: str
    asked_by: str
    asked_at: datetime | None
    may_retry: bool


@dataclass(frozen=True)
class Worklist:
    """A page of the list of jobs. ``counts`` are by state and ignore the filter."""

    lines: tuple[WorkLine, ...]
    total: int
    counts: dict[str, int]


def read_worklist(session: Session, access: Access, wanted: WorkQuery, reader: Locale) -> Worklist:
    """Items that may be seen: running, then queued in queue order, then failed, the last first."""
    counts = count_work(session, access)
    queries = {state: _in_state(access, state) for state in counts}
    shown = [wanted.state] if wanted.state else list(queries)
    start, ids = (wanted.page - 1) * PAGE_SIZE, list[str]()
    for state in shown:
        rest = queries[state].offset(max(0, start)).limit(PAGE_SIZE - len(ids))
        ids += session.scalars(rest)
        start -= counts[state]
    found = (session.get(Item, item_id) for item_id in ids)
    lines = tuple(_read_line(session, item, reader) for item in found if item)
    return Worklist(lines, sum(counts[state] for state in shown), counts)


def _read_line(session: Session, item: Item, reader: Locale) -> WorkLine:
    job = jobs.find_newest(session, item.id)
    line = _read_state(session, item, job, reader)
    account = session.get(Account, job.account_id) if job and job.account_id else None
    return WorkLine(
        line,
        address_of(item),
        reader.gettext(OPERATIONS[job.operation]) if job else "",
        (account.full_name or account.name) if account else "",
        job.created_at if job else None,
        may_retry=item.kind is Kind.DOCUMENT and line.status is Status.FAILED,
    )


def _read_state(session: Session, item: Item, job: Job | None, reader: Locale) -> Progress:
    """Progress of an item; a ready document whose next version failed is listed as failed."""
    line = read_progress(item, job, reader)
    version = waiting_version(session, item.id)
    if item.status is not Status.READY or version is None or not version.reason:
        return line
    said = reader.gettext(NEXT_FAILED).format(number=version.number)
    return replace(line, status=Status.FAILED, sentence=f"{said} {_reason(version, reader)}")


def count_work(session: Session, access: Access) -> dict[str, int]:
    """How many items are running, waiting and failed, of those that may be seen."""
    states = ("running", "waiting", "failed")
    return {state: _count_rows(session, _in_state(access, state)) for state in states}


def _in_state(access: Access, state: str) -> Select[str]:
    seen = Item.visibility.in_(access.visibilities)
    if state == "failed":
        versions = select(DocumentVersion.document_id).where(
            DocumentVersion.state == VersionState.FAILED
        )
        failed = or_(Item.status == Status.FAILED, Item.id.in_(versions))
        at_work = select(Job.item_id).where(Job.status.in_(LIVE))
        here = (Item.status != Status.DELETED) & Item.id.not_in(at_work)
        return select(Item.id).where(seen, failed, here).order_by(Item.updated_at.desc(), Item.id)
    status = JobStatus.RUNNING if state == "running" else JobStatus.QUEUED
    return (
        select(Item.id)
        .join(Job, Job.item_id == Item.id)
        .where(seen, Job.status == status)
        .order_by(Job.turn, Job.id)
    )


def _count_rows(session: Session, query: Select[str]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def address_of(item: Item) -> str:
    """The page of an item's jobs; for a practice, its card."""
    return f"/{item.kind}s/{item.id}" + ("/work" if item.kind is Kind.DOCUMENT else "")
