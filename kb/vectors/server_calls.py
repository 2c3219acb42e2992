"""Calls of a Qdrant server: what passes is tried again, the rest becomes a message."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from http import HTTPStatus
from json import JSONDecodeError
from typing import ParamSpec, TypeVar

import httpx
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_before_delay,
    stop_when_event_set,
    wait_random_exponential,
)

from kb.constants import A_YEAR_S
from kb.messages import N_, KbError, ServiceRefuses, ServiceUnavailable, TransientError
from kb.settings import Settings
from kb.vectors.base import IndexFails, IndexGone
from kb.vectors.patience import Patience, patience

CONNECT_S = 1.5
"""Seconds for a connection to the server."""
WRITE_TIMES = 6
"""Time of a write, as a multiple of ``KB_QDRANT_TIMEOUT_S``."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0
"""Bounds of the time to the next try."""
SILENCE_S, LONGEST_SILENCE_S = 1.0, 5.0
"""Bounds of the time for which a server that did not answer is not asked again for a person."""
READING = ("/points/query/batch", "/points/count", "/points/scroll", "/facet")
"""Ends of the paths of requests that only read, beside those with GET."""
PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Statuses after which the same request may succeed. Writes may be repeated: the same points have
the same ids."""
FAILURES = (ApiException, QdrantException, JSONDecodeError)
"""What the client raises."""
REASON_LENGTH = 200
GONE = N_(
    "The Qdrant server has no such index: it was replaced meanwhile, or "
    "KB_QDRANT_URL is not right. Try again."
)

P = ParamSpec("P")
T = TypeVar("T")


class Silence:
    """The time in which a server is not asked, because it has just not answered: whoever asks for
    a person is told at once instead of waiting in turn."""

    def __init__(self) -> None:
        self._access = threading.Lock()
        self._until = 0.0
        self._error: ServiceUnavailable | None = None

    def check(self) -> None:
        """Raises ServiceUnavailable during the silence."""
        with self._access:
            if self._error is not None and time.monotonic() < self._until:
                raise ServiceUnavailable(self._error.message.template, **self._error.message.params)

    def begin(self, error: ServiceUnavailable, waited_s: float) -> None:
        with self._access:
            self._error = error
            self._until = time.monotonic() + min(max(SILENCE_S, waited_s), LONGEST_SILENCE_S)

    def end(self) -> None:
        with self._access:
            self._error = None


_silences: dict[str, Silence] = {}
"""By the server's address, for all clients of this process."""


class Server:
    """A client for a Qdrant server, and how it is called. Does not connect yet."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.client = _connect(settings)
        self._silence = _silences.setdefault(settings.qdrant_url or "", Silence())

    def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of a method of the client, tried again for as long as this thread has
        patience. Where a person waits, it is not asked during a silence.

        Raises:
            ServiceUnavailable: the server does not answer, or is overloaded.
            IndexFails: it fails at this request.
            ServiceRefuses: it refuses the key.
            TransientError: it refuses this request.
        """
        if patience().for_person:
            self._silence.check()
        return self.call_in_silence(method, *args, **kwargs)

    def call_in_silence(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same as ``call``, but the server is asked during a silence too, to find out whether
        it answers again."""
        patient, started = patience(), time.monotonic()
        try:
            answer = _retrying(patient)(method, *args, **kwargs)
        except FAILURES as error:
            told = _explain(error)
            if patient.for_person and isinstance(told, ServiceUnavailable) and _passes(error):
                self._silence.begin(told, time.monotonic() - started)
            raise told from error
        self._silence.end()
        return answer

    def close(self) -> None:
        self.client.close()


def _connect(settings: Settings) -> QdrantClient:
    key = settings.qdrant_api_key
    with warnings.catch_warnings():
        # Within a network of its own a server is often asked without TLS.
        warnings.filterwarnings("ignore", "Api key is used with an insecure connection")
        return QdrantClient(
            url=settings.qdrant_url,
            api_key=key.get_secret_value() if key else None,
            timeout=settings.qdrant_timeout_s * WRITE_TIMES,
            check_compatibility=False,
            event_hooks={"request": [_shorten(settings.qdrant_timeout_s)]},
        )


def _shorten(seconds: int) -> Callable[[httpx.Request], None]:
    """A hook that limits the time for connections, that of requests about the collection, and that
    of questions for which a person waits."""

    def shorten(request: httpx.Request) -> None:
        limits = request.extensions["timeout"]
        limits["connect"] = CONNECT_S
        asked = patience().for_person and request.url.path.endswith(READING)
        if asked or request.method == "GET":
            limits["read"] = seconds

    return shorten


def _retrying(patient: Patience) -> Retrying:
    return Retrying(
        stop=stop_before_delay(patient.seconds) | stop_when_event_set(patient.stopping),
        wait=_wait,
        retry=retry_if_exception(_passes),
        sleep=sleep_using_event(patient.stopping),
        reraise=True,
    )


_backoff = wait_random_exponential(multiplier=FIRST_WAIT_S, min=FIRST_WAIT_S, max=LONGEST_WAIT_S)


def _wait(state: RetryCallState) -> float:
    """Seconds to the next try: those that the server asks for, else a random time that grows."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ResourceExhaustedResponse):
        return float(min(error.retry_after_s, A_YEAR_S))
    return _backoff(state)


def _passes(error: BaseException) -> bool:
    if isinstance(error, UnexpectedResponse):
        return error.status_code in PASSING
    if isinstance(error, ResponseHandlingException):
        return isinstance(error.source, httpx.TransportError)
    # for 429 with Retry-After: the bare class where that is a date, which the client cannot read
    return isinstance(error, QdrantException)


def _explain(error: Exception) -> KbError:
    """The failure of a call as an error with a message."""
    unreadable = isinstance(error, ResponseHandlingException) and not _passes(error)
    if unreadable or isinstance(error, JSONDecodeError):
        return ServiceRefuses(
            N_("What answers at KB_QDRANT_URL is no Qdrant server: check the address.")
        )
    status = error.status_code if isinstance(error, UnexpectedResponse) else None
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ServiceRefuses(N_("The Qdrant server refuses the key: check KB_QDRANT_API_KEY."))
    if status == HTTPStatus.NOT_FOUND:
        return IndexGone(GONE)
    if status is None or status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = ServiceUnavailable if _passes(error) else IndexFails
        return kind(
            N_(
                "The Qdrant server does not answer ({reason}): check that it runs and that "
                "KB_QDRANT_URL is right, then try again."
            ),
            reason=_reason(error),
        )
    return TransientError(
        N_("The Qdrant server refuses a request ({reason}): see its log."), reason=_reason(error)
    )


def _reason(error: Exception) -> str:
    if isinstance(error, UnexpectedResponse):
        said = error.content.decode("utf-8", "replace")
        return f"{error.status_code} {error.reason_phrase} {said}".strip()[:REASON_LENGTH]
    if isinstance(error, QdrantException):
        return f"429 {error}".strip()
    source = getattr(error, "source", error)
    return str(source).strip() or type(source).__name__
