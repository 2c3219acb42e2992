"""The child processes of a worker: several readers, one embedder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from ingest.extracted_item import Content
from ingest.pipeline import ReportProgress
from ingest.practice_passages import SectionText, content_of, content_of_sections
from ingest.processes.child_errors import (
    ChildCrashed,
    ChildKilled,
    ChildOutOfMemory,
    ChildTimedOut,
)
from ingest.processes.child_process import ProcessLimits
from ingest.processes.embed_child import Embedded, EmbedRequest
from ingest.processes.extract_child import ReadRequest, read_in, reading_child
from ingest.processes.isolation import Child
from ingest.processes.turns import Turns
from ingest.text.passage_rules import rules_of, token_counter
from kb.embedding.late import LateVectors
from kb.embedding.service.errors import WrongService
from kb.messages import N_, ServiceUnavailable, TransientError
from kb.practices.practice import Practice
from kb.runtime.services import Services

log = structlog.get_logger()

IDLE_S = 60.0
"""Seconds without use after which a child is ended to free its memory."""
EMBED_SILENCE_S = 300.0
"""Seconds; the first start of a model on a machine compiles it."""
EMBED_MEMORY_MB = 4096
"""Limit on resident memory of the embedding child."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Seconds between two tries of a service that is away, doubled each time."""
AWAY_S = 600.0
"""Seconds after which the job of a document that waits for a service is put back into the queue."""

SHORT_BYTES = 2 << 20
"""Bytes. One reader takes only files up to this size, whatever the others are doing."""
SLICE = 32
"""Passages embedded in one turn of a document."""
SLICE_TRIES = 3
"""Attempts at embedding a slice before the job is postponed."""


class WorkerProcesses:
    """The processes of one job. ``after_reading`` is called when the reader is no longer needed."""

    def __init__(
        self,
        services: Services,
        reader: Child[Content],
        embedding: Embedding,
        after_reading: Callable[[], None],
    ) -> None:
        self._services = services
        self._reader = reader
        self._embedding = embedding
        self._after_reading = after_reading

    def read(self, sha256: str, filename: str, language: str, report: ReportProgress) -> Content:
        report("reading", 0, 0)
        with self._services.originals.local_file(sha256) as path:
            request = ReadRequest(
                path=path,
                filename=filename,
                content_key=sha256,
                settings=self._services.settings,
                language=language,
            )
            return read_in(self._reader, request, lambda progress: report("reading", *progress))

    def split(self, practice: Practice, content_key: str) -> Content:
        settings = self._services.settings
        return content_of(practice, content_key, rules_of(settings), token_counter(settings))

    def split_sections(self, written: SectionText, content_key: str) -> Content:
        settings = self._services.settings
        return content_of_sections(
            written, content_key, rules_of(settings), token_counter(settings)
        )

    def embed(
        self, texts: Sequence[str], bodies: Sequence[int], report: ReportProgress
    ) -> LateVectors:
        self._after_reading()
        report("embedding", 0, len(texts))
        return self._embedding.of(
            texts,
            bodies,
            lambda done: report("embedding", done, len(texts)),
            on_wait=lambda: report("waiting", 0, 0),
        )


class Embedding:
    """The embedding child, used by all documents in turns of ``SLICE`` passages: see ``Turns``."""

    def __init__(self, services: Services) -> None:
        limits = ProcessLimits(EMBED_MEMORY_MB, EMBED_SILENCE_S, address_space=False, calls=500)
        target = "ingest.processes.embed_child:embed"
        self._services = services
        self._closed = threading.Event()
        self._child: Child[Embedded] = Child(target, limits, Embedded)
        self._turns = Turns()

    def of(
        self,
        texts: Sequence[str],
        bodies: Sequence[int],
        on_progress: Callable[[int], None],
        *,
        last: bool = False,
        on_wait: Callable[[], None] = lambda: None,
    ) -> LateVectors:
        """Embed one document's passages, longest first so that slices hold texts of similar length.
        With ``last``, the slices of every other document go before. ``on_wait`` is called while a
        service is away; what it raises ends the waiting.

        Raises:
            TransientError: the model stopped ``SLICE_TRIES`` times on the same slice.
            ServiceUnavailable: a service was away for longer than ``AWAY_S``.
        """
        numbers = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        made: list[LateVectors] = []
        with self._turns.document(last=last) as document:
            for start in range(0, len(numbers), SLICE):
                some = numbers[start : start + SLICE]
                with document.turn(len(numbers) - start):
                    made.append(
                        self._embed_slice(
                            [texts[n] for n in some], [bodies[n] for n in some], on_wait
                        )
                    )
                on_progress(start + len(some))
        return _restore_order(made, numbers)

    def _embed_slice(
        self, texts: Sequence[str], bodies: Sequence[int], on_wait: Callable[[], None]
    ) -> LateVectors:
        """Wait for a service that is away, where one computes the vectors."""
        started, wait_s = time.monotonic(), FIRST_WAIT_S
        while True:
            try:
                self._services.reference.keep(self._embed_alone)
                return self._call(texts, bodies)
            except (ServiceUnavailable, WrongService) as error:
                if self._closed.is_set() or time.monotonic() - started > AWAY_S:
                    raise ServiceUnavailable(
                        error.message.template, **error.message.params
                    ) from error
                log.warning("waiting for the embedding service", reason=str(error))
            on_wait()
            self._closed.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _embed_alone(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts without a header, shape (texts, dimension)."""
        return self._call(texts, [0] * len(texts)).passages

    def _call(self, texts: Sequence[str], bodies: Sequence[int]) -> LateVectors:
        services = self._services
        expected = services.reference.find() if services.settings.embedding_url else None
        request = EmbedRequest(services.settings, tuple(texts), tuple(bodies), expected)
        for attempt in range(1, SLICE_TRIES + 1):
            try:
                return self._child.call(request).vectors()
            except (ChildCrashed, ChildTimedOut, ChildOutOfMemory, ChildKilled) as error:
                # Its input is plain text of limited length, so the fault is not the document's.
                if attempt == SLICE_TRIES:
                    raise TransientError(
                        N_(
                            "The model stopped while it worked on this document: it will be tried"
                            " again. If that goes on, the machine has too little memory."
                        )
                    ) from error
        raise AssertionError

    def rest(self) -> None:
        """End the child if it was not used for ``IDLE_S`` seconds."""
        if self._turns.idle_s() > IDLE_S:
            self._child.rest()

    def close(self) -> None:
        self._closed.set()
        self._child.close()


def _restore_order(made: Sequence[LateVectors], numbers: Sequence[int]) -> LateVectors:
    """Join slices and restore the document's order; ``numbers[i]`` is the document's number of the
    i-th text."""
    places = np.argsort(numbers)
    spans = [own for part in made for own in part.spans]
    vectors = [own for part in made for own in part.sentences]
    empty = np.empty((0, 0), np.float32)
    passages = np.concatenate([part.passages for part in made])[places] if made else empty
    return LateVectors(passages, [spans[at] for at in places], [vectors[at] for at in places])


class ProcessPool:
    """All child processes of the worker, started on first use and ended when idle."""

    def __init__(self, services: Services) -> None:
        self._services = services
        count = services.settings.ingest_threads + 1
        self._embedding = Embedding(services)
        self._readers = [reading_child(services.settings) for _ in range(count)]
        self._idle_since = [time.monotonic()] * count

    @property
    def readers(self) -> int:
        """Number of readers; the last one takes only short files."""
        return len(self._readers)

    def largest(self, reader: int) -> int | None:
        """Bytes of the largest file that the reader takes; ``None`` for no limit."""
        return SHORT_BYTES if reader == len(self._readers) - 1 else None

    def of(self, reader: int, after_reading: Callable[[], None] = lambda: None) -> WorkerProcesses:
        """The processes for a job that uses this reader."""
        self._idle_since[reader] = float("inf")
        return WorkerProcesses(
            self._services, self._readers[reader], self._embedding, after_reading
        )

    def embed_last(
        self, texts: Sequence[str], bodies: Sequence[int], on_progress: Callable[[int], None]
    ) -> LateVectors:
        """Vectors of passages that every other document goes before."""
        return self._embedding.of(texts, bodies, on_progress, last=True)

    def rest(self, reader: int) -> None:
        """Note that the reader is idle; end it after ``IDLE_S`` seconds."""
        now = time.monotonic()
        self._idle_since[reader] = min(self._idle_since[reader], now)
        if now - self._idle_since[reader] > IDLE_S:
            self._readers[reader].rest()
        self._embedding.rest()

    def close(self) -> None:
        """Kill all children."""
        for reader in self._readers:
            reader.close()
        self._embedding.close()
