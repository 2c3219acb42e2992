from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kb.embedding.embedder import Embedder
from kb.embedding.reference import Reference
from kb.embedding.service.embedder import ServiceEmbedder, connect
from kb.settings import Settings
from tests.embedding_server.service import Service


@pytest.fixture(scope="module")
def running(embedder: Embedder) -> Iterator[Service]:
    opened = Service(embedder.embed_texts)
    yield opened
    opened.stop()


@pytest.fixture
def service(running: Service) -> Service:
    """Serves the bundled model, and behaves."""
    running.reset()
    return running


@pytest.fixture
def connected(
    service: Service, make_settings: Callable[..., Settings], reference: Reference
) -> Iterator[Callable[..., ServiceEmbedder]]:
    """An embedder over the service; fields are settings."""
    opened: list[ServiceEmbedder] = []

    def open_embedder(**fields: Any) -> ServiceEmbedder:
        given = {"embedding_url": service.url, "embedding_question_s": 20.0} | fields
        opened.append(connect(make_settings(**given), lambda: reference))
        return opened[-1]

    yield open_embedder
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def reference(embedder: Embedder) -> Reference:
    from kb.embedding.reference import REFERENCE_TEXTS

    return embedder.embed_passages(REFERENCE_TEXTS)
