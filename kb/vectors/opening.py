"""Open, name, list and delete vector indexes."""

from __future__ import annotations

import shutil
from contextlib import closing

from kb.settings import Settings
from kb.vectors.base import (
    EVERYTHING,
    Arm,
    Filter,
    Hit,
    HybridQuery,
    IndexGone,
    Point,
    Quantization,
    SparseVector,
    Vector,
    VectorIndex,
)
from kb.vectors.recipe import Recipe, recipe_of, successor
from kb.vectors.sparse import Bm25

__all__ = [
    "EVERYTHING",
    "Arm",
    "Bm25",
    "Filter",
    "Hit",
    "HybridQuery",
    "IndexGone",
    "Point",
    "Quantization",
    "Recipe",
    "SparseVector",
    "Vector",
    "VectorIndex",
    "drop_index",
    "list_indexes",
    "open_index",
    "recipe_of",
    "successor",
]


def open_index(settings: Settings, name: str, dimension: int) -> VectorIndex:
    """Open the index, or create it.

    ``name``: a recipe's (``kb.vectors.recipe``), which identifies the vectors, in characters valid
    in file names; for any other name the quantization is that of the settings. Raises
    ``ConfigurationError`` if another process owns the embedded index, ``ServiceUnavailable`` if
    the server does not answer, ``ServiceRefuses`` if it is not as it must be.
    """
    recipe = Recipe.read(name)
    quantization = Quantization(recipe.quantization if recipe else settings.quantization)
    if settings.qdrant_url:
        from kb.vectors.server import ServerIndex
        from kb.vectors.server_calls import Server

        server = Server(settings)
        try:
            return ServerIndex(server, name, dimension, quantization)
        except BaseException:
            server.close()
            raise
    from kb.vectors.edge import EdgeIndex

    reserve = settings.disk_reserve_mb << 20
    return EdgeIndex(settings.index_dir / name, dimension, quantization, reserve)


def list_indexes(settings: Settings) -> list[str]:
    """The names of all indexes, sorted."""
    if settings.qdrant_url:
        from kb.vectors.server_calls import Server
        from kb.vectors.server_collections import list_collections

        with closing(Server(settings)) as server:
            return sorted(list_collections(server))
    # A kill during an exchange leaves only ``replaced``, see ``kb.vectors.shard``.
    shards = (settings.index_dir.glob(f"*/{name}") for name in ("shard", "replaced"))
    return sorted({shard.parent.name for found in shards for shard in found})


def drop_index(settings: Settings, name: str) -> None:
    """Delete the index if it exists. Raises ``ConfigurationError`` if it is in use."""
    if settings.qdrant_url:
        from kb.vectors.server_calls import Server
        from kb.vectors.server_collections import drop

        with closing(Server(settings)) as server:
            drop(server, name)
        return
    from kb.vectors.shard import ShardFolder

    folder = settings.index_dir / name
    if folder.exists():
        owned = ShardFolder(folder)
        shutil.rmtree(folder)
        owned.release()
