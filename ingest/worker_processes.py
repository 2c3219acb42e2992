"""The child processes of a worker: some that read, one that embeds for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from ingest.extracted_item import Content
from ingest.pipeline import ReportProgress
from ingest.practice_passages import content_of
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
from kb.messages import N_, TransientError
from kb.practices.practice import Practice
from kb.runtime.services import Services
from kb.settings import Settings

IDLE_S = 60.0
"""Children that nobody has needed for so long give their memory back."""
EMBED_SILENCE_S = 300.0
"""The first start of a model on a machine compiles it, which takes its time."""
EMBED_MEMORY_MB = 4096


SHORT_BYTES = 2 << 20
"""One reader is kept for files of this size and below, whatever the others are at."""
SLICE = 32
"""Passages embedded before another document may have its turn."""
SLICE_TRIES = 3


class WorkerProcesses:
    """What one job works with. ``after_reading`` is called when the reader is no longer needed."""

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
        request = ReadRequest(
            path=self._services.originals.path(sha256),
            filename=filename,
            content_key=sha256,
            settings=self._services.settings,
            language=language,
        )
        report("reading", 0, 0)
        return read_in(self._reader, request, lambda progress: report("reading", *progress))

    def split(self, practice: Practice, content_key: str) -> Content:
        settings = self._services.settings
        return content_of(practice, content_key, rules_of(settings), token_counter(settings))

    def embed(
        self, texts: Sequence[str], bodies: Sequence[int], report: ReportProgress
    ) -> LateVectors:
        self._after_reading()
        report("embedding", 0, len(texts))
        return self._embedding.of(texts, bodies, lambda done: report("embedding", done, len(texts)))


class Embedding:
    """The one embedding child, shared by slices: see ``Turns``."""

    def __init__(self, settings: Settings) -> None:
        limits = ProcessLimits(EMBED_MEMORY_MB, EMBED_SILENCE_S, address_space=False, calls=500)
        target = "ingest.processes.embed_child:embed"
        self._settings = settings
        self._child: Child[Embedded] = Child(target, limits, Embedded)
        self._turns = Turns()

    def of(
        self, texts: Sequence[str], bodies: Sequence[int], on_progress: Callable[[int], None]
    ) -> LateVectors:
        """The vectors of one document's passages, longest first so that slices are of like length.

        Raises:
            TransientError: the model stopped more than once over the same slice.
        """
        numbers = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        made: list[LateVectors] = []
        with self._turns.document() as document:
            for start in range(0, len(numbers), SLICE):
                some = numbers[start : start + SLICE]
                with document.turn(len(numbers) - start):
                    made.append(self._slice([texts[n] for n in some], [bodies[n] for n in some]))
                on_progress(start + len(some))
        return _in_order(made, numbers)

    def _slice(self, texts: Sequence[str], bodies: Sequence[int]) -> LateVectors:
        request = EmbedRequest(self._settings, tuple(texts), tuple(bodies))
        for attempt in range(1, SLICE_TRIES + 1):
            try:
                return self._child.call(request).vectors()
            except (ChildCrashed, ChildTimedOut, ChildOutOfMemory, ChildKilled) as error:
                # Its input is plain text of limited length: the machine is to blame.
                if attempt == SLICE_TRIES:
                    raise TransientError(
                        N_(
                            "The model stopped while it worked on this document: it will be tried"
                            " again. If that goes on, the machine has too little memory."
                        )
                    ) from error
        raise AssertionError

    def rest(self) -> None:
        """End the child if nobody has needed it for long."""
        if self._turns.idle_s() > IDLE_S:
            self._child.rest()

    def close(self) -> None:
        self._child.close()


def _in_order(made: Sequence[LateVectors], numbers: Sequence[int]) -> LateVectors:
    """The slices joined; their texts are ``numbers`` of the whole, one after the other."""
    places = np.argsort(numbers)
    spans = [own for part in made for own in part.spans]
    vectors = [own for part in made for own in part.sentences]
    empty = np.empty((0, 0), np.float32)
    passages = np.concatenate([part.passages for part in made])[places] if made else empty
    return LateVectors(passages, [spans[at] for at in places], [vectors[at] for at in places])


class ProcessPool:
    """All of them, started when first needed and sent away when idle."""

    def __init__(self, services: Services) -> None:
        self._services = services
        count = services.settings.ingest_threads + 1
        self._embedding = Embedding(services.settings)
        self._readers = [reading_child(services.settings) for _ in range(count)]
        self._idle_since = [time.monotonic()] * count

    @property
    def readers(self) -> int:
        """How many; the last one is kept for short files."""
        return len(self._readers)

    def largest(self, reader: int) -> int | None:
        """Bytes of the largest file that the reader is for; ``None`` for any size."""
        return SHORT_BYTES if reader == len(self._readers) - 1 else None

    def of(self, reader: int, after_reading: Callable[[], None] = lambda: None) -> WorkerProcesses:
        """What a job works with that is about to use a reader."""
        self._idle_since[reader] = float("inf")
        return WorkerProcesses(
            self._services, self._readers[reader], self._embedding, after_reading
        )

    def rest(self, reader: int) -> None:
        """The reader has nothing to do."""
        now = time.monotonic()
        self._idle_since[reader] = min(self._idle_since[reader], now)
        if now - self._idle_since[reader] > IDLE_S:
            self._readers[reader].rest()
        self._embedding.rest()

    def close(self) -> None:
        """End them, whatever they are doing."""
        for reader in self._readers:
            reader.close()
        self._embedding.close()
