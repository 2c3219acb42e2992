"""The child processes of a worker: one per thread that reads, one for all that embeds."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ingest.extracted_item import Content
from ingest.pipeline import Report
from ingest.practice_passages import content_of
from ingest.processes.child_errors import ChildCrashed, ChildOutOfMemory, ChildTimedOut
from ingest.processes.child_process import Limits
from ingest.processes.embed_child import Embedded, EmbedRequest
from ingest.processes.extract_child import ReadRequest, read_in, reading_child
from ingest.processes.isolation import Child
from ingest.text.passage_rules import rules_of, token_counter
from kb.embedding.late import LateVectors
from kb.messages import N_, TransientError
from kb.practices.practice import Practice
from kb.runtime.services import Services

IDLE_S = 60.0
"""Children that nobody has needed for so long give their memory back."""
EMBED_SILENCE_S = 300.0
"""The first start of a model on a machine compiles it, which takes its time."""
EMBED_MEMORY_MB = 4096


class Hands:
    """What one thread works with."""

    def __init__(
        self, services: Services, reader: Child[Content], embedder: Child[Embedded]
    ) -> None:
        self._services = services
        self._reader = reader
        self._embedder = embedder

    def read(self, sha256: str, filename: str, language: str, report: Report) -> Content:
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

    def embed(self, texts: Sequence[str], bodies: Sequence[int], report: Report) -> LateVectors:
        report("embedding", 0, len(texts))
        request = EmbedRequest(self._services.settings, tuple(texts), tuple(bodies))
        try:
            made = self._embedder.call(request, lambda done: report("embedding", done, len(texts)))
        except (ChildCrashed, ChildTimedOut, ChildOutOfMemory) as error:
            # Its input is plain text of limited length: the machine is to blame, not the document.
            raise TransientError(
                N_(
                    "The model stopped while it worked on this document: it will be tried again. "
                    "If that goes on, the machine has too little memory."
                )
            ) from error
        return made.vectors()


class Children:
    """All of them, started when first needed and sent away when idle."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        embedding = Limits(EMBED_MEMORY_MB, EMBED_SILENCE_S, address_space=False, calls=500)
        self._embedder: Child[Embedded] = Child(
            "ingest.processes.embed_child:embed", embedding, Embedded
        )
        self._readers = [reading_child(settings) for _ in range(settings.ingest_threads)]
        self._hands = [Hands(services, reader, self._embedder) for reader in self._readers]
        self._idle_since = [time.monotonic()] * len(self._hands)

    def of(self, thread: int) -> Hands:
        """The hands of one thread, which is about to use them."""
        self._idle_since[thread] = float("inf")
        return self._hands[thread]

    def rest(self, thread: int) -> None:
        """The thread has nothing to do."""
        now = time.monotonic()
        self._idle_since[thread] = min(self._idle_since[thread], now)
        if now - self._idle_since[thread] > IDLE_S:
            self._readers[thread].rest()
        if now - max(self._idle_since) > IDLE_S:
            self._embedder.rest()

    def close(self) -> None:
        """End them, whatever they are doing."""
        for reader in self._readers:
            reader.close()
        self._embedder.close()
