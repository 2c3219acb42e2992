"""Build an index that the settings ask for while the old one answers; jobs are done first."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog

from ingest.reindex.build import Builder, RebuildWork, ReindexMode
from ingest.reindex.reindex import (
    begin,
    needed_source,
    remove_deleted,
    try_to_switch,
    unfinished_source,
)
from ingest.worker_processes import ProcessPool
from kb.embedding.late import LateVectors
from kb.messages import KbError
from kb.runtime.alone import SharedWork, WorkLock, working_alone
from kb.runtime.services import Services
from kb.storage import jobs
from kb.vectors.opening import open_index
from kb.vectors.patience import waiting_up_to

POLL_S = 1.0
START_S = 60.0
"""Seconds, at most, that building waits after a start of the server."""
RETRY_S = 60.0
"""Seconds to the next try after a failure, or while another process is building."""
GRACE_S = 30.0
"""Seconds that questions under way may still use the old index."""

log = structlog.get_logger()


class _Stopped(Exception):
    """The program is ending. Rows that were staged are used by the next start."""


class BackgroundReindex:
    """Builds a due index in a thread, with the child processes of the worker."""

    def __init__(
        self, services: Services, children: ProcessPool, stopping: threading.Event
    ) -> None:
        self._services = services
        self._children = children
        self._stopping = stopping

    def run(self) -> None:
        """Return when the active index is as the settings ask, or when the program ends."""
        started = time.monotonic()
        while not self._services.ready.is_set() and time.monotonic() < started + START_S:
            if self._stopping.wait(POLL_S):
                return
        while not self._stopping.is_set():
            try:
                with waiting_up_to(RETRY_S, self._stopping):
                    if self._done():
                        return
            except _Stopped:
                return
            except KbError as error:
                log.warning("the new index waits", reason=str(error))
            except Exception:
                if self._stopping.is_set():
                    return
                log.exception("the new index waits")
            self._stopping.wait(RETRY_S)

    def _done(self) -> bool:
        """Do the next step of building; return whether nothing is left to do."""
        if self._services.due() is None:
            return True
        if unfinished_source(self._services) is ReindexMode.ORIGINALS:
            log.warning("`kb reindex --full` was interrupted: run it again, it goes on")
            return True
        with working_alone(self._services, SharedWork.REINDEX) as alone:
            if alone:
                self._build(alone)
        return bool(alone)

    def _build(self, alone: WorkLock) -> None:
        services = self._services
        source = needed_source(services)
        name, old = begin(services, source)
        log.info("a new index is being built", index=name, replaces=old, source=str(source))
        index = open_index(services.settings, name, services.model.dimension)

        def report(done: int, total: int) -> None:
            log.info("new index", done=done, total=total)
            self._give_way()
            alone.require()

        try:
            builder = Builder(
                services, index, source, RebuildWork(self._children, report, self._embed)
            )
            builder.build()
            while not try_to_switch(services, index, alone, services.replacing_index(index)):
                builder.build()
        except BaseException:
            index.close()
            raise
        for one in builder.kept.values():
            log.warning("kept as it was", item=one.id, title=one.title, reason=str(one.reason))
        remove_deleted(services, index)
        log.info("the new index is in use", index=name, points=index.count())
        self._stopping.wait(GRACE_S)
        services.drop_retired(old)

    def _embed(self, texts: Sequence[str], bodies: Sequence[int]) -> LateVectors:
        return self._children.embed_last(texts, bodies, lambda _done: self._give_way())

    def _give_way(self) -> None:
        """Wait until no job is due or under way.

        Raises:
            _Stopped: the program ends.
        """
        while True:
            if self._stopping.is_set():
                raise _Stopped
            with self._services.database.session() as session:
                if not jobs.is_busy(session):
                    return
            self._stopping.wait(POLL_S)
