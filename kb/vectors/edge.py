"""The embedded index: a Qdrant Edge shard in a folder, owned by one process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from kb.domain import FilterValues
from kb.messages import N_, TransientError
from kb.vectors.base import (
    DENSE,
    EVERYTHING,
    ITEM_ID,
    MOST_VALUES,
    SCROLL_BATCH,
    SPARSE,
    Filter,
    Hit,
    HybridQuery,
    Point,
    Quantization,
    Vector,
    batches,
    check_dimension,
)
from kb.vectors.conditions import PAYLOAD, changes, conditions, of_items, read_point
from kb.vectors.edge_query import edge_filter, edge_point, edge_request
from kb.vectors.hybrid import Nearest, Scored, search
from kb.vectors.optimize import optimize_apart
from kb.vectors.shard import SCHEMA, ShardFolder

UPSERT_BATCH = 256
"""Points per call, because Edge holds the GIL during a call."""


class EdgeIndex:
    """A ``VectorIndex`` in this process.

    ``reserve``: bytes that an optimisation leaves free on the disk. Raises ``ConfigurationError``
    if another process has the folder open.
    """

    def __init__(
        self,
        folder: Path,
        dimension: int,
        quantization: Quantization,
        reserve: int,
    ) -> None:
        self.name = folder.name
        self.gone = False
        self.dimension = dimension
        self._reserve = reserve
        self._folder = ShardFolder(folder, quantization)
        self._access = threading.RLock()
        self._writing = threading.RLock()
        self._shard: edge.EdgeShard | None = None
        try:
            with _convert_errors():
                self._shard = self._folder.open(dimension)
        except BaseException:
            self._folder.release()
            raise

    def upsert(self, points: Iterable[Point]) -> None:
        for batch in batches(points, UPSERT_BATCH):
            for point in batch:
                check_dimension(point.dense.size, self.name, self.dimension)
            self._update(edge.UpdateOperation.upsert_points([edge_point(p) for p in batch]))

    def delete_items(self, item_ids: Iterable[str]) -> None:
        self._update(edge.UpdateOperation.delete_points_by_filter(_of_items(item_ids)))

    def delete_points(self, ids: Iterable[str]) -> None:
        for batch in batches(ids, SCROLL_BATCH):
            self._update(edge.UpdateOperation.delete_points(list(batch)))

    def update_filters(self, filters: FilterValues) -> None:
        where = _of_items([filters.item_id])
        present, absent = changes(filters)
        self._update(edge.UpdateOperation.set_payload_by_filter(where, present))
        if absent:
            self._update(edge.UpdateOperation.delete_payload_by_filter(where, absent))

    def missing_keys(self) -> frozenset[str]:
        with self._open() as shard:
            return frozenset(SCHEMA.keys() - shard.info().payload_schema.keys())

    def add_keys(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._update(edge.UpdateOperation.create_field_index(key, SCHEMA[key]))
        self.flush()

    def search(self, query: HybridQuery) -> list[Hit]:
        return self.search_batch([query])[0]

    def search_batch(self, queries: Sequence[HybridQuery]) -> list[list[Hit]]:
        return search(self._query, queries)

    def facet(self, by: str, within: Filter) -> dict[str, int]:
        request = edge.FacetRequest(
            by, limit=MOST_VALUES, exact=True, filter=edge_filter(conditions(within))
        )
        with self._open() as shard:
            return {str(hit.value): hit.count for hit in shard.facet(request).hits}

    def count(self, within: Filter = EVERYTHING) -> int:
        request = edge.CountRequest(exact=True, filter=edge_filter(conditions(within)))
        with self._open() as shard:
            return shard.count(request)

    def ids(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, str]]:
        for record in self._scroll(within, [ITEM_ID], []):
            yield str(record.id), (record.payload or {}).get(ITEM_ID, "")

    def vectors(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, Vector]]:
        for record in self._scroll(within, [ITEM_ID], [DENSE]):
            stored: Any = record.vector
            yield (record.payload or {}).get(ITEM_ID, ""), np.array(stored[DENSE], np.float32)

    def points(self, within: Filter = EVERYTHING) -> Iterator[Point]:
        for record in self._scroll(within, list(PAYLOAD), [DENSE, SPARSE]):
            yield read_point(record)

    def check(self) -> None:
        """No effect: the index is in this process."""

    def flush(self) -> None:
        with self._open() as shard:
            shard.flush()

    def optimize(self) -> None:
        """Searches continue except during the exchange of the shard; writes wait until the end."""
        with self._writing:
            self.flush()
            with _convert_errors(), self._folder.copied(self._reserve):
                optimize_apart(self._folder.new)
                with self._open() as shard:
                    shard.close()
                    self._shard = None
                    try:
                        self._folder.exchange()
                    finally:
                        self._shard = self._folder.open(self.dimension)

    def close(self) -> None:
        with self._writing, self._access:
            if self._shard is not None:
                self._shard.flush()
                self._shard.close()
                self._shard = None
            self._folder.release()

    def _scroll(
        self, within: Filter, payload: list[str], vectors: list[str]
    ) -> Iterator[edge.Record]:
        """All records with these parts of them."""
        where = edge_filter(conditions(within))
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset,
                limit=SCROLL_BATCH,
                filter=where,
                with_payload=payload,
                with_vector=vectors or False,
            )
            with self._open() as shard:
                records, offset = shard.scroll(request)
            yield from records
            if offset is None:
                return

    def _query(self, questions: Sequence[Nearest]) -> list[list[Scored]]:
        requests = [edge_request(question) for question in questions]
        with self._open() as shard:
            answers = shard.query_batch(edge.QueryBatchRequest(requests))
        return [[(str(point.id), point.score) for point in answer] for answer in answers]

    def _update(self, operation: edge.UpdateOperation) -> None:
        with self._writing, self._open() as shard:
            shard.update(operation)

    @contextmanager
    def _open(self) -> Iterator[edge.EdgeShard]:
        """The shard for one call. Calls run one at a time, because Edge holds the GIL anyway."""
        with self._access, _convert_errors():
            if self._shard is None:
                raise TransientError(N_("The search index is closed: start the program again."))
            yield self._shard


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Convert errors of disk and Edge (bare ``Exception``) to errors with messages."""
    try:
        yield
    except Exception as error:
        edge_says = str(error).startswith(("Service runtime error", "Out of memory"))
        if not edge_says and not isinstance(error, OSError):
            raise
        raise TransientError(
            N_(
                "The search index could not be read or written ({reason}): check the free disk "
                "space and memory, then try again."
            ),
            reason=str(error),
        ) from error


def _of_items(item_ids: Iterable[str]) -> edge.Filter:
    return edge_filter(of_items(item_ids))
