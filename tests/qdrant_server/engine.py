"""What a Qdrant server does, by the client's local mode: collections, aliases, points, queries.

Beside local mode it keeps what that leaves out: how a collection was made, payload indexes,
snapshots, and a server's refusals (facets without an index, strict mode, limits below 1).
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from qdrant_client import QdrantClient, models


class Refused(Exception):
    """What a server refuses. ``status``: that of its answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Engine:
    """``run`` performs an operation of the API description by its name. Thread-safe."""

    def __init__(self) -> None:
        self._client = QdrantClient(":memory:")
        self._made: dict[str, models.CreateCollection] = {}
        self._indexes: dict[str, dict[str, Any]] = {}
        self._snapshots: dict[str, list[models.SnapshotDescription]] = {}
        self._access = threading.Lock()
        self._operation = 0

    def run(self, name: str, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        """The ``result`` of the answer.

        Raises:
            Refused: a server would refuse it.
            NotImplementedError: this stub does not perform it.
        """
        perform = getattr(self, f"_{name}", None)
        if perform is None:
            raise NotImplementedError(name)
        if query.get("timeout", 1) < 1:
            raise Refused(422, "timeout: value 0 invalid, must be 1 or larger")
        with self._access, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return perform(**path) if body is None else perform(body, **path)
            except ValueError as error:
                missing = "not found" in str(error) or "does not exist" in str(error)
                raise Refused(404 if missing else 400, str(error)) from error

    # Collections

    def _get_collections(self) -> Any:
        return self._client.get_collections()

    def _collection_exists(self, collection_name: str) -> Any:
        return {"exists": self._find(collection_name) in self._made}

    def _create_collection(self, body: models.CreateCollection, collection_name: str) -> bool:
        if collection_name in self._made:
            raise Refused(409, f"Wrong input: Collection `{collection_name}` already exists!")
        for field in ("shard_number", "replication_factor", "write_consistency_factor"):
            if (getattr(body, field) or 1) < 1:
                raise Refused(422, f"{field}: value 0 invalid, must be 1 or larger")
        self._client.create_collection(
            collection_name, body.vectors, sparse_vectors_config=body.sparse_vectors
        )
        self._made[collection_name] = body
        self._indexes[collection_name] = {}
        return True

    def _update_collection(self, body: models.UpdateCollection, collection_name: str) -> bool:
        name = self._require(collection_name)
        made, params = self._made[name], body.params
        changed: dict[str, Any] = {"strict_mode_config": body.strict_mode_config}
        if params is not None:
            changed |= params.model_dump(include={"replication_factor", "write_consistency_factor"})
        known = {key: value for key, value in changed.items() if value is not None}
        self._made[name] = made.model_copy(update=known)
        return True

    def _get_collection(self, collection_name: str) -> Any:
        name = self._require(collection_name)
        made = self._made[name]
        info = self._client.get_collection(name)
        params = info.config.params
        for field in ("shard_number", "replication_factor", "write_consistency_factor"):
            setattr(params, field, getattr(made, field) or 1)
        described = info.model_dump(mode="json", exclude_none=True)
        described["payload_schema"] = {
            key: {"data_type": schema, "points": 0} for key, schema in self._indexes[name].items()
        }
        if made.strict_mode_config:
            strict = made.strict_mode_config.model_dump(mode="json", exclude_none=True)
            described["config"]["strict_mode_config"] = strict
        return described

    def _delete_collection(self, collection_name: str) -> bool:
        if collection_name not in self._made:
            return False
        self._client.delete_collection(collection_name)
        del self._made[collection_name], self._indexes[collection_name]
        return True

    def _update_aliases(self, body: models.ChangeAliasesOperation) -> bool:
        return bool(self._client.update_collection_aliases(body.actions))

    def _get_collections_aliases(self) -> Any:
        return self._client.get_aliases()

    def _get_collection_aliases(self, collection_name: str) -> Any:
        return self._client.get_collection_aliases(self._require(collection_name))

    # Payload indexes

    def _create_field_index(self, body: models.CreateFieldIndex, collection_name: str) -> Any:
        schema = body.field_schema
        kind = schema if isinstance(schema, models.PayloadSchemaType) else schema.type
        self._indexes[self._require(collection_name)][body.field_name] = kind.value
        return self._updated()

    def _delete_field_index(self, collection_name: str, field_name: str) -> Any:
        self._indexes[self._require(collection_name)].pop(field_name, None)
        return self._updated()

    # Points

    def _upsert_points(self, body: Any, collection_name: str) -> Any:
        points = body.batch if isinstance(body, models.PointsBatch) else body.points
        self._client.upsert(collection_name, points)
        return self._updated()

    def _delete_points(self, body: Any, collection_name: str) -> Any:
        self._check_filter(collection_name, getattr(body, "filter", None), update=True)
        self._client.delete(collection_name, body)
        return self._updated()

    def _set_payload(self, body: models.SetPayload, collection_name: str) -> Any:
        self._check_filter(collection_name, body.filter, update=True)
        where = body.points or body.filter
        self._client.set_payload(collection_name, body.payload, where, key=body.key)
        return self._updated()

    def _delete_payload(self, body: models.DeletePayload, collection_name: str) -> Any:
        self._check_filter(collection_name, body.filter, update=True)
        self._client.delete_payload(collection_name, body.keys, body.points or body.filter)
        return self._updated()

    def _batch_update(self, body: models.UpdateOperations, collection_name: str) -> Any:
        self._client.batch_update_points(collection_name, body.operations)
        return [self._updated() for _ in body.operations]

    def _get_points(self, body: models.PointRequest, collection_name: str) -> Any:
        with_payload = True if body.with_payload is None else body.with_payload
        return self._client.retrieve(
            collection_name, body.ids, with_payload, body.with_vector or False
        )

    def _count_points(self, body: models.CountRequest, collection_name: str) -> Any:
        self._check_filter(collection_name, body.filter)
        return self._client.count(collection_name, body.filter, exact=body.exact is not False)

    def _facet(self, body: models.FacetRequest, collection_name: str) -> Any:
        self._check_filter(collection_name, body.filter)
        if body.key not in self._indexes[self._require(collection_name)]:
            raise Refused(400, f"Index required but not found for `{body.key}`")
        limit = 10 if body.limit is None else body.limit
        return self._client.facet(
            collection_name, body.key, body.filter, limit=limit, exact=bool(body.exact)
        )

    def _scroll_points(self, body: models.ScrollRequest, collection_name: str) -> Any:
        self._check_filter(collection_name, body.filter)
        points, following = self._client.scroll(
            collection_name,
            body.filter,
            limit=10 if body.limit is None else body.limit,
            order_by=body.order_by,
            offset=body.offset,
            with_payload=True if body.with_payload is None else body.with_payload,
            with_vectors=body.with_vector or False,
        )
        return {"points": points, "next_page_offset": following}

    def _query_points(self, body: models.QueryRequest, collection_name: str) -> Any:
        batch = models.QueryRequestBatch(searches=[body])
        return self._query_batch_points(batch, collection_name)[0]

    def _query_batch_points(self, body: models.QueryRequestBatch, collection_name: str) -> Any:
        for search in body.searches:
            self._check_filter(collection_name, search.filter)
            if search.limit is not None and search.limit < 1:
                raise Refused(422, "limit: value 0 invalid, must be 1 or larger")
        return self._client.query_batch_points(collection_name, body.searches)

    # Snapshots: their list only

    def _list_snapshots(self, collection_name: str) -> Any:
        return self._snapshots.get(self._require(collection_name), [])

    def _create_snapshot(self, collection_name: str) -> Any:
        name = self._require(collection_name)
        of = self._snapshots.setdefault(name, [])
        now = datetime.now().replace(microsecond=0).isoformat()
        made = models.SnapshotDescription(
            name=f"{name}-{len(of) + 1}.snapshot", creation_time=now, size=0
        )
        of.append(made)
        return made

    def _delete_snapshot(self, collection_name: str, snapshot_name: str) -> bool:
        of = self._snapshots.get(self._require(collection_name), [])
        found = [one for one in of if one.name == snapshot_name]
        if not found:
            raise Refused(404, f"Not found: Snapshot {snapshot_name}")
        of.remove(found[0])
        return True

    def _cluster_status(self) -> Any:
        return {"status": "disabled"}

    # What several need

    def _find(self, name: str) -> str:
        """The collection of this name or alias."""
        aliases = self._client.get_aliases().aliases
        by_alias = {one.alias_name: one.collection_name for one in aliases}
        return by_alias.get(name, name)

    def _require(self, name: str) -> str:
        found = self._find(name)
        if found not in self._made:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return found

    def _updated(self) -> models.UpdateResult:
        self._operation += 1
        return models.UpdateResult(
            operation_id=self._operation, status=models.UpdateStatus.COMPLETED
        )

    def _check_filter(
        self, name: str, where: models.Filter | None, *, update: bool = False
    ) -> None:
        """Raise Refused if strict mode forbids filtering by a key without an index."""
        found = self._require(name)
        strict = self._made[found].strict_mode_config
        if where is None or strict is None or not strict.enabled:
            return
        kind = "unindexed_filtering_update" if update else "unindexed_filtering_retrieve"
        unindexed = set(_keys(where)) - self._indexes[found].keys()
        if unindexed and getattr(strict, kind) is False:
            raise Refused(400, f"Bad request: Index required but not found for {unindexed}")


def _keys(where: models.Filter) -> Iterator[str]:
    for conditions in (where.must, where.must_not, where.should):
        for one in conditions if isinstance(conditions, list) else filter(None, [conditions]):
            if isinstance(one, models.Filter):
                yield from _keys(one)
            elif isinstance(one, models.FieldCondition):
                yield one.key
