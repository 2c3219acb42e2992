"""The real application on a real data folder with the corpus in it. The worker is off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ingest.corpus import load
from kb.services import Services, open_services
from kb.settings import Settings
from web.app import create_app


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder: Path = tmp_path_factory.mktemp("kb")
    settings = Settings(_env_file=None, data_dir=folder / "data", worker=False, max_upload_mb=2)
    with open_services(settings, own=True) as opened:
        load(opened)
        yield opened


@pytest.fixture(scope="session")
def application(services: Services) -> Iterator[TestClient]:
    app = create_app(services)
    with TestClient(
        app, headers={"Accept-Language": "it"}, raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture
def client(application: TestClient) -> TestClient:
    """A reader who has not been here before."""
    application.cookies.clear()
    return application
