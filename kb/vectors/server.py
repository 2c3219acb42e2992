"""An index on a Qdrant server, for several workers and machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import numpy as np
from qdrant_client import models

from kb.domain import FilterValues
from kb.messages import N_, ServiceRefuses
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
    IndexGone,
    Point,
    Quantization,
    Vector,
    batches,
    check_dimension,
)
from kb.vectors.conditions import PAYLOAD, changes, conditions, of_items, read_point
from kb.vectors.hybrid import Nearest, Scored, search
from kb.vectors.server_calls import GONE, Server
from kb.vectors.server_collections import (
    alias_of,
    create,
    find_collection,
    index_keys,
    require_version,
)
from kb.vectors.server_query import (
    server_filter,
    server_point,
    server_request,
)

UPSERT_BATCH = 256
"""Points per request."""

P = ParamSpec("P")
T = TypeVar("T")


class ServerIndex:
    """A ``VectorIndex`` behind an alias, so that the collection can be replaced on the server.

    ``server``: closed with the index. Raises ``ServiceUnavailable`` if the server does not answer,
    ``ServiceRefuses`` if it rejects the key or holds something else under this name.
    """

    def __init__(
        self,
        server: Server,
        name: str,
        dimension: int,
        quantization: Quantization = Quantization.NONE,
    ) -> None:
        self.name = name
        self.dimension = dimension
        self.gone = False
        self._server = server
        self._client = server.client
        self._alias = alias_of(server, name)
        consistency = server.settings.qdrant_read_consistency
        self._reading: dict[str, Any] = {
            "consistency": _consistency(consistency) if consistency else None
        }
        self._answering = self._reading | {"timeout": server.settings.qdrant_timeout_s}
        require_version(server)
        if find_collection(server, name) is None:
            create(server, name, dimension, quantization)
        self._require_dimension()

    def _require_dimension(self) -> None:
        try:
            params = self._server.call(self._client.get_collection, self._alias).config.params
        except IndexGone as error:
            raise ServiceRefuses(
                N_(
                    "The alias {name} on the Qdrant server leads to no collection: run `kb "
                    "reindex`, which builds another."
                ),
                name=self._alias,
            ) from error
        vectors: Any = params.vectors
        if not isinstance(vectors, dict) or DENSE not in vectors:
            raise ServiceRefuses(
                N_(
                    "The collection {name} on the Qdrant server was made by another program: "
                    "delete it there, then run `kb reindex`."
                ),
                name=self._alias,
            )
        check_dimension(self.dimension, self.name, expected=vectors[DENSE].size)

    def upsert(self, points: Iterable[Point]) -> None:
        for batch in batches(points, UPSERT_BATCH):
            for point in batch:
                check_dimension(point.dense.size, self.name, self.dimension)
            written = [server_point(point) for point in batch]
            self._call(self._client.upsert, self._alias, written, wait=True)

    def delete_items(self, item_ids: Iterable[str]) -> None:
        self._call(self._client.delete, self._alias, _of_items(item_ids), wait=True)

    def delete_points(self, ids: Iterable[str]) -> None:
        for batch in batches(ids, SCROLL_BATCH):
            self._call(self._client.delete, self._alias, list(batch), wait=True)

    def update_filters(self, filters: FilterValues) -> None:
        where = _of_items([filters.item_id])
        present, absent = changes(filters)
        self._call(self._client.set_payload, self._alias, present, points=where, wait=True)
        if absent:
            self._call(self._client.delete_payload, self._alias, absent, points=where, wait=True)

    def missing_keys(self) -> frozenset[str]:
        found = self._call(self._client.get_collection, self._alias).payload_schema
        return frozenset(PAYLOAD.keys() - found.keys())

    def add_keys(self, keys: Iterable[str]) -> None:
        index_keys(self._server, self._alias, keys)

    def search(self, query: HybridQuery) -> list[Hit]:
        return self.search_batch([query])[0]

    def search_batch(self, queries: Sequence[HybridQuery]) -> list[list[Hit]]:
        return search(self._query, queries)

    def facet(self, by: str, within: Filter) -> dict[str, int]:
        where = server_filter(conditions(within))
        answer = self._call(
            self._client.facet,
            self._alias,
            by,
            where,
            limit=MOST_VALUES,
            exact=True,
            **self._answering,
        )
        return {str(hit.value): hit.count for hit in answer.hits}

    def count(self, within: Filter = EVERYTHING) -> int:
        where = server_filter(conditions(within))
        timeout = self._answering["timeout"]  # the client counts without a level of consistency
        return self._call(self._client.count, self._alias, where, exact=True, timeout=timeout).count

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

    def _scroll(
        self, within: Filter, payload: list[str], vectors: list[str]
    ) -> Iterator[models.Record]:
        """All records with these parts of them."""
        where = server_filter(conditions(within))
        offset: Any = None
        while True:
            records, offset = self._call(
                self._client.scroll,
                self._alias,
                where,
                SCROLL_BATCH,
                offset=offset,
                with_payload=payload,
                with_vectors=vectors or False,
                **self._reading,
            )
            yield from records
            if offset is None:
                return

    def check(self) -> None:
        exists = self._client.collection_exists
        with self._noting_loss():
            if not self._server.call_in_silence(exists, self._alias):
                raise IndexGone(GONE)

    def flush(self) -> None:
        """No effect: the server confirms a write when its log is on disk."""

    def optimize(self) -> None:
        """No effect: the server optimises by itself."""

    def close(self) -> None:
        self._server.close()

    def _query(self, questions: Sequence[Nearest]) -> list[list[Scored]]:
        requests = [server_request(question) for question in questions]
        answers = self._call(
            self._client.query_batch_points, self._alias, requests, **self._answering
        )
        return [[(str(p.id), p.score) for p in answer.points] for answer in answers]

    def _call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._noting_loss():
            return self._server.call(method, *args, **kwargs)

    @contextmanager
    def _noting_loss(self) -> Iterator[None]:
        """Note when the collection is gone."""
        try:
            yield
        except IndexGone:
            self.gone = True
            raise


def _consistency(setting: str) -> models.ReadConsistency:
    return int(setting) if setting.isdecimal() else models.ReadConsistencyType(setting)


def _of_items(item_ids: Iterable[str]) -> models.Filter:
    return server_filter(of_items(item_ids))
