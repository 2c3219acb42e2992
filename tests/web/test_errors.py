"""Errors are one sentence in the reader's language: a page for people, JSON for programs."""

from contextlib import ExitStack

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from lxml import html

from kb.runtime.services import open_services
from tests.databases import migrated, only_read
from tests.web.base import create_accounts, visit_as
from web.app import create_app


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/practices/nothing-here", 404),
        ("GET", "/collections/nothing-here", 404),
        ("GET", "/documents/nothing-here", 404),
        ("GET", "/documents/nothing-here/pages/1", 404),
        ("GET", "/documents/nothing-here/pages/one", 404),
        ("GET", "/documents/nothing-here/original", 404),
        ("GET", "/upload/progress/nothing-here", 404),
        ("DELETE", "/practices", 405),
        ("GET", "/documents?page=0", 422),
    ],
)
def test_error_page(researcher, method, address, status):
    italian = researcher.request(method, address)
    english = researcher.request(method, address, headers={"Accept-Language": "en"})
    assert italian.status_code == english.status_code == status
    assert '<html lang="it">' in italian.text
    assert '<html lang="en">' in english.text
    assert "Vai alla pagina iniziale" in italian.text
    assert "Go to the home page" in english.text


HUGE = "9" * 40


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/documents/{}/pages/" + HUGE, None),
        ("/documents/{}/pages/-" + HUGE, None),
        ("/documents/{}/pages/1?version=" + HUGE, None),
        ("/documents/{}?older=" + HUGE, None),
        ("/documents/{}/versions/" + HUGE + "/original", None),
        ("/documents/{}/versions/1/pages/" + HUGE, None),
        ("/documents/{}/pages/" + HUGE + "/take", {"quote": "x", "target": "costs"}),
    ],
)
def test_no_number_is_too_large(researcher, address, form):
    given = {"file": ("numbers.txt", b"Asked for by numbers.")}
    address = address.format(researcher.post("/api/v1/documents", files=given).json()["id"])
    answer = researcher.post(address, data=form) if form else researcher.get(address)
    assert answer.status_code == (422 if "?" in address else 404)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v1/documents/nothing-here", 404),
        ("DELETE", "/api/v1/documents/nothing-here", 404),
        ("GET", "/api/v1/search?page=0&q=x", 422),
        ("PUT", "/api/v1/documents", 405),
    ],
)
def test_error_as_json(researcher, method, address, status):
    answer = researcher.request(method, address)
    assert answer.status_code == status
    assert answer.json()["detail"].endswith((".", "to."))
    assert answer.json()["status"] == status


def test_every_status_has_a_sentence_that_does_not_blame_the_wrong_side(services):
    app = create_app(services)

    @app.get("/refuse/{status}")
    def refuse(status: int):
        raise HTTPException(status)

    with TestClient(app, headers={"Accept-Language": "it"}) as site:
        said = {
            status: html.fromstring(site.get(f"/refuse/{status}").text).xpath("string(//main)")
            for status in (400, 401, 406, 408, 409, 412, 415, 418, 429, 431, 500, 502)
        }
    ours = {status for status, text in said.items() if "da parte nostra" in text}
    assert ours == {500, 502}
    assert "troppo tempo" in said[408]
    assert "rifiutata" in said[418]
    assert "cookie" in said[431]


def test_htmx_gets_the_sentence_without_the_page(client):
    answer = client.get("/practices/nothing-here", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text


def test_an_outage_of_the_database_is_told_without_its_address(make_settings, tmp_path):
    with ExitStack() as stack:
        with migrated("postgresql", tmp_path) as url:
            settings = make_settings(worker=False, database_url=url)
            services = stack.enter_context(open_services(settings, own=True))
        app, said = create_app(services), {"Accept-Language": "it"}  # the database is gone
        reader = stack.enter_context(TestClient(app, headers=said, raise_server_exceptions=False))
        for address in ("/documents", "/api/v1/documents", "/collections/none"):
            answer = reader.get(address)
            assert answer.status_code == 503, address
            assert int(answer.headers["retry-after"]) > 0
            assert "base di dati non si può usare in questo momento" in answer.text
            assert "127.0.0.1" not in answer.text
            assert "kb_test_" not in answer.text


def test_a_database_that_may_only_be_read_gives_pages_and_takes_nothing(make_settings, tmp_path):
    with migrated("postgresql", tmp_path) as url:
        settings = make_settings(worker=False, database_url=url)
        with open_services(settings, own=True) as services:
            create_accounts(services)
            officer = visit_as(create_app(services), services, "officer")
            with only_read(url):
                assert officer.get("/questions").status_code == 200
                answer = officer.post("/questions", data={"q": "struzzi"})
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
                assert "base di dati non si può usare in questo momento" in answer.text
            assert officer.post("/questions", data={"q": "struzzi"}).status_code == 303
