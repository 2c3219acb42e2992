"""Every vector index that must keep the contract.

The server is a stub that speaks its protocol and checks every request against its API description
(``tests.qdrant_server``), or the real one that ``KB_TEST_QDRANT_URL`` names.
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
BACKENDS = ["edge", "server"]


@pytest.fixture(scope="module")
def server_url(request):
    """The server's address."""
    return URL or request.getfixturevalue("qdrant_server").url


@contextmanager
def open_store(backend: str, folder: Path, request):
    """What opens one and the same index each time it is called."""
    if backend == "edge":
        config = Settings(data_dir=folder)
        yield lambda dimension=DIMENSION: open_index(config, "model-1-1", dimension)
        return
    config = Settings(data_dir=folder, qdrant_url=request.getfixturevalue("server_url"))
    name = f"test-{uuid.uuid4()}"
    yield lambda dimension=DIMENSION: open_index(config, name, dimension)
    drop_index(config, name)


@pytest.fixture(params=BACKENDS)
def store(request, tmp_path):
    """Opens one and the same index each time it is called."""
    with open_store(request.param, tmp_path, request) as opening:
        yield opening


@pytest.fixture(params=BACKENDS)
def index(request, tmp_path):
    """An empty one."""
    with open_store(request.param, tmp_path, request) as opening:
        opened = opening()
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=BACKENDS)
def filled(request, tmp_path_factory):
    """One with the 300 points of ``random_points``, only to be read."""
    with open_store(request.param, tmp_path_factory.mktemp("filled"), request) as opening:
        index = opening()
        index.upsert(random_points(300))
        yield index
        index.close()
