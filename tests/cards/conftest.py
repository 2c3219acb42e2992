"""A base with three cards and one report that has been read, and two researchers who write."""

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.corpus.loading import load
from kb.domain import Visibility
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

CORPUS = Path(__file__).parents[2] / "corpus"
CARDS = (
    "contarina-tariffa-puntuale",
    "danimarca-fusioni-2007",
    "dobbiaco-teleriscaldamento-cooperativo",
)
REPORT = """# Kitchens of the Lower Valley

This is an example report written for tests. Nine villages closed their school kitchens.

The price of a school meal fell from 6.20 euro in 2018 to 4.90 euro in 2020.
The council met on Thursdays and ate 12 kg of cheese.

By 2030 the villages expect savings of 30 % on energy compared with 2018.
Nothing was measured about taste.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = tmp_path_factory.mktemp("corpus")
    (corpus / "practices").mkdir()
    for name in CARDS:
        shutil.copy(CORPUS / "practices" / f"{name}.md", corpus / "practices")
    return corpus


@pytest.fixture(scope="module")
def services(
    folder: Path,
    cache_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
    database: dict[str, Any],
) -> Iterator[Services]:
    data = tmp_path_factory.mktemp("kb")
    settings = Settings(
        _env_file=None, data_dir=data, cache_dir=cache_dir, worker=False, **database
    )
    with open_services(settings, own=True) as opened:
        load(opened, folder)
        with opened.database.transaction() as session:
            for name, role in (
                ("anna", Role.RESEARCHER),
                ("bruno", Role.RESEARCHER),
                ("carla", Role.RESEARCHER),
                ("olga", Role.OFFICER),
            ):
                accounts.create(session, name, role, full_name=name.capitalize())
        yield opened


@pytest.fixture(scope="module")
def work(services: Services) -> Callable[[], None]:
    """Do all that is queued: read documents, index practices, remove what was deleted."""

    def until_idle() -> None:
        Worker(services).run_until_idle()

    return until_idle


@pytest.fixture(scope="module")
def report(services: Services, work: Callable[[], None]) -> str:
    """Id of the report; only researchers may see it."""
    metadata = Metadata(
        title="Kitchens of the Lower Valley",
        publisher="Example Press",
        year=2021,
        language="en",
        visibility=Visibility.RESEARCHERS,
    )
    accepted = submit(services, io.BytesIO(REPORT.encode()), "kitchens.md", metadata)
    work()
    return accepted.id


@pytest.fixture(scope="module")
def application(services: Services) -> Iterator[TestClient]:
    with TestClient(
        create_app(services), headers={"Accept-Language": "en"}, raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture
def as_(application: TestClient, services: Services) -> Callable[[str | None], TestClient]:
    """The browser of the account with a name; of nobody for None."""

    def signed_in(name: str | None) -> TestClient:
        application.cookies.clear()
        if name is not None:
            with services.database.transaction() as session:
                token = open_session(session, accounts.get(session, name), timedelta(days=1))
            application.cookies.set(SESSION_COOKIE, token)
        return application

    return signed_in
