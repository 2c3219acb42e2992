"""Every vector index that must keep the contract.

qdrant-client's local mode stands in for the server; ``KB_TEST_QDRANT_URL`` adds a real one.
"""

import os
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb.settings import Settings
from kb.vectors.opening import drop_index, open_index
from tests.contract.points import DIMENSION, random_points

URL = os.environ.get("KB_TEST_QDRANT_URL")


@contextmanager
def edge_store(folder: Path, durable: bool = True):
    config = Settings(data_dir=folder)
    yield lambda dimension=DIMENSION: open_index(config, "model-1-1", dimension)


@contextmanager
def local_store(folder: Path, durable: bool = True):
    from qdrant_client import QdrantClient

    from kb.vectors.server import ServerIndex

    def opening(dimension: int = DIMENSION):
        client = QdrantClient(path=str(folder)) if durable else QdrantClient(":memory:")
        return ServerIndex(client, "model-1-1", dimension)

    yield opening


@contextmanager
def server_store(folder: Path, durable: bool = True):
    config = Settings(data_dir=folder, qdrant_url=URL)
    name = f"test-{uuid.uuid4()}"
    yield lambda dimension=DIMENSION: open_index(config, name, dimension)
    drop_index(config, name)


STORES = {"edge": edge_store, "local": local_store, "server": server_store}
BACKENDS = [
    "edge",
    "local",
    pytest.param(
        "server", marks=pytest.mark.skipif(not URL, reason="KB_TEST_QDRANT_URL is not set")
    ),
]


@pytest.fixture(params=BACKENDS)
def store(request, tmp_path):
    """Opens one and the same index each time it is called."""
    with STORES[request.param](tmp_path) as opening:
        yield opening


@pytest.fixture(params=BACKENDS)
def index(request, tmp_path):
    """An empty one that is opened once, so that local mode need not write to disk."""
    with STORES[request.param](tmp_path, durable=False) as opening:
        opened = opening()
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=BACKENDS)
def filled(request, tmp_path_factory):
    """One with the 300 points of ``random_points``, only to be read."""
    with STORES[request.param](tmp_path_factory.mktemp("filled"), durable=False) as opening:
        index = opening()
        index.upsert(random_points(300))
        yield index
        index.close()
