"""Threads that work through the queue of visits."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from ingest.fetching import queue
from ingest.fetching.exchange import Exchange
from ingest.fetching.fetch import run_visit
from ingest.fetching.politeness import Sites
from ingest.fetching.queue import MAX_ATTEMPTS, VisitClaim
from ingest.fetching.refusal import NotFetched, Stopped
from ingest.fetching.visit import Visitor
from kb.messages import N_, KbError, Message, TransientError
from kb.runtime.services import Services
from kb.storage.sources import SourceState

THREADS = 4
"""Sites asked at the same time."""
POLL_S = 1.0
"""Interval between looks at the queue."""
LONGER = 4
"""Times by which the wait after a failed attempt grows; the first is the delay between requests."""
HOLD_S = 30.0
"""Interval between renewals of leases; shorter than a lease."""
UNEXPECTED = N_("An unexpected problem ({kind}) stopped the visit: download it by hand.")

log = structlog.get_logger()


class Fetcher:
    """Visits the addresses of the queue, as far as ``KB_FETCH`` allows."""

    def __init__(self, services: Services) -> None:
        queue.require_enabled(services.settings)
        self._services = services
        # Machines may have the same name, as containers do, and processes the same number.
        self.name = f"{socket.gethostname()}-{os.getpid()}-fetch-{secrets.token_hex(4)}"
        self._stopping = threading.Event()
        exchange = Exchange.of(services.settings)
        self._sites = Sites(services, exchange, self._stopping)
        self._visitor = Visitor(exchange, self._sites)
        self._threads: list[threading.Thread] = []
        self._held: set[str] = set()

    def recover(self) -> None:
        """Give back what a process that was killed had begun. For the owner of the data folder."""
        with self._services.database.transaction() as session:
            queue.release(session)
        self._sites.release_all()

    def start(self, threads: int = THREADS) -> None:
        for number in range(threads):
            self._start_thread(self._loop, f"fetch-{number}")
        self._start_thread(self._keep_leases, "fetch-keeper")

    def stop(self) -> None:
        """Give visits under way back to the queue and wait for the threads."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        with self._services.database.transaction() as session:
            queue.release(session, self.name)

    def run_until_done(
        self, ids: Sequence[str], on_look: Callable[[int], None] = lambda left: None
    ) -> None:
        """Work until none of the addresses waits any more. ``on_look`` gets the number left.

        The rows are polled, because other processes may be working on them too.
        """
        self.start()
        try:
            while left := self._count_waiting(ids):
                on_look(left)
                time.sleep(POLL_S / 4)
            on_look(0)
        finally:
            self.stop()

    def step(self) -> bool:
        """Make one due visit; False if there is none."""
        with self._services.database.transaction() as session:
            claim = queue.claim(session, self.name)
        if claim is None:
            return False
        self._held.add(claim.id)
        try:
            with structlog.contextvars.bound_contextvars(source=claim.id, attempt=claim.attempt):
                self._run(claim)
        finally:
            self._held.discard(claim.id)
        return True

    def _run(self, claim: VisitClaim) -> None:
        try:
            values = run_visit(self._services, self._visitor, claim)
        except Stopped:
            return
        except NotFetched as error:
            self._refuse(claim, error)
        except TransientError as error:
            self._refuse(claim, _as_failed(error.message, retry=True))
        except KbError as error:
            self._refuse(claim, _as_failed(error.message, retry=False))
        except Exception as error:
            log.exception("visit failed unexpectedly")
            message = Message(UNEXPECTED, {"kind": type(error).__name__})
            self._refuse(claim, _as_failed(message, retry=False))
        else:
            with self._services.database.transaction() as session:
                queue.finish(session, claim, values)

    def _refuse(self, claim: VisitClaim, error: NotFetched) -> None:
        log.info("source not fetched", state=error.state.value, reason=str(error))
        with self._services.database.transaction() as session:
            if error.retry and claim.attempt < MAX_ATTEMPTS:
                wait_s = error.wait_s or self._services.settings.fetch_delay_s * (
                    LONGER ** (claim.attempt - 1)
                )
                queue.postpone(session, claim, error.message, wait_s)
                return
            values = {"state": error.state, "reason": error.message.as_json()}
            queue.finish(session, claim, {**values, "status": error.status})

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.step():
                    self._stopping.wait(POLL_S)
            except KbError as error:
                log.warning("fetcher waits", reason=str(error))
                self._stopping.wait(POLL_S)
            except Exception:
                log.exception("fetcher waits")
                self._stopping.wait(POLL_S)

    def _keep_leases(self) -> None:
        while not self._stopping.wait(HOLD_S):
            try:
                with self._services.database.transaction() as session:
                    queue.hold(session, list(self._held), self.name)
            except KbError as error:
                log.warning("leases not prolonged", reason=str(error))
            except Exception:
                log.exception("leases not prolonged")

    def _count_waiting(self, ids: Sequence[str]) -> int:
        with self._services.database.session() as session:
            return queue.count_waiting(session, ids)

    def _start_thread(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name)
        thread.start()
        self._threads.append(thread)


def _as_failed(message: Message, *, retry: bool) -> NotFetched:
    params = {name: value for name, value in message.params.items() if name != "status"}
    return NotFetched(SourceState.FAILED, message.template, retry=retry, **params)
