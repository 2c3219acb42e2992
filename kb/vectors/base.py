"""What a vector index is to the rest of the program: its values and its protocol."""

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
from kb.messages import N_, ConfigurationError

Vector = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True)
class SparseVector:
    """Weights of terms: ``values[i]`` belongs to the term whose id is ``indices[i]``."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """A passage as the index knows it. ``id`` is a UUID; ``dense`` has the index's dimension.

    ``filters`` are those of its item, except the language, which is the passage's own.
    """

    id: str
    dense: Vector
    sparse: SparseVector
    filters: FilterValues


class Quantization(StrEnum):
    """How vectors are stored a second time, small, for the first pass of a search by its graph."""

    NONE = "none"
    INT8 = "int8"
    BINARY = "binary"


DENSE, SPARSE = "dense", "bm25"
"""Names of a point's two vectors."""
HNSW_EF = 256
"""Points that the search graph looks at, at least."""
OVERSAMPLING = 4.0
"""How many times more candidates than wanted are compared again with their exact vectors."""
SCROLL_BATCH = 1000
"""Points read or deleted at once."""
MOST_VALUES = 1_000_000
"""Values of a field that are counted: all of them."""


ITEM_ID, VISIBILITY = "item_id", "visibility"
"""Keys of the payload beside those of ``kb.filters.FILTERS``."""


@dataclass(frozen=True)
class Filter:
    """Which points may be found. All conditions must hold.

    ``None`` asks for nothing; an empty set admits nothing, so that a caller without any right finds
    nothing. A point without a value meets no condition on it. ``visibility`` has no default: every
    search says for whom.
    """

    visibility: frozenset[Visibility] | None
    conditions: Conditions = field(default_factory=dict)
    item_ids: frozenset[str] | None = None


EVERYTHING = Filter(visibility=None)
"""For maintenance only: no reader stands behind it."""


@dataclass(frozen=True)
class Arm:
    """One way of finding candidates: the nearest dense vectors (cosine), or BM25 over terms.

    A language condition confines the arm to the passages in ``languages``, or to those in none
    of ``except_languages``.
    """

    vector: Vector | SparseVector
    weight: float = 1.0
    languages: frozenset[str] | None = None
    except_languages: frozenset[str] = frozenset()

    @property
    def sparse(self) -> bool:
        return isinstance(self.vector, SparseVector)


@dataclass(frozen=True)
class HybridQuery:
    """Candidates from every arm, at most ``depth`` from each, fused into the ``limit`` best.

    A candidate's score is the sum over arms of weight × score, whichever arm found it. Dense arms
    score by cosine; sparse arms by BM25 ``s``, or by ``s / (s + saturation)`` (0 to 1) when
    ``saturation`` is above zero.
    """

    arms: tuple[Arm, ...]
    filter: Filter
    limit: int = 10
    depth: int = 100
    saturation: float = 0.0


class Hit(NamedTuple):
    """A point that was found; hits come best first, equal ones by id.

    ``scores`` has the unweighted score from each arm, ``None`` where the arm did not find it.
    What the passage is and says, SQL knows.
    """

    id: str
    score: float
    scores: tuple[float | None, ...]


class VectorIndex(Protocol):
    """The points of one embedding model. Safe to share between threads.

    Every method may raise ``TransientError`` when the index cannot answer at the moment.
    """

    name: str
    dimension: int

    def upsert(self, points: Iterable[Point]) -> None:
        """Add the points, or replace those with the same ids. They can be found at once."""

    def delete_items(self, item_ids: Iterable[str]) -> None:
        """Remove every point of these items."""

    def delete_points(self, ids: Iterable[str]) -> None:
        """Remove these points; unknown ids are ignored."""

    def update_filters(self, filters: FilterValues) -> None:
        """Replace the filter values of all points of an item, except those of the passages."""

    def search(self, query: HybridQuery) -> list[Hit]:
        """The best hits of one query."""

    def search_batch(self, queries: Sequence[HybridQuery]) -> list[list[Hit]]:
        """The best hits of each query, in the order of the queries."""

    def facet(self, by: str, within: Filter) -> dict[str, int]:
        """How many points have each value of the payload key ``by``, most frequent first."""

    def count(self, within: Filter = EVERYTHING) -> int:
        """Exactly how many points there are."""

    def ids(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, str]]:
        """Point id and item id of every point, in no promised order."""

    def flush(self) -> None:
        """Return when everything written is on disk."""

    def optimize(self) -> None:
        """Build the search graph: searches are faster from some 10,000 points on.

        Takes minutes, during which writes wait, and as much disk space as the index has.
        """

    def close(self) -> None:
        """Flush and let go. Nothing else may be called afterwards, except ``close`` again."""


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of ``size``, the last one shorter."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def check_dimension(found: int, name: str, expected: int) -> None:
    """Raise ``ConfigurationError`` when vectors and index belong to different models."""
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
