"""One base of a few texts, ingested by the real worker."""

from __future__ import annotations

import pytest

from ingest.worker import Worker
from kb.runtime.services import open_services
from kb.settings import Settings
from tests.maintenance.texts import fill


@pytest.fixture(scope="module")
def settings(tmp_path_factory, cache_dir, database) -> Settings:
    folder = tmp_path_factory.mktemp("kb")
    return Settings(_env_file=None, data_dir=folder / "data", cache_dir=cache_dir, **database)


@pytest.fixture(scope="module")
def services(settings):
    with open_services(settings, own=True) as opened:
        fill(opened)
        yield opened


@pytest.fixture(scope="module")
def work(services):
    """Works through the queue."""
    worker = Worker(services)

    def until_idle():
        while worker.step():
            pass

    yield until_idle
    worker.stop()
