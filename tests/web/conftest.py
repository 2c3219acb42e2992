"""The real application on a real data folder with the corpus in it. The worker is off."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from kb.access import Role
from kb.accounts.sessions import open_session
from kb.runtime.services import Services
from kb.storage.accounts import Account
from tests.web.base import base
from web.app import create_app
from web.http.cookies import SESSION_COOKIE


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with base(tmp_path_factory.mktemp("kb"), max_upload_mb=2) as opened:
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
