"""The JSON interface keeps what its description says: any request, from whoever may ask."""

import uuid
from datetime import timedelta
from io import BytesIO

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from ingest.metadata import Metadata
from ingest.submit import submit
from kb.access import OPERATOR, ROLES, Role
from kb.accounts.sessions import open_session
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionSection
from kb.storage.tables import PracticeRow
from tests.web.base import UNLIMITED, base
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REQUESTS = 12
"""To each operation, from each role that may use it."""
REFUSALS = 3
"""To each of the others."""


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """A base of its own, for what is tried here leaves its marks."""
    with base(tmp_path_factory.mktemp("schema"), **UNLIMITED) as opened:
        opened.warm()
        with opened.database.transaction() as session:
            units = [CollectionSection(position=0, title="Unit")]
            session.add(
                Collection(id="path", title="Path", argument="", kind="path", sections=units)
            )
        yield opened


@pytest.fixture(scope="module")
def application(services):
    with TestClient(create_app(services), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def description(application):
    """Without made-up tokens: who asks is said by a session."""
    generation = GenerationConfig(with_security_parameters=False)
    project = ProjectConfig(generation=generation)
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    return schemathesis.openapi.from_dict(application.app.openapi(), config=config)


def known(services):
    """Ids of what is there, by the names they have in paths; the document is a new one."""
    stream = BytesIO(f"Notes {uuid.uuid4()}.".encode())
    document = submit(services, stream, "notes.txt", Metadata(), OPERATOR)
    with services.database.session() as session:
        return {
            "document_id": document.id,
            "practice_id": session.scalars(select(PracticeRow.id)).first(),
            "collection_id": session.scalars(select(Collection.id)).first(),
            "file": "results.xml",
            "path_id": "path",
            "vocabulary": "measures",
            "code": "052032",
            "number": 1,
        }


@pytest.fixture(scope="module")
def made(application, services):
    """Ids of a public project with a member and a value, a public profile, a request."""
    ids = {}

    def post(address, given, **more):
        answer = application.post(f"/api/v1/{address}", json=given, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    with services.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "a-curator")).one()
        opened = open_session(session, account, timedelta(days=1))
        practice = session.scalars(select(PracticeRow.id)).first()
    application.cookies.set(SESSION_COOKIE, opened)
    told = {"title": "Odd", "municipality": "Siena", "lead_body": "Comune", "practice_id": practice}
    ids["project_id"] = post("projects", told)["id"]
    home = f"projects/{ids['project_id']}"
    ids["member_id"] = post(f"{home}/members", {"body": "Coop"})["members"][1]["id"]
    ids["indicator_id"] = post(f"{home}/indicators", {"text": "Odd"})["id"]
    value = {"period_start": "2026-01-01", "period_end": "2026-12-31", "value": "1"}
    reported = application.post(
        f"/api/v1/{home}/indicators/{ids['indicator_id']}/measurements", data=value
    )
    ids["measurement_id"] = reported.json()["id"]
    shown = application.put(f"/api/v1/{home}/visibility", json={"visibility": "public"})
    assert shown.status_code == 200
    agreed = {"agreed_by": "Anna", "agreed_on": "2026-11-01", "agreed_how": "letter"}
    whole = {"name": "Body", "offers": "Help", "shown": ["name", "offers"], "visibility": "public"}
    ids["profile_id"] = post("network", whole | agreed | {"email": "a@example.org"})["id"]
    ids["saved_id"] = post("questions", {"q": "Wool"})["id"]
    asked = {"profile_id": ids["profile_id"], "question": "How?"}
    ids["request_id"] = post("network/requests", asked)["id"]
    application.cookies.clear()
    return ids


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "anonymous")
def test_every_answer_is_as_described(client, sign_in, services, description, made, role):
    browser = sign_in(role) if role else client
    rights = ROLES[role].rights if role else frozenset()
    for found in description.get_all_operations():
        operation = found.ok()
        schemes = operation.definition.raw.get("security", ())
        needed = {right for scheme in schemes for asked in scheme.values() for right in asked}
        requests = REQUESTS if needed <= set(map(str, rights)) else REFUSALS
        hold_to_its_word(browser, operation, known(services) | made, requests)


def hold_to_its_word(browser, operation, ids, requests):
    @hypothesis_settings(
        max_examples=requests, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases_of(operation, ids))
    def hold(case):
        case.validate_response(sent(browser, case), checks=CHECKS)

    hold()


def cases_of(operation, ids):
    """Requests as described, others, and such that speak of what is there."""
    valid, invalid = (operation.as_strategy(mode) for mode in GenerationMode)
    names = [parameter.name for parameter in operation.path_parameters]
    if not names:
        return valid | invalid
    there = {name: ids[name] for name in names}
    return valid | st.one_of(
        operation.as_strategy(mode, path_parameters=there) for mode in GenerationMode
    )


def sent(browser, case):
    given = case.as_transport_kwargs(base_url=str(browser.base_url))
    request = requests.Request(**given).prepare()
    return browser.request(
        request.method, request.url, content=request.body, headers=dict(request.headers)
    )
