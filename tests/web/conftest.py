"""The real application on a real data folder with the corpus in it. The worker is off."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from ingest.worker import Worker
from kb.access import Role
from kb.domain import Status
from kb.runtime.services import Services
from kb.storage.tables import Document, Item, Job, JobStatus
from tests.web.base import (
    UNLIMITED,
    base,
    copied_base,
    indexed_base,
    practices_of,
    sign_in_as,
)
from web.app import create_app

COLLECTIONS = ("mense-e-filiera-corta", "unioni-e-fusioni-cosa-dicono-i-numeri")
CARDS = tuple(dict.fromkeys((
    *practices_of(COLLECTIONS), "italia-snai-aree-interne", "altena-governare-il-calo",
    "besancon-compostaggio-diffuso", "biccari-case-e-cooperativa", "bottrighe-mater-biotech",
    "buurtzorg-infermieri-di-quartiere", "colleretto-giacosa-bioindustry-park",
    "contarina-tariffa-puntuale", "juehnde-villaggio-bioenergetico", "pontevedra-citta-a-piedi",
    "regensburg-biopark", "succiso-valle-dei-cavalieri", "trieste-microaree",
)))  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with base(tmp_path_factory.mktemp("kb"), max_upload_mb=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def application(services: Services) -> Iterator[TestClient]:
    app = create_app(services)
    with TestClient(
        app, headers={"Accept-Language": "it"}, raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def searchable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with some cards and two collections, ready to be searched."""
    folder = tmp_path_factory.mktemp("searchable")
    with indexed_base(folder, CARDS, COLLECTIONS, database_url=None):
        return folder / "data"


@pytest.fixture(scope="module")
def indexed(searchable: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A base on a copy of that folder; always on SQLite."""
    folder = tmp_path_factory.mktemp("indexed")
    with copied_base(searchable, folder, **UNLIMITED) as opened:
        yield opened


@pytest.fixture(scope="module")
def indexed_application(indexed: Services) -> Iterator[TestClient]:
    with TestClient(create_app(indexed), headers={"Accept-Language": "it"}) as opened:
        yield opened


@pytest.fixture
def searcher(indexed_application: TestClient) -> TestClient:
    """A reader of the indexed base who has not been here before."""
    indexed_application.cookies.clear()
    return indexed_application


@pytest.fixture(scope="module")
def all_ready(services: Services) -> Iterator[None]:
    """The worker is off: everything is made ready here, and queued again afterwards."""
    with services.database.transaction() as session:
        for item in session.scalars(select(Item)):
            item.status = Status.READY
    yield
    with services.database.transaction() as session:
        for item in session.scalars(select(Item)):
            item.status = Status.QUEUED


@pytest.fixture
def client(application: TestClient) -> TestClient:
    """A reader who has not been here before."""
    application.cookies.clear()
    return application


@pytest.fixture
def sign_in(client: TestClient, services: Services) -> Callable[[Role], TestClient]:
    """The same browser after signing in with the account of a role, which has the name a-ROLE."""

    return lambda role: sign_in_as(client, services, f"a-{role}")


@pytest.fixture
def searcher_as(searcher: TestClient, indexed: Services) -> Callable[[Role], TestClient]:
    """As ``sign_in``, in the indexed base."""
    return lambda role: sign_in_as(searcher, indexed, f"a-{role}")


@pytest.fixture(scope="module")
def worker(services: Services) -> Iterator[Worker]:
    worker = Worker(services)
    yield worker
    worker.stop()


@pytest.fixture
def work(worker: Worker, services: Services) -> Callable[[], None]:
    """Does all the work on documents that waits; the corpus in the base is left alone."""
    with services.database.transaction() as session:
        documents = select(Document.id)
        session.execute(
            update(Job)
            .where(Job.status == JobStatus.QUEUED, Job.item_id.not_in(documents))
            .values(status=JobStatus.CANCELLED)
        )

    def done() -> None:
        while worker.step():
            pass

    return done


@pytest.fixture
def researcher(sign_in: Callable[[Role], TestClient]) -> TestClient:
    return sign_in(Role.RESEARCHER)
