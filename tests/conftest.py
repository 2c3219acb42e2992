"""What all tests share: nothing is fetched, and the model is unpacked once per machine."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from kb.embedding.local import LocalEmbedder, load_local_embedder
from kb.settings import Settings
from tests.databases import BACKENDS, FORCED, USUAL, usual
from tests.front_door import FrontDoor, open_front_door
from tests.mail_sink import Sink
from tests.qdrant_server.fixture import qdrant_process, qdrant_server
from tests.weights import LIGHT, weigh

__all__ = ["qdrant_process", "qdrant_server"]

TESTS = Path(__file__).parent
MODEL_FIXTURES = frozenset(
    {"embedder", "services", "front_door", "base", "data_dir", "application", "server", "client"}
)
"""Who asks for one of these has the embedding model or the whole application loaded."""
HEAVY_PLACES = frozenset(
    {"browser", "cli", "contract", "maintenance", "printing", "processes", "web", "test_wheel.py"}
)
"""Folders and files of tests that start other processes, an index or the application."""

gc.set_threshold(50_000, 20, 50)
"""Looking for unreachable objects as often as usual takes a fifth of the time."""
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
os.environ.setdefault("KB_EMBEDDING_PRECISION", "float32")
"""The same vectors on every processor, so that a question close to a limit has one answer."""
hypothesis.settings.register_profile(
    "any-machine", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("any-machine")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test that loads the model or starts the program, so that `make unit` leaves it out."""
    fixtures = getattr(item, "fixturenames", ())
    within = item.path.relative_to(TESTS).parts
    if MODEL_FIXTURES.intersection(fixtures) or HEAVY_PLACES.intersection(within):
        item.add_marker(pytest.mark.model)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of a module into the order they stand in: many share a base that takes long to
    make, and some tell its story. The modules themselves are shuffled (pytest-randomly), but the
    longest ones begin first."""
    turn: dict[str, int] = {}
    weight: dict[str, int] = {}
    for item in items:
        module = item.nodeid.partition("::")[0]
        turn.setdefault(module, len(turn))
        weight[module] = min(weight.get(module, LIGHT), weigh(item))

    def place(item: pytest.Item) -> tuple[Any, ...]:
        module = item.nodeid.partition("::")[0]
        return weight[module], turn[module], *_place_in_module(item)

    items.sort(key=place)


def _place_in_module(item: pytest.Item) -> tuple[int, int, list[int]]:
    """Place of the database that a module has its base on, line of the test, and the places of its
    parameters in their lists."""
    parameters = getattr(item, "callspec", None)
    indices = dict(parameters.indices) if parameters else {}
    on = indices.pop("database", 0) if runs_on_both(getattr(item, "module", None)) else 0
    return on, item.location[1] or 0, list(indices.values())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run modules that say ``ON_BOTH_DATABASES = True`` on SQLite, then on PostgreSQL; on one that
    ``KB_TEST_DATABASE`` names, on that alone."""
    if "database" in metafunc.fixturenames and runs_on_both(metafunc.module):
        backends = BACKENDS if FORCED is None else (FORCED,)
        metafunc.parametrize("database", backends, indirect=True, scope="module")


def runs_on_both(module: Any) -> bool:
    return getattr(module, "ON_BOTH_DATABASES", False)


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """``KB_CACHE_DIR`` or the user's own, where the unpacked model may already be."""
    return Settings().cache_dir


@pytest.fixture
def make_settings(tmp_path: Path, cache_dir: Path) -> Iterator[Callable[..., Settings]]:
    """Settings with an empty data folder and database; fields may be given."""
    databases: dict[Path, dict[str, Any]] = {}
    with ExitStack() as stack:

        def make(**fields: Any) -> Settings:
            folder = fields.get("data_dir", tmp_path / "data")
            if folder not in databases:
                databases[folder] = stack.enter_context(usual())
            given = {"data_dir": folder, "cache_dir": cache_dir, "_env_file": None}
            return Settings(**given | databases[folder] | fields)

        yield make


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Settings of the database of a base that all tests of a module share; see ``usual``."""
    with usual(getattr(request, "param", USUAL)) as fields:
        yield fields


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings()


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> LocalEmbedder:
    """The bundled model, loaded once."""
    data_dir = tmp_path_factory.mktemp("data")
    return load_local_embedder(Settings(data_dir=data_dir, cache_dir=cache_dir))


@pytest.fixture
def mail_server() -> Iterator[Sink]:
    """A mail server that keeps what it is given."""
    opened = Sink()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """As ``mail_server``, for all tests of a module."""
    opened = Sink()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def front_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    """The running program with a base of its own, for files that go all the way."""
    with open_front_door(tmp_path_factory.mktemp("front-door")) as opened:
        yield opened
