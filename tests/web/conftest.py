"""The real application on a real data folder with the corpus in it. The worker is off."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from ingest.corpus import load
from kb import accounts
from kb.access import Role
from kb.accounts.sessions import open_session
from kb.services import Services, open_services
from kb.settings import Settings
from kb.storage.people import Account
from tests.databases import SERVER, fresh
from web.app import create_app
from web.http.cookies import SESSION_COOKIE


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder: Path = tmp_path_factory.mktemp("kb")
    with fresh("postgresql" if SERVER else "sqlite", folder) as url:
        settings = Settings(
            _env_file=None,
            data_dir=folder / "data",
            database_url=url,
            worker=False,
            max_upload_mb=2,
        )
        with open_services(settings, own=True) as opened:
            load(opened)
            with opened.database.transaction() as session:
                for role in Role:
                    accounts.create(session, f"a-{role}", role)
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


@pytest.fixture
def sign_in(client: TestClient, services: Services) -> Callable[[Role], TestClient]:
    """The same browser after signing in with the account of a role, which has the name a-ROLE."""

    def signed_in(role: Role) -> TestClient:
        with services.database.transaction() as session:
            account = session.scalars(select(Account).where(Account.name == f"a-{role}")).one()
            client.cookies.set(SESSION_COOKIE, open_session(session, account, timedelta(days=1)))
        return client

    return signed_in


@pytest.fixture
def researcher(sign_in: Callable[[Role], TestClient]) -> TestClient:
    return sign_in(Role.RESEARCHER)
