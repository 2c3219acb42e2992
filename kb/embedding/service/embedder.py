"""The embedder over a service. This process has the model's tokenizer and prompts, not its weights.

A service gives no token states, from which the vectors of sentences are made otherwise (see
``kb.embedding.late``). Here a sentence is embedded as a passage, and its vector is the normalised
mean of that, weight ``1 - CONTEXT``, and of its passage's, weight ``CONTEXT``. With 0.6 a
question's cosines have the same mean and spread as with late chunking, so that the thresholds of
relevance hold (measured, docs/models.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import structlog

from kb.embedding.embedder import Embedder, PassageVectors
from kb.embedding.preparation import Vectors
from kb.embedding.reference import REFERENCE_TEXTS, Likeness, Reference, compare
from kb.embedding.service import errors
from kb.embedding.service.client import ServiceClient, Text
from kb.embedding.service.protocols import endpoint_of
from kb.embedding.source import ModelSource, find_model
from kb.embedding.tokens import Tokenizer, open_tokenizer
from kb.messages import KbError, Message
from kb.settings import Settings

log = structlog.get_logger()

CONTEXT = 0.6
"""Weight of the passage in the vector of a part of it."""
GROUP = 16
"""Passages that are embedded with their parts before the first is given back."""
CHECK_EVERY_S = 300.0
"""Seconds after which a service in use is compared with the reference again."""


class ServiceEmbedder(Embedder):
    """Computes vectors by requests to a service.

    ``reference`` gives what the service must give for ``REFERENCE_TEXTS``, None if nothing is known
    yet. It is compared before the first use, after each loss of the connection, and every
    ``CHECK_EVERY_S`` seconds.
    """

    def __init__(
        self,
        source: ModelSource,
        tokenizer: Tokenizer,
        settings: Settings,
        reference: Callable[[], Reference | None],
    ) -> None:
        super().__init__(source, tokenizer, source.dimension, settings.embedding_batch)
        self._client = ServiceClient(settings, endpoint_of(settings, source))
        self._reference = reference
        self._question_s = settings.embedding_question_s
        self._timeout_s = settings.embedding_timeout_s
        self._checking = threading.Lock()
        self._checked_at = -CHECK_EVERY_S
        self._told = ""

    @property
    def precision(self) -> str:
        return "service"

    @property
    def address(self) -> str:
        return self._client.endpoint.shown

    def obstacle(self) -> Message | None:
        """Tries the service if it did not answer before, or was not used for a while."""
        try:
            self._check(for_question=True)
        except KbError as error:
            return error.message
        return None

    def close(self) -> None:
        self._client.close()

    def embed_parts(
        self, texts: Sequence[str], ranges: Sequence[Sequence[tuple[int, int]]]
    ) -> Iterator[tuple[int, PassageVectors]]:
        for first in range(0, len(texts), GROUP):
            group = range(first, min(first + GROUP, len(texts)))
            parts = [[texts[n][start:end] for start, end in ranges[n]] for n in group]
            asked = [*(texts[n] for n in group), *(part for own in parts for part in own)]
            vectors = self.embed_passages(asked)
            passages, rest = vectors[: len(group)], vectors[len(group) :]
            ends = np.cumsum([len(own) for own in parts])[:-1]
            for number, passage, own in zip(group, passages, np.split(rest, ends), strict=True):
                mixed = (1 - CONTEXT) * own + CONTEXT * passage
                lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
                yield number, PassageVectors(passage, mixed / np.maximum(lengths, 1e-9))

    def _embed_query(self, text: str) -> Vectors:
        """While another question tries a service that was away, this one does not wait for that."""
        outage = self._client.outage
        if outage is not None and self._checking.locked():
            raise outage
        return super()._embed_query(text)

    def _embed_together(self, texts: Sequence[str]) -> list[Vectors]:
        """A question waits a short time only, and not at all just after others waited in vain."""
        asked = [self._cut(self._source.query_prompt, text) for text in texts]
        return [vector.copy() for vector in self._ask(asked, for_question=True)]

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return self._ask([self._cut(prompt, text) for text in texts], for_question=False)

    def _ask(self, texts: Sequence[Text], *, for_question: bool) -> Vectors:
        """Raises RefusedText only where the service takes the reference texts; else it is the
        service that must change."""
        self._check(for_question=for_question)
        try:
            return self._finish(self._client.embed(texts, for_question=for_question))
        except errors.RefusedText:
            self._client.connected = False
            self._check(for_question=for_question)
            raise

    def _finish(self, vectors: Vectors) -> Vectors:
        """Vectors cut to the configured dimension, L2-normalised."""
        found = vectors.shape[1]
        if found not in (self.dimension, self._source.full_dimension):
            raise errors.has_other_dimension(
                self.address, found, self._source.name, self._source.full_dimension
            )
        kept = vectors[:, : self.dimension]
        lengths = np.linalg.norm(kept, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise errors.gives_no_numbers(self.address)
        finished: Vectors = kept / lengths
        return finished

    def _cut(self, prompt: str, text: str) -> Text:
        """The text as it is sent, no longer than the model reads; no service takes an empty one."""
        whole = prompt + self._readable(text) or " "
        tokens = self._tokenizer.count(whole)
        while tokens > self.max_tokens:
            offsets = self._tokenizer.encode(whole).offsets
            excess = len(offsets) - self.max_tokens
            whole = whole[: min(offsets[-2 - excess][1], len(whole) - 1)]
            tokens = self._tokenizer.count(whole)
        return Text(whole, tokens)

    def _check(self, *, for_question: bool) -> None:
        """Compare the service with the reference if that is due.

        Raises:
            ServiceUnavailable, WrongService: with what to do.
        """
        if self._is_checked():
            return
        if failure := self._client.failure:
            raise failure
        wait_s = self._question_s if for_question else self._timeout_s
        outage = self._client.outage if for_question else None
        if not self._checking.acquire(timeout=0.0 if outage else wait_s):
            raise outage or errors.is_overloaded(self.address)
        try:
            if not self._is_checked():
                self._check_now(for_question=for_question)
        except errors.RefusedText as error:
            raise self._tell(errors.takes_nothing(error)) from error
        except errors.WrongService as error:
            raise self._tell(error) from error.__cause__
        finally:
            self._checking.release()

    def _tell(self, error: errors.WrongService) -> errors.WrongService:
        """The error, logged unless it is the last one over again."""
        if str(error) != self._told:
            log.warning("embedding service not used", reason=str(error))
            self._told = str(error)
        return error

    def _check_now(self, *, for_question: bool) -> None:
        expected = self._reference()
        found = self._embed_reference(self._source.passage_prompt, for_question=for_question)
        if expected is not None:
            self._compare(found, expected, for_question=for_question)
        self._client.connected = True
        self._checked_at = time.monotonic()
        self._told = ""
        log.info("embedding service", address=self.address, checked=expected is not None)

    def _embed_reference(self, prompt: str, *, for_question: bool) -> Reference:
        asked = [self._cut(prompt, text) for text in REFERENCE_TEXTS]
        return self._finish(self._client.embed(asked, for_question=for_question))

    def _is_checked(self) -> bool:
        fresh = time.monotonic() - self._checked_at < CHECK_EVERY_S
        return self._client.connected and fresh

    def _compare(self, found: Reference, expected: Reference, *, for_question: bool) -> None:
        likeness = compare(found, expected)
        if likeness is Likeness.SAME:
            return
        if likeness is Likeness.OTHER_ORDER:
            raise errors.mixes_order(self.address)
        again = self._embed_reference("", for_question=for_question)
        if self._source.passage_prompt and compare(again, expected) is Likeness.SAME:
            raise errors.adds_prompt(self.address)
        raise errors.serves_other_model(self.address, self._source.name)


def connect(settings: Settings, reference: Callable[[], Reference | None]) -> ServiceEmbedder:
    """The configured service; nothing is sent yet.

    Raises ConfigurationError if the model's folder, for tokenizer and prompts, is missing.
    """
    source = find_model(settings)
    return ServiceEmbedder(source, open_tokenizer(source.folder), settings, reference)
