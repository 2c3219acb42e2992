"""The protocol of vector indexes, and its value types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from kb.domain import FilterValues, Visibility
from kb.filters import Conditions
from kb.messages import N_, ConfigurationError, ServiceUnavailable

Vector = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True)
class SparseVector:
    """Term weights: ``values[i]`` belongs to the term with id ``indices[i]``."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """A passage in the index. ``id``: a UUID. ``dense``: float32, shape (dimension,).

    ``filters``: values of its item, with the passage's own language.
    """

    id: str
    dense: Vector
    sparse: SparseVector
    filters: FilterValues


class Quantization(StrEnum):
    """Compression of the vectors for the first pass of a graph search."""

    NONE = "none"
    INT8 = "int8"
    BINARY = "binary"


DENSE, SPARSE = "dense", "bm25"
"""Names of a point's two vectors."""
HNSW_EF = 256
"""Least number of points that the search graph examines."""
OVERSAMPLING = 4.0
"""Candidates, as a multiple of the results wanted, that are compared again with exact vectors."""
SCROLL_BATCH = 1000
"""Points read or deleted per call."""
MOST_VALUES = 1_000_000
"""Values of a field that are counted; larger than any number of values, so that all are."""


ITEM_ID, VISIBILITY = "item_id", "visibility"
"""Keys of the payload beside those of ``kb.filters.FILTERS``."""


@dataclass(frozen=True)
class Filter:
    """Which points may be found. All conditions must hold.

    ``None``: no condition. An empty set matches nothing, so that a caller without rights finds
    nothing. A point without a value meets no condition on it. ``visibility`` has no default, so
    that every search states it.
    """

    visibility: frozenset[Visibility] | None
    conditions: Conditions = field(default_factory=dict)
    item_ids: frozenset[str] | None = None


EVERYTHING = Filter(visibility=None)
"""For maintenance only, because it ignores access rights."""


@dataclass(frozen=True)
class Arm:
    """A source of candidates: nearest dense vectors (cosine), or BM25 over terms.

    Limited to passages in ``languages``, or in none of ``except_languages``.
    """

    vector: Vector | SparseVector
    weight: float = 1.0
    languages: frozenset[str] | None = None
    except_languages: frozenset[str] = frozenset()

    @property
    def sparse(self) -> bool:
        return isinstance(self.vector, SparseVector)

    @property
    def empty(self) -> bool:
        """Whether nothing can be near: a vector without terms, or of zeros only."""
        if isinstance(self.vector, SparseVector):
            return not self.vector.indices
        return not self.vector.any()


@dataclass(frozen=True)
class HybridQuery:
    """Candidates from every arm, at most ``depth`` each, fused into the best ``limit``.

    A candidate's score is the sum over arms of weight × score, also for arms that did not find it
    themselves. Dense arms score by cosine; sparse arms by BM25 ``s``, or by ``s / (s +
    saturation)`` (0 to 1) if ``saturation`` is above zero.
    """

    arms: tuple[Arm, ...]
    filter: Filter
    limit: int = 10
    depth: int = 100
    saturation: float = 0.0


class Hit(NamedTuple):
    """A point found. Hits are ordered best first, equal ones by id.

    ``scores``: unweighted score from each arm, ``None`` if the arm did not find it. Text and
    metadata are in SQL.
    """

    id: str
    score: float
    scores: tuple[float | None, ...]


class IndexFails(ServiceUnavailable):
    """The server fails at this request; others it may answer."""


class IndexGone(ServiceUnavailable):
    """The server has no index of this name: it was replaced, or deleted."""


class VectorIndex(Protocol):
    """The points of one embedding model. Thread-safe.

    Every method may raise ``ServiceUnavailable`` if the index does not answer.
    """

    name: str
    dimension: int
    gone: bool
    """Whether a call has found that the index exists no more: open it again."""

    def check(self) -> None:
        """Return if the index answers."""

    def upsert(self, points: Iterable[Point]) -> None:
        """Add points, or replace those with the same ids. They are searchable at once."""

    def delete_items(self, item_ids: Iterable[str]) -> None:
        """Delete all points of these items."""

    def delete_points(self, ids: Iterable[str]) -> None:
        """Delete these points; unknown ids are ignored."""

    def update_filters(self, filters: FilterValues) -> None:
        """Replace the filter values of all points of an item, except those of single passages."""

    def missing_keys(self) -> frozenset[str]:
        """Keys of the payload that an index of an older version cannot be filtered by."""

    def add_keys(self, keys: Iterable[str]) -> None:
        """Make it possible to filter by these keys."""

    def search(self, query: HybridQuery) -> list[Hit]:
        """The best hits of a query."""

    def search_batch(self, queries: Sequence[HybridQuery]) -> list[list[Hit]]:
        """The best hits of each query, in order."""

    def facet(self, by: str, within: Filter) -> dict[str, int]:
        """Number of points with each value of the payload key ``by``, most frequent first."""

    def count(self, within: Filter = EVERYTHING) -> int:
        """The exact number of points."""

    def ids(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, str]]:
        """Point id and item id of every point, in any order."""

    def vectors(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, Vector]]:
        """Item id and dense vector, of shape (dimension,), of every point, in any order."""

    def points(self, within: Filter = EVERYTHING) -> Iterator[Point]:
        """Every point as it is stored, in any order: the dense vector is normalised."""

    def flush(self) -> None:
        """Return when all writes are on disk."""

    def optimize(self) -> None:
        """Build the search graph, which speeds up searches from about 10,000 points.

        Takes minutes, during which writes wait, and as much disk space as the index.
        """

    def close(self) -> None:
        """Flush and close. Only ``close`` may be called afterwards."""


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of ``size``; the last one may be shorter."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def check_dimension(found: int, name: str, expected: int) -> None:
    """Raise ``ConfigurationError`` if vectors and index have different dimensions."""
    if found != expected:
        raise ConfigurationError(
            N_(
                "The search index {name} is made for vectors of {expected} numbers, these have "
                "{found}: the embedding model has changed, so run kb reindex."
            ),
            name=name,
            expected=expected,
            found=found,
        )
