"""What any text of the base is like: how rare words are, how near its sentences are to a question.

Both are estimated from a sample, the passages with the smallest ids that the reader may see. Ids
are derived from content by a hash, so that the sample is random in what it says and the same on
every machine.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Visibility
from kb.embedding.late import INT8_SCALE
from kb.storage.db import Database
from kb.storage.kept import keep_until_change
from kb.storage.tables import Item, PassageRow
from kb.vectors.opening import Bm25, Vector

SAMPLED = 800
"""Passages of the sample."""
SENTENCES = 4000
"""Sentences of the sample that are compared with a question, at most."""


class _Passage(NamedTuple):
    terms: frozenset[int]
    vectors: bytes


@dataclass(frozen=True)
class Background:
    """``frequencies``: of each term of ``kb.vectors.sparse``, how many of the ``passages`` sampled
    have it. ``sentences``: prepared vectors, float32 of shape (sentences, dimension)."""

    passages: int
    frequencies: Mapping[int, int]
    sentences: NDArray[np.float32]

    def rarity(self, terms: Sequence[int]) -> float:
        """Inverse document frequency of the most frequent of the terms, as BM25 has it (Robertson
        and Spärck Jones 1976): near 0 for one in every passage."""
        found = max((self.frequencies.get(term, 0) for term in terms), default=0)
        return math.log(1 + (self.passages - found + 0.5) / (found + 0.5))

    def spread(self, question: Vector) -> tuple[float, float]:
        """Mean and standard deviation of the cosine of ``question``, shape (dimension,), and the
        sentences of the base; (0, 1) where there are too few to tell."""
        if len(self.sentences) < 2:
            return 0.0, 1.0
        mean, covariance = self._moments
        exact = question.astype(np.float64)
        variance = max(float(exact @ covariance @ exact), 0.0)
        return float(mean @ exact), max(math.sqrt(variance), 1e-3)

    @cached_property
    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean, shape (dimension,), and covariance of the sentences: those of a cosine follow from
        them without comparing the question with every sentence."""
        sentences = self.sentences.astype(np.float64)
        mean = sentences.mean(axis=0)
        centred = sentences - mean
        return mean, centred.T @ centred / len(sentences)


class _Sample:
    """The background of one database for readers of some visibilities, made anew when the sampled
    passages are others."""

    def __init__(self, visibilities: frozenset[Visibility]) -> None:
        self._visibilities = sorted(visibilities)
        self._lock = threading.Lock()
        self._ids = ""
        self._passages: dict[str, _Passage] = {}
        self._background = Background(0, {}, np.empty((0, 1), np.float32))

    def background(self, session: Session, bm25: Bm25, dimension: int) -> Background:
        given = {"visibilities": self._visibilities}
        ids: str = keep_until_change(
            session,
            (_Sample, *self._visibilities),
            lambda: session.connection().scalar(_IDS, given) or "",
        )
        with self._lock:
            if ids != self._ids:
                self._read(session, bm25, sorted(ids.split()))
                self._background = _estimate(list(self._passages.values()), dimension)
                self._ids = ids
            return self._background

    def _read(self, session: Session, bm25: Bm25, ids: Sequence[str]) -> None:
        missing = [id for id in ids if id not in self._passages]
        read = {
            id: _Passage(frozenset(bm25.passage(text, language).indices), vectors)
            for id, text, language, vectors in session.connection().execute(
                _CONTENTS, {"ids": missing}
            )
        }
        known = self._passages | read
        self._passages = {id: known[id] for id in ids if id in known}


_passage, _item = PassageRow.__table__.c, Item.__table__.c
_sampled = (
    select(_passage.id)
    .join(Item.__table__, _item.id == _passage.item_id)
    .where(_item.visibility.in_(bindparam("visibilities", expanding=True)))
    .order_by(_passage.id)
    .limit(SAMPLED)
    .subquery()
)
_IDS = select(func.aggregate_strings(_sampled.c.id, " "))
"""One row of them all, because it is read at each question."""
_CONTENTS = select(
    _passage.id, _passage.text, _passage.language, _passage.sentence_vectors
).where(_passage.id.in_(bindparam("ids", expanding=True)))  # fmt: skip

_samples: WeakKeyDictionary[Database, dict[frozenset[Visibility], _Sample]] = WeakKeyDictionary()
_making = threading.Lock()


def background_of(
    database: Database, session: Session, access: Access, bm25: Bm25, dimension: int
) -> Background:
    """The background of what ``access`` may see in ``database``, which ``session`` reads; kept
    between calls. What is hidden from a reader changes nothing in it."""
    visibilities = frozenset(access.visibilities)
    with _making:
        samples = _samples.setdefault(database, {})
        sample = samples.setdefault(visibilities, _Sample(visibilities))
    return sample.background(session, bm25, dimension)


def _estimate(passages: Sequence[_Passage], dimension: int) -> Background:
    frequencies = Counter(term for passage in passages for term in passage.terms)
    stored = np.frombuffer(b"".join(one.vectors for one in passages), np.int8)
    vectors = stored.reshape(-1, dimension)
    step = max(1, -(-len(vectors) // SENTENCES))
    sampled = vectors[::step].astype(np.float32) / np.float32(INT8_SCALE)
    return Background(len(passages), frequencies, sampled)
