"""HEAD, conditional requests, allowed methods, and requests that never become complete."""

import socket

import pytest

from tests.web.real_server import serving
from web.http.connections import TimedProtocol


@pytest.mark.parametrize("address", ["/", "/search?q=acqua", "/documents", "/api/v1/practices"])
def test_head_says_what_get_would_without_its_body(client, address):
    said, shown = client.head(address), client.get(address)
    assert (said.status_code, said.content) == (shown.status_code, b"")
    assert said.headers["content-type"] == shown.headers["content-type"]


def test_head_of_a_page_that_is_not_there(client):
    assert client.head("/practices/nowhere").status_code == 404


@pytest.mark.parametrize("kind", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_browser_has_is_not_sent_again(client, kind):
    first = client.get("/static/site.css")
    tag = first.headers["etag"]
    again = client.get("/static/site.css", headers={"If-None-Match": kind.format(tag)})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/static/site.css", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("address", ["/static/site.css", "/api/v1/practices/{card}", "/feed.atom"])
def test_what_is_compressed_has_a_tag_of_its_own(client, address):
    card = client.get("/api/v1/practices?limit=1").json()["practices"][0]["id"]
    address = address.format(card=card)
    tags = {}
    for coding in ("gzip", "identity"):
        asked = {"Accept-Encoding": coding}
        first = client.get(address, headers=asked)
        assert first.headers.get("content-encoding", "identity") == coding
        tags[coding] = tag = first.headers["etag"]
        assert client.head(address, headers=asked).headers["etag"] == tag
        for kind in ("{}", '"other", {}'):
            known = asked | {"If-None-Match": kind.format(tag)}
            again = client.get(address, headers=known)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
    same = tags["gzip"] == tags["identity"]
    assert same == tags["identity"].startswith("W/"), "only weak ones name both"


def test_a_part_is_not_put_together_with_what_was_compressed(client):
    address, part = "/static/site.css", {"Range": "bytes=10-19"}
    compressed = client.get(address).headers["etag"]
    whole = client.get(address, headers={"Accept-Encoding": "identity"})
    answer = client.get(address, headers=part | {"If-Range": whole.headers["etag"]})
    assert (answer.status_code, answer.content) == (206, whole.content[10:20])
    assert answer.headers["etag"] == whole.headers["etag"]
    other = client.get(address, headers=part | {"If-Range": compressed})
    assert (other.status_code, other.content) == (200, whole.content)


def test_a_refused_method_names_all_that_are_allowed(client):
    refused = client.put("/api/v1/documents/none")
    assert refused.status_code == 405
    allowed = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}
    assert set(refused.headers["allow"].split(", ")) == allowed
    for address, methods in (
        ("/api/v1/documents/none", allowed),
        ("/practices", {"GET", "HEAD", "OPTIONS"}),
        ("/static/site.css", {"GET", "HEAD", "OPTIONS"}),
        ("/mcp", {"OPTIONS", "POST"}),
    ):
        asked = client.options(address)
        assert (asked.status_code, asked.content) == (204, b"")
        assert set(asked.headers["allow"].split(", ")) == methods, address
    assert client.options("/nowhere").status_code == 404
    assert client.get("/api", follow_redirects=False).headers["location"] == "/api/docs"


class Impatient(TimedProtocol):
    headers_s = 0.2


@pytest.fixture
def port(application):
    with serving(application.app, Impatient) as opened:
        yield opened


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"POST /login HTTP/1.1\r\nHost: a\r\n"])
def test_a_connection_without_a_complete_request_is_closed(port, begun):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(begun)
        assert connection.recv(1) == b""


def test_a_second_request_may_not_stand_still_either(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.sendall(b"GET / HT")
        while connection.recv(65536):
            pass
