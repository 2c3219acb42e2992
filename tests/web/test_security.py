"""Headers on every answer, and requests that are refused before an endpoint sees them."""

import pytest

from kb.access import Role

ADDRESSES = ["/", "/nowhere", "/static/site.css", "/api/v1/practices", "/health/live"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_headers(client, address):
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
@pytest.mark.parametrize("address", ["/upload", "/api/v1/documents"])
def test_a_request_forged_by_another_site_is_refused(client, address, headers):
    answer = client.post(address, files={"file": ("a.txt", b"x")}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}]
)
def test_own_pages_and_scripts_are_let_in(researcher, headers):
    answer = researcher.post("/api/v1/documents", files={"file": ("a.txt", b"")}, headers=headers)
    assert answer.status_code == 422


def test_reading_from_another_site_is_only_a_link(client):
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_declared_oversize_gets_a_page(client):
    answer = client.post("/upload", files={"file": ("big.txt", b"x" * (4 << 20))})
    assert answer.status_code == 413
    assert "troppo grande" in answer.text
    assert "<h1" in answer.text


def test_undeclared_oversize_is_cut_off(client):
    blocks = (b"x" * (1 << 20) for _ in range(5))
    answer = client.post(
        "/api/v1/documents",
        content=blocks,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("address", ["/login", "/api/v1/search", "/drafts/1"])
def test_no_form_is_as_large_as_a_file(researcher, address):
    assert researcher.post(address, content=b"x" * (5 << 19)).status_code == 413
    blocks = (b"x" * (1 << 19) for _ in range(5))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert researcher.post("/login", content=blocks, headers=form).status_code == 413


def test_large_files_are_read_of_those_alone_who_signed_in(application, sign_in):
    large = {"file": ("large.md", b"x" * (5 << 19))}
    application.cookies.clear()
    assert application.post("/upload", files=large).status_code == 413
    refused = sign_in(Role.RESEARCHER).post("/upload", files=large)
    assert "2 MB" in refused.text


@pytest.mark.parametrize(
    "shown",
    [
        {"Authorization": "x"},
        {"Authorization": "Bearer kbt_made-up"},
        {"Cookie": "kb_session=made-up"},
        {"Cookie": "no_kb_session=1"},
    ],
)
def test_a_claim_to_be_somebody_opens_no_large_body(application, shown):
    application.cookies.clear()
    far = {"X-Forwarded-For": "192.0.2.1", **shown}
    for address in ("/upload", "/api/v1/documents", "/collections/one/edit"):
        large = {"file": ("large.md", b"x" * (5 << 19))}
        assert application.post(address, files=large, headers=far).status_code == 413, address


def test_who_may_not_add_documents_sends_no_large_body(sign_in):
    large = {"file": ("large.md", b"x" * (5 << 19))}
    assert sign_in(Role.MEMBER).post("/upload", files=large).status_code == 413


@pytest.mark.parametrize("address", ["/search?q=%00", "/documents/%00", "/api/v1/search?q=a%00b"])
def test_what_no_database_holds_is_refused(client, address):
    assert client.get(address).status_code in (404, 422)


def test_static_files_are_cached_by_their_hash(client):
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["cache-control"]
    assert "immutable" not in client.get(address.split("?")[0]).headers.get("cache-control", "")
