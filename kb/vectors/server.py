"""An index on a Qdrant server, for several workers and machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from kb.domain import FilterValues
from kb.messages import N_, ConfigurationError, TransientError
from kb.settings import APP_NAME, Settings
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
from kb.vectors.conditions import PAYLOAD, changes, conditions, of_items
from kb.vectors.hybrid import Nearest, Scored, search
from kb.vectors.server_query import (
    server_filter,
    server_point,
    server_quantization,
    server_request,
)

TIMEOUT_S = 30
"""Seconds for a request to the server."""
UPSERT_BATCH = 256
"""Points per request."""
PREFIX = f"{APP_NAME}."
"""Prefix of every alias and collection, so that a server can be shared with other programs."""


class ServerIndex:
    """A ``VectorIndex`` behind an alias, so that the collection can be replaced on the server.

    One shard, because BM25 computes IDF per shard. Raises ``TransientError`` if the server does not
    answer, ``ConfigurationError`` if it rejects the key.
    """

    def __init__(
        self,
        client: QdrantClient,
        name: str,
        dimension: int,
        quantization: Quantization = Quantization.NONE,
        replication_factor: int = 1,
        write_consistency: int = 1,
    ) -> None:
        self.name = name
        self.dimension = dimension
        self._client = client
        self._alias = PREFIX + name
        with _convert_errors():
            if not client.collection_exists(self._alias):
                self._create(quantization, replication_factor, write_consistency)
            params = client.get_collection(self._alias).config.params
        vectors: Any = params.vectors
        check_dimension(dimension, name, expected=vectors[DENSE].size)

    def upsert(self, points: Iterable[Point]) -> None:
        for batch in batches(points, UPSERT_BATCH):
            for point in batch:
                check_dimension(point.dense.size, self.name, self.dimension)
            with _convert_errors():
                self._client.upsert(self._alias, [server_point(p) for p in batch], wait=True)

    def delete_items(self, item_ids: Iterable[str]) -> None:
        with _convert_errors():
            self._client.delete(self._alias, _of_items(item_ids), wait=True)

    def delete_points(self, ids: Iterable[str]) -> None:
        for batch in batches(ids, SCROLL_BATCH):
            with _convert_errors():
                self._client.delete(self._alias, list(batch), wait=True)

    def update_filters(self, filters: FilterValues) -> None:
        where = _of_items([filters.item_id])
        present, absent = changes(filters)
        with _convert_errors():
            self._client.set_payload(self._alias, present, points=where, wait=True)
            if absent:
                self._client.delete_payload(self._alias, absent, points=where, wait=True)

    def missing_keys(self) -> frozenset[str]:
        with _convert_errors():
            found = self._client.get_collection(self._alias).payload_schema
        return frozenset(PAYLOAD.keys() - found.keys())

    def add_keys(self, keys: Iterable[str]) -> None:
        with _convert_errors():
            self._index_keys(self._alias, keys)

    def search(self, query: HybridQuery) -> list[Hit]:
        return self.search_batch([query])[0]

    def search_batch(self, queries: Sequence[HybridQuery]) -> list[list[Hit]]:
        return search(self._query, queries)

    def facet(self, by: str, within: Filter) -> dict[str, int]:
        where = server_filter(conditions(within))
        with _convert_errors():
            answer = self._client.facet(self._alias, by, where, limit=MOST_VALUES, exact=True)
        return {str(hit.value): hit.count for hit in answer.hits}

    def count(self, within: Filter = EVERYTHING) -> int:
        with _convert_errors():
            where = server_filter(conditions(within))
            return self._client.count(self._alias, where, exact=True).count

    def ids(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, str]]:
        where = server_filter(conditions(within))
        offset: Any = None
        while True:
            with _convert_errors():
                records, offset = self._client.scroll(
                    self._alias, where, SCROLL_BATCH, offset=offset, with_payload=[ITEM_ID]
                )
            for record in records:
                yield str(record.id), (record.payload or {}).get(ITEM_ID, "")
            if offset is None:
                return

    def vectors(self, within: Filter = EVERYTHING) -> Iterator[tuple[str, Vector]]:
        where = server_filter(conditions(within))
        offset: Any = None
        while True:
            with _convert_errors():
                records, offset = self._client.scroll(
                    self._alias,
                    where,
                    SCROLL_BATCH,
                    offset=offset,
                    with_payload=[ITEM_ID],
                    with_vectors=[DENSE],
                )
            for record in records:
                stored: Any = record.vector
                yield (record.payload or {}).get(ITEM_ID, ""), np.array(stored[DENSE], np.float32)
            if offset is None:
                return

    def flush(self) -> None:
        """No effect: the server confirms a write when its log is on disk."""

    def optimize(self) -> None:
        """No effect: the server optimises by itself."""

    def close(self) -> None:
        self._client.close()

    def _query(self, questions: Sequence[Nearest]) -> list[list[Scored]]:
        requests = [server_request(question) for question in questions]
        with _convert_errors():
            answers = self._client.query_batch_points(self._alias, requests)
        return [[(str(p.id), p.score) for p in answer.points] for answer in answers]

    def _create(
        self, quantization: Quantization, replication_factor: int, write_consistency: int
    ) -> None:
        collection = f"{self._alias}.1"
        with _ignore_existing():
            self._client.create_collection(
                collection,
                vectors_config={
                    DENSE: models.VectorParams(
                        size=self.dimension,
                        distance=models.Distance.COSINE,
                        quantization_config=server_quantization(quantization),
                    )
                },
                sparse_vectors_config={
                    SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)
                },
                shard_number=1,
                replication_factor=replication_factor,
                write_consistency_factor=write_consistency,
            )
        self._index_keys(collection, PAYLOAD)
        alias = models.CreateAlias(collection_name=collection, alias_name=self._alias)
        self._client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])

    def _index_keys(self, collection: str, keys: Iterable[str]) -> None:
        for key in keys:
            schema = (
                models.PayloadSchemaType.INTEGER
                if PAYLOAD[key]
                else models.PayloadSchemaType.KEYWORD
            )
            self._client.create_payload_index(collection, key, schema, wait=True)


def connect(settings: Settings) -> QdrantClient:
    """A client for the configured server. Does not connect yet."""
    key = settings.qdrant_api_key
    return QdrantClient(
        url=settings.qdrant_url,
        api_key=key.get_secret_value() if key else None,
        timeout=TIMEOUT_S,
        check_compatibility=False,
    )


def server_indexes(client: QdrantClient) -> dict[str, str]:
    """Collection name by index name."""
    with _convert_errors():
        aliases = client.get_aliases().aliases
    return {
        alias.alias_name.removeprefix(PREFIX): alias.collection_name
        for alias in aliases
        if alias.alias_name.startswith(PREFIX)
    }


def drop_collection(client: QdrantClient, name: str) -> None:
    """Delete the index ``name`` and its alias, if they exist."""
    collection = server_indexes(client).get(name)
    if collection:
        with _convert_errors():
            client.delete_collection(collection)


@contextmanager
def _ignore_existing() -> Iterator[None]:
    """Ignore that another worker has created the same collection in the meantime."""
    try:
        yield
    except UnexpectedResponse as error:
        if error.status_code != HTTPStatus.CONFLICT:
            raise


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Convert exceptions of the client to errors with messages."""
    try:
        yield
    except (ResponseHandlingException, ResourceExhaustedResponse) as error:
        raise _unreachable(error) from error
    except UnexpectedResponse as error:
        status = error.status_code or 0
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise ConfigurationError(
                N_("The Qdrant server refuses the key: check KB_QDRANT_API_KEY.")
            ) from error
        if status == HTTPStatus.NOT_FOUND:
            raise TransientError(
                N_(
                    "The Qdrant server has no such index: it was replaced meanwhile, or "
                    "KB_QDRANT_URL is not right. Try again."
                )
            ) from error
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _unreachable(error) from error
        raise


def _unreachable(error: Exception) -> TransientError:
    return TransientError(
        N_(
            "The Qdrant server does not answer ({reason}): check that it runs and that "
            "KB_QDRANT_URL is right, then try again."
        ),
        reason=str(error).strip(),
    )


def _of_items(item_ids: Iterable[str]) -> models.Filter:
    return server_filter(of_items(item_ids))
