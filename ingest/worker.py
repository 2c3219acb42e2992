"""Works through the queue: claim a job, run it, and end it as done, failed or postponed."""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from ingest import pipeline
from ingest.versions import set_pending_version_state
from ingest.worker_processes import ProcessPool, WorkerProcesses
from kb.domain import Status
from kb.messages import N_, KbError, Message, TransientError
from kb.runtime.metrics import INGEST_SECONDS
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.history import VersionState
from kb.storage.jobs import Claim
from kb.storage.locks import locked_item
from kb.storage.tables import Item, Operation, PassageRow

POLL_S = 1.0
REAP_S = 30.0
REPORT_S = 0.5
AT_ONCE = 12
"""Documents that are embedded and written at the same time, a slice of each in turn."""
KEPT_FOR_SHORT = 4
"""Of which so many come from the reader for short files."""

log = structlog.get_logger()

UNEXPECTED = N_(
    "An unexpected problem ({kind}) stopped the work on this document: upload it again, and if it "
    "happens again send the log to whoever maintains this installation."
)


class Cancelled(Exception):
    """The job was cancelled or taken over while it ran: nothing of it may be kept."""


@dataclass
class WorkerReport:
    """Writes progress to the job, not more often than anybody could read it."""

    services: Services
    claim: Claim
    on_report: pipeline.ReportProgress
    _last: tuple[str, float] = field(default=("", 0.0))

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Raises Cancelled when the job is no longer ours."""
        same_stage = stage == self._last[0]
        if same_stage and done < total and time.monotonic() - self._last[1] < REPORT_S:
            return
        self._last = (stage, time.monotonic())
        with self.services.database.transaction() as session:
            if not jobs.renew(session, self.claim, stage, done, total):
                raise Cancelled
        self.on_report(stage, done, total)


def log_progress(stage: str, done: int, total: int) -> None:
    log.debug("progress", stage=stage, done=done, total=total)


class Worker:
    """Threads that share the reading children and the one embedding child.

    A thread takes a free reader, claims a job, gives the reader back once the document is read, and
    embeds and writes it beside the others. So long documents hold no reader while they are
    embedded, and the reader kept for short files is never far from free.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._children = ProcessPool(services)
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        """Readers that no thread uses."""
        self._held: set[int] = set()
        """Ids of the jobs that the threads are at."""
        self._read: set[int] = set()
        """Those of them that are past reading."""
        self.on_report: pipeline.ReportProgress = log_progress
        """Told whenever progress has been written down."""

    def start(self) -> None:
        self.recover()
        for reader in range(self._children.readers):
            self._free.put(reader)
        for number in range(self._children.readers + AT_ONCE):
            self._begin(self._loop, f"ingest-{number}")
        self._begin(self._keep, "ingest-keeper")

    def _begin(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Give running jobs back to the queue, end the children and wait for the threads."""
        self._stopping.set()
        self.services.work_arrived.notify()
        self._children.close()
        for thread in self._threads:
            thread.join()
        with self.services.database.transaction() as session:
            jobs.release(session, self.name)

    def run_until_idle(self, after_job: Callable[[], None] = lambda: None) -> None:
        """Work in this thread until no job is due, for commands that do not stay. ``after_job`` is
        called after each."""
        self.recover()
        try:
            while self.step():
                after_job()
        finally:
            self._children.close()

    def recover(self) -> None:
        """As owner of the data folder: whatever was running before has stopped."""
        self._reap(all_running=self.services.settings.embedded)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                reader = self._free.get(timeout=POLL_S)
            except queue.Empty:
                continue
            give_back = _once(partial(self._free.put, reader))
            try:
                self._work(reader, give_back)
            except TransientError as error:
                log.warning("worker waits", reason=str(error))
                self._stopping.wait(POLL_S)
            except Exception:
                log.exception("worker waits")
                self._stopping.wait(POLL_S)
            finally:
                give_back()

    def _work(self, reader: int, give_back: Callable[[], None]) -> None:
        """Do a job with the reader, or wait a moment for one to come."""
        arrivals = self.services.work_arrived
        seen = arrivals.count
        largest = self._children.largest(reader)
        full = largest is None and len(self._read) >= AT_ONCE - KEPT_FOR_SHORT
        if full or not self.step(reader, give_back):
            self._children.rest(reader)
            arrivals.wait_beyond(seen, POLL_S)

    def _keep(self) -> None:
        """Keep what the threads are at from being given away, and take over what others lost."""
        while not self._stopping.wait(REAP_S):
            try:
                with self.services.database.transaction() as session:
                    jobs.hold(session, list(self._held))
                self._reap()
            except TransientError as error:
                log.warning("leases not prolonged", reason=str(error))

    def _reap(self, *, all_running: bool = False) -> None:
        with self.services.database.transaction() as session:
            for item_id in jobs.reap(session, all_running=all_running):
                _mark(session, item_id, Status.FAILED, jobs.STOPPED)

    def step(self, reader: int = 0, after_reading: Callable[[], None] = lambda: None) -> bool:
        """Run one job, if one is due that the reader is for."""
        with self.services.database.transaction() as session:
            claim = jobs.claim(session, self.name, self._children.largest(reader))
        if claim is None:
            return False
        self._held.add(claim.job_id)
        try:
            with structlog.contextvars.bound_contextvars(item=claim.item_id, attempt=claim.attempt):
                self._run(claim, self._hands(claim, reader, after_reading))
        finally:
            self._held.discard(claim.job_id)
            self._read.discard(claim.job_id)
        return True

    def _hands(
        self, claim: Claim, reader: int, after_reading: Callable[[], None]
    ) -> WorkerProcesses:
        def is_read() -> None:
            self._read.add(claim.job_id)
            after_reading()

        return self._children.of(reader, is_read)

    def _run(self, claim: Claim, hands: WorkerProcesses) -> None:
        started = time.monotonic()
        outcome = self._outcome(claim, hands)
        seconds = time.monotonic() - started
        INGEST_SECONDS.labels(claim.operation.value, outcome).observe(seconds)
        log.info("job ended", operation=claim.operation.value, outcome=outcome, seconds=seconds)

    def _outcome(self, claim: Claim, hands: WorkerProcesses) -> str:
        """Do the job and write down what became of it; returns that in a word."""
        try:
            if claim.operation is Operation.DELETE:
                pipeline.delete_item(self.services, claim)
            else:
                report = WorkerReport(self.services, claim, self.on_report)
                pipeline.index_item(self.services, claim, hands, report)
                self.services.item_ready.set()
        except (Cancelled, pipeline.Superseded):
            return "cancelled"
        except TransientError as error:
            return self._later(claim, error.message)
        except KbError as error:
            return self._failed(claim, error.message)
        except Exception as error:
            if self._stopping.is_set():
                return "stopped"
            log.exception("job failed unexpectedly")
            return self._failed(claim, Message(UNEXPECTED, {"kind": type(error).__name__}))
        return "done"

    def _later(self, claim: Claim, reason: Message) -> str:
        if self._stopping.is_set():
            return "stopped"
        if claim.last:
            return self._failed(claim, reason)
        log.warning("job postponed", reason=str(reason))
        with self.services.database.transaction() as session:
            locked_item(session, claim.item_id)
            if jobs.postpone(session, claim, reason):
                _mark(session, claim.item_id, Status.QUEUED, reason)
        return "postponed"

    def _failed(self, claim: Claim, reason: Message) -> str:
        log.warning("job failed", reason=str(reason))
        with self.services.database.transaction() as session:
            locked_item(session, claim.item_id)
            if jobs.fail(session, claim, reason):
                _mark(session, claim.item_id, Status.FAILED, reason)
        return "failed"


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """The action, which only the first call does."""
    done = threading.Event()

    def act() -> None:
        if not done.is_set():
            done.set()
            action()

    return act


def _mark(session: Session, item_id: str, status: Status, reason: Message) -> None:
    """Say on the item what became of its job. A deleted item stays deleted, and one that can be
    found stays so: then only its next version failed."""
    session.execute(
        update(Item)
        .where(Item.id == item_id, Item.status.in_((Status.QUEUED, Status.PROCESSING)))
        .values(status=status, reason=reason.as_json())
    )
    if status is Status.FAILED:
        _fail_without_passages(session, item_id, reason)
        set_pending_version_state(session, item_id, VersionState.FAILED, reason)


def _fail_without_passages(session: Session, item_id: str, reason: Message) -> None:
    """What counts as ready and has nothing to be found by could not be mended either."""
    passages = select(PassageRow.id).where(PassageRow.item_id == item_id)
    session.execute(
        update(Item)
        .where(Item.id == item_id, Item.status == Status.READY, ~exists(passages))
        .values(status=Status.FAILED, reason=reason.as_json())
    )
