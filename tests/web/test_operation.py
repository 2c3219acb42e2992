"""What whoever runs the program sees: ids of requests, log lines, numbers for Prometheus."""

import json

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import text

from kb.access import Role
from kb.runtime.logs import configure
from kb.runtime.services import Services, open_services
from web.app import create_app


def test_a_request_id_is_made_or_taken_over(client):
    made = client.get("/health/live").headers["X-Request-ID"]
    assert len(made) == 32
    given = "proxy-0123456789"
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given
    for wrong in ("short", "x" * 65, "a b c d e f g h", "<script>alert()</script>"):
        answer = client.get("/health/live", headers={"X-Request-ID": wrong})
        assert answer.headers["X-Request-ID"] != wrong


def test_refused_requests_have_an_id_too(client):
    answer = client.post("/search", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.fixture
def failing(make_settings):
    """The application on a base whose database has lost a table."""
    with open_services(make_settings(worker=False), own=True) as services:
        app = create_app(services)

        @app.get("/fails")
        def fails() -> None:
            raise RuntimeError("something unforeseen")

        with TestClient(app, raise_server_exceptions=False) as client:
            yield client


def test_an_unforeseen_error_is_a_page_with_its_number_and_all_headers(failing):
    answer = failing.get("/fails", headers={"Accept-Language": "it"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.text
    assert "unforeseen" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_line_of_the_log_tells_all_but_the_question(client, capsys):
    configure("INFO", "json")
    try:
        client.get("/practices?q=secret-question", headers={"X-Request-ID": "request-12345678"})
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        structlog.reset_defaults()
    assert "secret-question" not in str(lines)
    line = next(line for line in lines if line["event"] == "request")
    assert (line["method"], line["path"]) == ("GET", "/practices")
    assert line["request"] == "request-12345678"
    assert line["seconds"] > 0


def test_metrics_are_for_administrators(client, sign_in):
    assert client.get("/metrics", follow_redirects=False).status_code == 303
    assert sign_in(Role.RESEARCHER).get("/metrics").status_code == 403
    client.get("/health/live")
    answer = sign_in(Role.ADMIN).get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    for name in (
        'kb_items{kind="practice"', "kb_oldest_job_seconds", "kb_passages", "kb_jobs{",
        'kb_request_seconds_bucket{le="0.1",method="GET",route="/health/live"',
    ):  # fmt: skip
        assert name in answer.text


def test_metrics_for_who_shows_the_token(make_settings):
    settings = make_settings(worker=False, metrics_token="let-me-in")
    with open_services(settings, own=True) as services:
        assert isinstance(services, Services)
        with TestClient(create_app(services)) as client:
            shown = {"Authorization": "Bearer let-me-in"}
            assert "kb_passages 0.0" in client.get("/metrics", headers=shown).text
            wrong = {"Authorization": "Bearer let-me-out"}
            assert client.get("/metrics", headers=wrong).status_code == 401


def test_health_tells_of_tables_that_another_version_changed(make_settings):
    with open_services(make_settings(worker=False), own=True) as services:
        services.ready.set()
        with TestClient(create_app(services), headers={"Accept-Language": "it"}) as client:
            assert client.get("/health").json() == {"status": "ready", "detail": ""}
            change(services, "ALTER TABLE jobs ADD COLUMN more VARCHAR(9)")
            change(services, "UPDATE alembic_version SET version_num = '9999'")
            told = client.get("/health")
            assert (told.status_code, told.json()["status"]) == (200, "ready")
            assert "riavvia questo processo" in told.json()["detail"]
            assert client.get("/practices").status_code == 200
            change(services, "ALTER TABLE collections RENAME TO others")
            page = client.get("/collections")
            assert page.status_code == 503
            assert "riavvia questo processo" in page.text
            assert client.get("/health").status_code == 503
            change(services, "ALTER TABLE others RENAME TO collections")
            change(services, "UPDATE alembic_version SET version_num = '0032'")
            told = client.get("/health")
            assert told.status_code == 503, "an older dump was put in place"
            assert "riavvia questo processo" in told.json()["detail"]


def change(services, statement):
    with services.database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(statement))
