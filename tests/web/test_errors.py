"""Errors are one sentence in the reader's language: a page for people, JSON for programs."""

import pytest


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/practices/nothing-here", 404),
        ("GET", "/collections/nothing-here", 404),
        ("GET", "/documents/nothing-here", 404),
        ("GET", "/documents/nothing-here/pages/1", 404),
        ("GET", "/documents/nothing-here/pages/one", 422),
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
    assert answer.status_code == 422


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


def test_htmx_gets_the_sentence_without_the_page(client):
    answer = client.get("/practices/nothing-here", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text
