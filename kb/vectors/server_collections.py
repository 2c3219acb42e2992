"""Collections on a Qdrant server: their names, how they are made, found and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from itertools import count

from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from kb.messages import N_, ServiceRefuses, TransientError
from kb.vectors.base import DENSE, SPARSE, IndexGone, Quantization
from kb.vectors.conditions import PAYLOAD
from kb.vectors.server_calls import Server
from kb.vectors.server_query import server_quantization

OLDEST = (1, 13)
"""The first version of the server that has all that is asked of it."""


def require_version(server: Server) -> None:
    """Raises ServiceRefuses if the server is too old, or no Qdrant server at all."""
    said = server.call(server.client.info).version
    numbers = re.match(r"(\d+)\.(\d+)", said)
    if numbers is None or tuple(map(int, numbers.groups())) < OLDEST:
        raise ServiceRefuses(
            N_(
                "The Qdrant server is of version {found}: version {oldest} or newer is needed, so "
                "upgrade it."
            ),
            found=said,
            oldest=".".join(map(str, OLDEST)),
        )


def alias_of(server: Server, name: str) -> str:
    """The alias of the index ``name``. The prefix keeps bases and other programs on the same server
    apart; it has no dot, so that none begins with another."""
    return f"{server.settings.qdrant_prefix}.{name}"


def list_collections(server: Server) -> dict[str, str]:
    """Collection name by index name."""
    aliases = server.call(server.client.get_aliases).aliases
    prefix = alias_of(server, "")
    return {
        alias.alias_name.removeprefix(prefix): alias.collection_name
        for alias in aliases
        if alias.alias_name.startswith(prefix)
    }


def find_collection(server: Server, name: str) -> str | None:
    """The collection of the index ``name``."""
    return list_collections(server).get(name)


def create(server: Server, name: str, dimension: int, quantization: Quantization) -> None:
    """Make the collection of the index ``name``, its payload indexes and, last, its alias. What a
    killed run has left is completed if it has no points; points are written by the alias only, so
    that those of a collection without alias are of an index that was dropped."""
    collection = _make_empty(server, name, dimension, quantization)
    if collection is None:
        return
    index_keys(server, collection, PAYLOAD)
    made = models.CreateAlias(collection_name=collection, alias_name=alias_of(server, name))
    server.call(
        server.client.update_collection_aliases, [models.CreateAliasOperation(create_alias=made)]
    )


def _make_empty(
    server: Server, name: str, dimension: int, quantization: Quantization
) -> str | None:
    """A collection without points for the index; None if another process has made one and its
    alias meanwhile. Whether it is empty is asked before whether it has an alias: what another
    process writes follows its alias."""
    numbers = count(1)
    while True:
        collection = f"{alias_of(server, name)}.{next(numbers)}"
        with _ignore_existing():
            _create_collection(server, collection, dimension, quantization)
        is_empty = not server.call(server.client.count, collection, exact=True).count
        if find_collection(server, name) is not None:
            return None
        if is_empty:
            return collection


def _create_collection(
    server: Server, collection: str, dimension: int, quantization: Quantization
) -> None:
    settings = server.settings
    on_disk = settings.qdrant_on_disk or None
    strict = models.StrictModeConfig(
        enabled=True, unindexed_filtering_retrieve=False, unindexed_filtering_update=False
    )
    server.call(
        server.client.create_collection,
        collection,
        vectors_config={
            DENSE: models.VectorParams(
                size=dimension,
                distance=models.Distance.COSINE,
                quantization_config=server_quantization(quantization),
                hnsw_config=models.HnswConfigDiff(on_disk=True) if on_disk else None,
                on_disk=on_disk,
            )
        },
        sparse_vectors_config={
            SPARSE: models.SparseVectorParams(
                modifier=models.Modifier.IDF,
                index=models.SparseIndexParams(on_disk=True) if on_disk else None,
            )
        },
        shard_number=settings.qdrant_shards,
        replication_factor=settings.qdrant_replication_factor,
        write_consistency_factor=settings.qdrant_write_consistency,
        strict_mode_config=strict if settings.qdrant_strict else None,
    )


def index_keys(server: Server, collection: str, keys: Iterable[str]) -> None:
    """Make payload indexes; those that exist are left."""
    for key in keys:
        schema = (
            models.PayloadSchemaType.INTEGER if PAYLOAD[key] else models.PayloadSchemaType.KEYWORD
        )
        server.call(server.client.create_payload_index, collection, key, schema, wait=True)


def drop(server: Server, name: str) -> None:
    """Delete the index ``name``, if it exists: its alias first, so that nobody finds half of it.
    What a killed run has left without alias is deleted too."""
    alias = alias_of(server, name)
    if find_collection(server, name) is not None:
        gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        server.call(server.client.update_collection_aliases, [gone])
    for one in server.call(server.client.get_collections).collections:
        if re.fullmatch(re.escape(alias) + r"\.\d+", one.name):
            with suppress(IndexGone):
                server.call(server.client.delete_collection, one.name)


@contextmanager
def _ignore_existing() -> Iterator[None]:
    """Ignore that another process, or a killed run, has created the same collection."""
    try:
        yield
    except TransientError as error:
        cause = error.__cause__
        if not isinstance(cause, UnexpectedResponse) or cause.status_code != HTTPStatus.CONFLICT:
            raise
