"""Requests to an embedding service: batches, retries, and no more at a time than configured."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

import numpy as np
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay

from kb.embedding.preparation import Vectors
from kb.embedding.service import errors
from kb.embedding.service.protocols import Endpoint, UnreadableAnswer
from kb.embedding.service.requests import NoAnswer, Requests, ServiceAnswer, TooLong
from kb.messages import ServiceUnavailable
from kb.settings import Settings
from kb.text.http_dates import read_http_date

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 20.0
"""Between attempts: doubled each time."""
REST_S, LONGEST_REST_S = 2.0, 300.0
"""After a service has not answered it is left alone for so long, or for what it asked for, so that
questions do not queue up for it."""
LONGEST_VECTOR = 128 << 10
"""Bytes of the answer for each text: 4,096 numbers with all their digits have some 90,000."""
LONGEST_REST = 64 << 10
"""Bytes of an answer beside its vectors."""
TOO_LARGE = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Answers to a batch with too many texts or tokens, of one service or another."""
BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
PASSING = BUSY | {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.FAILED_DEPENDENCY,  # an inference that failed, in TEI
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
}
DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Text(NamedTuple):
    """A text to embed, prompt included, and how many tokens it has."""

    text: str
    tokens: int


@dataclass
class _Passing(Exception):
    """An attempt that failed and may succeed later. ``wait_s``: the service asked to wait."""

    error: ServiceUnavailable
    wait_s: float | None = None


class _Refused(Exception):
    """Status and beginning of an answer that refuses the request."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}".strip())
        self.status = status


@dataclass(frozen=True)
class _Use:
    """How long requests for questions or for passages may take, and how many there may be at once.

    ``answer_s``: each; ``attempts_s``: until the last attempt.
    """

    attempts_s: float
    answer_s: float
    places: threading.BoundedSemaphore


class ServiceClient:
    """Sends texts to the service and returns their vectors as it gives them. Thread-safe.

    Questions have a place of their own, so that they do not wait for passages.
    """

    def __init__(self, settings: Settings, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.connected = False
        """Set to False by every request that is not answered."""
        self._batch, self._tokens = settings.embedding_batch, settings.embedding_batch_tokens
        key = settings.embedding_api_key
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key.get_secret_value()}"
        self._requests = Requests(headers)
        question_s, timeout_s = settings.embedding_question_s, settings.embedding_timeout_s
        places = threading.BoundedSemaphore(settings.embedding_requests)
        self._questions = _Use(question_s, question_s, threading.BoundedSemaphore(1))
        self._passages = _Use(question_s, timeout_s, places)
        self._pool = ThreadPoolExecutor(settings.embedding_requests, "embedding")
        self._resting_until = 0.0
        self.outage: ServiceUnavailable | None = None
        """Why the service did not answer, until it does."""

    def embed(self, texts: Sequence[Text], *, for_question: bool = False) -> Vectors:
        """Shape (texts, dimension). ``for_question``: somebody waits for it.

        Raises:
            ServiceUnavailable: the service did not answer, or had too much to do.
            WrongService: it refuses, or answers something else.
            RefusedText: it refuses one of the texts.
        """
        batches = [*self._split(texts)]
        use = self._questions if for_question else self._passages
        in_turn = for_question or len(batches) == 1

        def send(numbers: Sequence[int]) -> Vectors:
            return self._send_or_halve([texts[n] for n in numbers], use)

        found = [*(map(send, batches) if in_turn else self._pool.map(send, batches))]
        places = np.argsort([number for batch in batches for number in batch])
        return np.asarray(self._join(found)[places], np.float32)

    def close(self) -> None:
        self._pool.shutdown()
        self._requests.close()

    @property
    def failure(self) -> ServiceUnavailable | None:
        """Why the service did not answer, as long as it is left alone for that."""
        return self.outage if time.monotonic() < self._resting_until else None

    def _split(self, texts: Sequence[Text]) -> list[list[int]]:
        """Indexes of the texts of each request, longest first, as each is padded to its longest."""
        batches: list[list[int]] = []
        for number in sorted(range(len(texts)), key=lambda number: -texts[number].tokens):
            last = batches[-1] if batches else []
            if (
                not last
                or len(last) == self._batch
                or (len(last) + 1) * texts[last[0]].tokens > self._tokens
            ):
                batches.append([number])
            else:
                last.append(number)
        return batches

    def _send_or_halve(self, texts: Sequence[Text], use: _Use) -> Vectors:
        try:
            return self._send_patiently(texts, use)
        except _Refused as refused:
            if refused.status in DENIED:
                raise errors.refuses_key(self.endpoint.shown, refused.status) from refused
            if refused.status not in TOO_LARGE:
                raise errors.refuses(self.endpoint.shown, str(refused)) from refused
            if len(texts) == 1:
                raise errors.refuses_one_text(
                    self.endpoint.shown, texts[0].tokens, str(refused)
                ) from refused
        half = len(texts) // 2
        parts = (texts[:half], texts[half:])
        return self._join([self._send_or_halve(one, use) for one in parts])

    def _send_patiently(self, texts: Sequence[Text], use: _Use) -> Vectors:
        """All attempts together take no longer than the longer limit of the use; a question that
        comes while the service is away makes one."""
        until = time.monotonic() + max(use.attempts_s, use.answer_s)
        is_hasty = use is self._questions and self.outage is not None
        attempts = Retrying(
            retry=retry_if_exception_type(_Passing),
            wait=_wait_s,
            stop=stop_before_delay(0.0 if is_hasty else use.attempts_s),
            reraise=True,
        )
        try:
            return attempts(self._send, texts, use.places, until)
        except _Passing as passing:
            if self.outage is None:
                log.warning("embedding service away", reason=str(passing.error))
            self.outage = passing.error
            rest_s = min(max(REST_S, passing.wait_s or 0.0), LONGEST_REST_S)
            self._resting_until = time.monotonic() + rest_s
            raise passing.error from passing

    def _send(
        self, texts: Sequence[Text], places: threading.BoundedSemaphore, until: float
    ) -> Vectors:
        """One request. That no place for it gets free here says nothing about the service."""
        shown = self.endpoint.shown
        if not places.acquire(timeout=max(0.0, until - time.monotonic())):
            raise errors.is_overloaded(shown)
        try:
            answer = self._requests.post(
                self.endpoint.url,
                self.endpoint.write_request([one.text for one in texts]),
                max(0.0, until - time.monotonic()),
                LONGEST_REST + LONGEST_VECTOR * len(texts),
            )
        except NoAnswer as error:
            self.connected = False
            raise _Passing(errors.does_not_answer(shown, str(error))) from error
        except TooLong as error:
            raise errors.gives_no_vectors(shown, str(error)) from error
        finally:
            places.release()
        if answer.status in PASSING:
            self.connected = False
            raise _Passing(self._error_of(answer), _asked_wait(answer))
        if answer.status != HTTPStatus.OK:
            raise _Refused(answer.status, _beginning(answer))
        try:
            vectors = self.endpoint.read_answer(answer.body, len(texts))
        except UnreadableAnswer as error:
            raise errors.gives_no_vectors(shown, str(error)) from error
        self._resting_until, self.outage = 0.0, None
        return vectors

    def _join(self, found: Sequence[Vectors]) -> Vectors:
        """Vectors of several requests, one after the other."""
        dimensions = sorted({one.shape[1] for one in found})
        if len(dimensions) > 1:
            raise errors.gives_no_vectors(self.endpoint.shown, f"{dimensions} numbers for a text")
        return np.concatenate(found)

    def _error_of(self, answer: ServiceAnswer) -> ServiceUnavailable:
        if answer.status in BUSY:
            return errors.is_overloaded(self.endpoint.shown)
        reason = f"{answer.status} {_beginning(answer)}".strip()
        return errors.does_not_answer(self.endpoint.shown, reason)


def _wait_s(state: RetryCallState) -> float:
    """What the service asked for, or twice as long as before the last attempt."""
    failed = state.outcome.exception() if state.outcome else None
    if isinstance(failed, _Passing) and failed.wait_s is not None:
        return failed.wait_s
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (state.attempt_number - 1))


def _asked_wait(answer: ServiceAnswer) -> float | None:
    """Seconds of ``Retry-After``, which has seconds or a date (RFC 9110, 10.2.3)."""
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    until = read_http_date(asked)
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until else None


def _beginning(answer: ServiceAnswer) -> str:
    """What the service says for people, on one line."""
    return " ".join(answer.body.decode(errors="replace")[:160].split())
