"""The folder of an embedded index: who owns it, how it is made, opened and exchanged.

::

    <index folder>/lock        held by the owner for as long as the index is open
    <index folder>/shard/      the Qdrant Edge shard
    <index folder>/new/        a shard in the making; worthless unless it has become ``shard``
    <index folder>/replaced/   the shard that ``new`` takes the place of
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as edge
from filelock import FileLock, Timeout

from kb.messages import N_, ConfigurationError, KbError, TransientError
from kb.vectors.base import DENSE, SPARSE, Quantization, check_dimension
from kb.vectors.conditions import PAYLOAD
from kb.vectors.edge_query import edge_quantization

SCHEMA = {
    key: edge.PayloadSchemaType.Integer if is_number else edge.PayloadSchemaType.Keyword
    for key, is_number in PAYLOAD.items()
}


class ShardFolder:
    """Owns the folder from construction to ``release``.

    Raises ``ConfigurationError`` if another process, or another part of this one, owns it.
    """

    def __init__(self, folder: Path, quantization: Quantization = Quantization.NONE) -> None:
        self._quantization = quantization
        self.live, self.new, self.replaced = folder / "shard", folder / "new", folder / "replaced"
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / "lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ConfigurationError(
                N_(
                    "Another process is using the search index in {folder}: stop it first, or "
                    "set KB_QDRANT_URL to share an index between processes."
                ),
                folder=str(folder),
            ) from None

    def release(self) -> None:
        self._lock.release()

    def open(self, dimension: int) -> edge.EdgeShard:
        """Open the shard; create it if missing; repair what a kill left half done."""
        if self.replaced.exists() and not self.live.exists():
            self.replaced.rename(self.live)
        _remove(self.replaced)
        _remove(self.new)
        if not self.live.exists():
            self._create(dimension)
        # Left by a kill during an optimisation; Qdrant neither uses nor deletes them.
        _remove(self.live / "temp_segments")
        with _convert_errors(self.live.parent):
            check_dimension(dimension, self.live.parent.name, expected=_dimension(self.live))
            return edge.EdgeShard.load(str(self.live))

    @contextmanager
    def copied(self, reserve: int) -> Iterator[None]:
        """Copy the shard to ``new``, which is deleted at the end unless it was exchanged.

        The shard must be flushed and must not be written to meanwhile. ``reserve``: bytes to leave
        free on the disk.

        Raises:
            TransientError: the disk has no room for the copy and the result of the optimisation.
        """
        _remove(self.new)
        size = sum(file.stat().st_size for file in self.live.rglob("*") if file.is_file())
        needed = 2 * size + reserve
        if shutil.disk_usage(self.live).free < needed:
            raise TransientError(
                N_("Less than {limit} MB are left on the disk of {folder}: free some disk space."),
                limit=-(-needed >> 20),
                folder=str(self.live.parent),
            )
        try:
            shutil.copytree(self.live, self.new)
            yield
        finally:
            _remove(self.new)

    def exchange(self) -> None:
        """Replace ``shard``, which must be closed, by ``new``."""
        self.live.rename(self.replaced)
        self.new.rename(self.live)
        _remove(self.replaced)

    def _create(self, dimension: int) -> None:
        self.new.mkdir()
        config = edge.EdgeConfig(
            vectors={
                DENSE: edge.EdgeVectorParams(
                    dimension,
                    edge.Distance.Cosine,
                    quantization_config=edge_quantization(self._quantization),
                )
            },
            sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        )
        shard = edge.EdgeShard.create(str(self.new), config)
        for field, schema in SCHEMA.items():
            shard.update(edge.UpdateOperation.create_field_index(field, schema))
        shard.flush()
        shard.close()
        self.new.rename(self.live)


@contextmanager
def _convert_errors(folder: Path) -> Iterator[None]:
    """Convert errors about the files to errors with messages; a full disk is not damage."""
    try:
        yield
    except (KbError, OSError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic inside Qdrant derives from BaseException
        if "No space left" in str(error):
            raise
        raise ConfigurationError(
            N_(
                "The search index in {folder} is damaged ({reason}): delete that folder and run "
                "kb reindex."
            ),
            folder=str(folder),
            reason=str(error).partition("\n")[0],
        ) from error


def _dimension(shard: Path) -> int:
    config = json.loads((shard / "edge_config.json").read_text())
    return int(config["vectors"][DENSE]["size"])


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
