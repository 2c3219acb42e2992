"""What only the server's index promises: sentences when the server is silent or refuses."""

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kb.messages import ConfigurationError, TransientError
from kb.settings import Settings
from kb.vectors.opening import list_indexes, open_index


class Refusing(BaseHTTPRequestHandler):
    status = HTTPStatus.UNAUTHORIZED

    def do_GET(self):
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Refusing) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def at(port: int) -> Settings:
    return Settings(qdrant_url=f"http://127.0.0.1:{port}")


def test_a_silent_server_is_a_passing_trouble_told_in_words(server):
    server.server_close()
    with pytest.raises(TransientError, match=r"does not answer .* check that it runs"):
        open_index(at(server.server_port), "model-1-1", 16)
    with pytest.raises(TransientError, match="does not answer"):
        list_indexes(at(server.server_port))


def test_a_refused_key_is_a_matter_of_configuration(server):
    with pytest.raises(ConfigurationError, match="check KB_QDRANT_API_KEY"):
        open_index(at(server.server_port), "model-1-1", 16)


def test_an_index_that_is_gone_is_a_passing_trouble(server, monkeypatch):
    monkeypatch.setattr(Refusing, "status", HTTPStatus.NOT_FOUND)
    with pytest.raises(TransientError, match="no such index"):
        open_index(at(server.server_port), "model-1-1", 16)


def test_a_failing_server_is_a_passing_trouble(server, monkeypatch):
    monkeypatch.setattr(Refusing, "status", HTTPStatus.SERVICE_UNAVAILABLE)
    with pytest.raises(TransientError, match="does not answer"):
        open_index(at(server.server_port), "model-1-1", 16)
