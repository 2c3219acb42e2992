"""The ingest worker: claim jobs from the queue, run them, and mark them done, failed or
postponed."""

from __future__ import annotations

import os
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog

from ingest import pipeline
from ingest.fetching.fetcher import Fetcher
from ingest.outage import ASK_S, Outage
from ingest.outcomes import mark_outcome
from ingest.reindex.background import BackgroundReindex
from ingest.worker_processes import ProcessPool, WorkerProcesses
from kb.domain import Status
from kb.messages import N_, ConfigurationError, KbError, Message, TransientError
from kb.runtime.metrics import INGEST_SECONDS
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.db import SCHEMA_CHANGED, SchemaChangedError
from kb.storage.jobs import Claim
from kb.storage.locks import locked_item
from kb.storage.migrating import SchemaFit
from kb.storage.originals import FilesAway
from kb.storage.tables import Operation
from kb.vectors.patience import waiting_up_to

PUT_OFF_S = 15.0
"""Delay of a job whose original cannot be had, or that a server cannot serve though the index
answers, as often as that happens."""
POLL_S = 1.0
"""Interval between looks at the queue, for jobs added by other processes."""
REAP_S = 30.0
"""Interval between renewals of leases; shorter than a lease."""
SCHEMA_S = 10.0
"""Interval between looks whether another version of the program changed the tables."""
REPORT_S = 0.5
"""Shortest interval between two writes of a job's progress."""
AT_ONCE = 12
"""Documents embedded and written at the same time, by turns."""
KEPT_FOR_SHORT = 4
"""Of ``AT_ONCE``, places reserved for the reader for short files."""

PATIENCE_S = 30.0
"""Seconds for which a call of the index server is repeated for a job; then the job waits."""

log = structlog.get_logger()

UNEXPECTED = N_(
    "An unexpected problem ({kind}) stopped the work on this document: upload it again, and if it "
    "happens again send the log to whoever maintains this installation."
)


class Cancelled(Exception):
    """The job was cancelled or taken over while it ran: discard the result."""


@dataclass
class WorkerReport:
    """Writes progress to the job, at most every ``REPORT_S`` seconds per stage."""

    services: Services
    claim: Claim
    on_report: pipeline.ReportProgress
    _last: tuple[str, float] = field(default=("", 0.0))

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Raises Cancelled when this worker no longer holds the job."""
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

    A thread takes a free reader, claims a job, gives the reader back once the document is read,
    then embeds and writes the document while other threads read. Long documents therefore hold no
    reader while they are embedded, and the reader for short files is soon free.
    """

    def __init__(self, services: Services, patience_s: float = PATIENCE_S) -> None:
        self.services = services
        self._patience_s = patience_s
        # Machines may have the same name, as containers do, and processes the same number.
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._stopping = threading.Event()
        self._outage = Outage(services)
        self._threads: list[threading.Thread] = []
        self._children = ProcessPool(services)
        self._free_readers: queue.SimpleQueue[int] = queue.SimpleQueue()
        """Numbers of the readers that no thread uses."""
        self._held_jobs: set[int] = set()
        """Ids of the jobs that this worker runs."""
        self._read_jobs: set[int] = set()
        """Those of them whose document has been read."""
        self._schema_seen_at = 0.0
        """When the tables were last found to be those of this program, in monotonic seconds."""
        self._fetcher = Fetcher(services) if services.settings.fetch else None
        self.on_report: pipeline.ReportProgress = log_progress
        """Called after progress was written to the job."""

    def start(self) -> None:
        self.recover()
        for reader in range(self._children.readers):
            self._free_readers.put(reader)
        for number in range(self._children.readers + AT_ONCE):
            self._start_thread(self._loop, f"ingest-{number}")
        self._start_thread(self._heartbeat, "ingest-keeper")
        reindex = BackgroundReindex(self.services, self._children, self._stopping)
        self._start_thread(reindex.run, "reindex")
        if self._fetcher:
            self._fetcher.start()

    def _start_thread(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Give running jobs back to the queue, end the children and wait for the threads."""
        self._stopping.set()
        if self._fetcher:
            self._fetcher.stop()
        self.services.work_arrived.notify()
        self._children.close()
        for thread in self._threads:
            thread.join()
        with self.services.database.transaction() as session:
            jobs.release(session, self.name)

    def run_until_idle(self, after_job: Callable[[], None] = lambda: None) -> None:
        """Run due jobs in this thread until none is left, for commands that then exit.
        ``after_job`` is called after each."""
        self.recover()
        try:
            while self.step():
                after_job()
        finally:
            self._children.close()

    def recover(self) -> None:
        """Requeue jobs left running by a previous process. With an embedded index this process owns
        the data folder, so that no other worker can be running."""
        self._reap(all_running=self.services.settings.embedded)
        if self._fetcher and self.services.settings.embedded:
            self._fetcher.recover()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                reader = self._free_readers.get(timeout=POLL_S)
            except queue.Empty:
                continue
            give_back = _call_once(partial(self._free_readers.put, reader))
            try:
                self._work_or_wait(reader, give_back)
            except TransientError as error:
                log.warning("worker waits", reason=str(error))
                self._stopping.wait(POLL_S)
            except Exception:
                log.exception("worker waits")
                self._stopping.wait(POLL_S)
            finally:
                give_back()

    def _work_or_wait(self, reader: int, give_back: Callable[[], None]) -> None:
        """Run a job with the reader, or wait for one for at most ``POLL_S`` seconds."""
        if not self._has_own_schema():
            self._stopping.wait(SCHEMA_S)
            return
        arrivals = self.services.work_arrived
        seen = arrivals.count
        largest = self._children.largest(reader)
        full = largest is None and len(self._read_jobs) >= AT_ONCE - KEPT_FOR_SHORT
        if full or not self.step(reader, give_back):
            self._children.rest(reader)
            arrivals.wait_beyond(seen, POLL_S)

    def _has_own_schema(self) -> bool:
        """Whether the tables are of the version that this program knows; looked up every
        ``SCHEMA_S`` seconds. Where they are not, jobs are left to processes of that version."""
        if self._schema_seen_at and time.monotonic() - self._schema_seen_at < SCHEMA_S:
            return True
        if self.services.database.find_schema_fit() is not SchemaFit.SAME:
            log.warning("worker waits", reason=SCHEMA_CHANGED)
            self._schema_seen_at = 0.0
            return False
        self._schema_seen_at = time.monotonic()
        return True

    def _heartbeat(self) -> None:
        """Renew the leases of this worker's jobs and requeue jobs of others whose lease has
        expired, every ``REAP_S`` seconds until stopped."""
        while not self._stopping.wait(REAP_S):
            try:
                with self.services.database.transaction() as session:
                    jobs.hold(session, self.name, list(self._held_jobs))
                self._reap()
            except TransientError as error:
                log.warning("leases not prolonged", reason=str(error))
            except Exception:
                log.exception("leases not prolonged")

    def _reap(self, *, all_running: bool = False) -> None:
        with self.services.database.transaction() as session:
            for item_id in jobs.reap(session, all_running=all_running):
                mark_outcome(session, item_id, Status.FAILED, jobs.STOPPED)

    def step(self, reader: int = 0, after_reading: Callable[[], None] = lambda: None) -> bool:
        """Run one due job that the reader may take; False if there is none, or while the index is
        away."""
        if self._outage.lasts():
            return False
        with self.services.database.transaction() as session:
            claim = jobs.claim(session, self.name, self._children.largest(reader))
        if claim is None:
            return False
        self._held_jobs.add(claim.job_id)
        try:
            with structlog.contextvars.bound_contextvars(item=claim.item_id, attempt=claim.attempt):
                self._run(claim, self._processes_for(claim, reader, after_reading))
        finally:
            self._held_jobs.discard(claim.job_id)
            self._read_jobs.discard(claim.job_id)
        return True

    def _processes_for(
        self, claim: Claim, reader: int, after_reading: Callable[[], None]
    ) -> WorkerProcesses:
        def is_read() -> None:
            self._read_jobs.add(claim.job_id)
            after_reading()

        return self._children.of(reader, is_read)

    def _run(self, claim: Claim, children: WorkerProcesses) -> None:
        started = time.monotonic()
        with waiting_up_to(self._patience_s, self._stopping):
            outcome = self._run_and_record(claim, children)
        seconds = time.monotonic() - started
        INGEST_SECONDS.labels(claim.operation.value, outcome).observe(seconds)
        log.info("job ended", operation=claim.operation.value, outcome=outcome, seconds=seconds)

    def _run_and_record(self, claim: Claim, children: WorkerProcesses) -> str:
        """Run the job and store its outcome. Returns the outcome's name for log and metrics."""
        try:
            if claim.operation is Operation.DELETE:
                pipeline.delete_item(self.services, claim)
            else:
                report = WorkerReport(self.services, claim, self.on_report)
                pipeline.index_item(self.services, claim, children, report)
                self.services.item_ready.set()
        except (Cancelled, pipeline.Superseded):
            return "cancelled"
        except KbError as error:
            return self._put_off(claim, error)
        except Exception as error:
            if self._stopping.is_set():
                return "stopped"
            log.exception("job failed unexpectedly")
            return self._fail(claim, Message(UNEXPECTED, {"kind": type(error).__name__}))
        return "done"

    def _hand_over(self, claim: Claim, error: SchemaChangedError) -> str:
        """Leave the job to a process of another version."""
        log.warning("job given back", reason=str(error))
        self._schema_seen_at = 0.0
        with self.services.database.transaction() as session:
            jobs.release(session, self.name, only=claim)
        return "given back"

    def _put_off(self, claim: Claim, error: KbError) -> str:
        """Requeue the job where trying again may help, else fail it. An outage of another server
        is no attempt."""
        if not isinstance(error, TransientError | ConfigurationError):
            return self._fail(claim, error.message)
        if self._stopping.is_set():
            return "stopped"
        if isinstance(error, SchemaChangedError):
            return self._hand_over(claim, error)
        away = isinstance(error, FilesAway) or self._outage.explains(error)
        if not away and (claim.last or isinstance(error, ConfigurationError)):
            return self._fail(claim, error.message)
        reason = error.message
        log.warning("job postponed", reason=str(reason))
        seconds = ASK_S if self._outage.lasts() else PUT_OFF_S
        with self.services.database.transaction() as session:
            locked_item(session, claim.item_id)
            if away:
                held = jobs.wait(session, claim, reason, seconds)
            else:
                held = jobs.postpone(session, claim, reason)
            if held:
                mark_outcome(session, claim.item_id, Status.QUEUED, reason)
        return "postponed"

    def _fail(self, claim: Claim, reason: Message) -> str:
        log.warning("job failed", reason=str(reason))
        with self.services.database.transaction() as session:
            locked_item(session, claim.item_id)
            if jobs.fail(session, claim, reason):
                mark_outcome(session, claim.item_id, Status.FAILED, reason)
        return "failed"


def _call_once(action: Callable[[], None]) -> Callable[[], None]:
    """A function that calls the action the first time only."""
    done = threading.Event()

    def act() -> None:
        if not done.is_set():
            done.set()
            action()

    return act
