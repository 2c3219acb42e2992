"""Vectors of short texts, made when a question needs them and kept in memory by what they are made
from: nothing is stored, so that nothing can differ from SQL."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import structlog
from numpy.typing import NDArray

from kb.embedding.service.errors import RefusedText
from kb.messages import KbError
from kb.runtime.services import Services

log = structlog.get_logger()

MOST_KEPT = 2000
"""Texts whose vectors are kept in memory; more if one question has more."""
SERVICE_WAIT_S = 1.0
"""Longest time for which a question waits for vectors that a service makes."""


class SubjectPart(NamedTuple):
    text: str
    language: str


@dataclass(frozen=True)
class SubjectText:
    """A text with a vector for each of its parts. ``kind`` and ``id`` say what it is of."""

    kind: str
    id: str
    parts: tuple[SubjectPart, ...]


Rows = NDArray[np.float32]
"""Prepared vectors of the parts, shape (parts, dimension)."""
_Key = tuple[str, str, str]
"""Model, kind, and SHA-256 of the parts: what is erased elsewhere does not stay here as text."""


class SubjectVectors:
    """The vectors of one base. Thread-safe; only who makes vectors waits for others who do."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Rows] = OrderedDict()
        """Least recently used first; without rows for a text that the service does not take."""
        self._access = threading.Lock()
        self._making = threading.Lock()

    def find(
        self, services: Services, texts: Sequence[SubjectText], most: int
    ) -> dict[SubjectText, Rows]:
        """Vectors of those texts that have some.

        ``most``: texts whose vectors are made now, first ones first. Where a service makes them,
        those that are not there after ``SERVICE_WAIT_S`` seconds are found by later questions.
        """
        keys = {text: _key(services.model.fingerprint, text) for text in texts}
        missing = dict(islice(self._missing(keys), most))
        if missing and services.settings.embedding_url:
            self._make_aside(services, missing)
        elif missing:
            with self._making:
                self._make(services, missing)
        return self._use(keys)

    def _missing(self, keys: Mapping[SubjectText, _Key]) -> Iterable[tuple[SubjectText, _Key]]:
        with self._access:
            return [(text, key) for text, key in keys.items() if key not in self._kept]

    def _make_aside(self, services: Services, missing: Mapping[SubjectText, _Key]) -> None:
        """In a thread of its own, unless one is at it: the service may be slow, and the results do
        not need these texts."""
        if not self._making.acquire(blocking=False):
            return
        made = threading.Event()

        def make() -> None:
            try:
                self._make(services, missing)
            except KbError as error:
                log.info("no vectors of subjects", reason=str(error.message))
            finally:
                self._making.release()
                made.set()

        threading.Thread(target=make, name="subjects", daemon=True).start()
        made.wait(SERVICE_WAIT_S)

    def _make(self, services: Services, missing: Mapping[SubjectText, _Key]) -> None:
        """Make what nobody has made meanwhile. Raises what the embedder raises."""
        for text, key in self._missing(missing):
            rows = _embed(services, text)
            with self._access:
                self._kept[key] = rows

    def _use(self, keys: Mapping[SubjectText, _Key]) -> dict[SubjectText, Rows]:
        with self._access:
            found = {text: self._kept[key] for text, key in keys.items() if key in self._kept}
            for text in found:
                self._kept.move_to_end(keys[text])
            while len(self._kept) > max(MOST_KEPT, 2 * len(keys)):
                self._kept.popitem(last=False)
        return {text: rows for text, rows in found.items() if rows.size}


def _embed(services: Services, text: SubjectText) -> Rows:
    """No rows if the service takes others but not this text."""
    try:
        vectors = services.embedder.embed_passages([part.text for part in text.parts])
    except RefusedText as error:
        log.warning(
            "no vectors of a subject", kind=text.kind, id=text.id, reason=str(error.message)
        )
        return np.empty((0, services.embedder.dimension), np.float32)
    return services.preparation.passages(vectors, [part.language for part in text.parts])


def _key(model: str, text: SubjectText) -> _Key:
    return model, text.kind, hashlib.sha256(repr(text.parts).encode()).hexdigest()
