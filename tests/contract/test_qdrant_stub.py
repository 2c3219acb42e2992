"""The stub of a Qdrant server refuses what the API description does not allow, and fails on
demand."""

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.qdrant_server.description import operations
from tests.qdrant_server.fixture import run_qdrant_server

MADE = {"vectors": {"dense": {"size": 4, "distance": "Cosine"}}}


@pytest.fixture(scope="module")
def stub():
    with run_qdrant_server() as server:
        yield server


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/collections/a", MADE | {"shards": 2}, 400),
        ("PUT", "/collections/a?wait=true", MADE, 400),
        ("PUT", "/collections/a?timeout=soon", MADE, 400),
        ("POST", "/collections/a/points/count?consistency=some", {"exact": True}, 400),
        ("POST", "/collections/a/search", {}, 404),
        ("PATCH", "/collections/a/points", {}, 405),
    ],
)
def test_what_the_description_does_not_allow_is_refused_and_noted(stub, method, path, body, status):
    stub.forget()
    assert httpx.request(method, stub.url + path, json=body).status_code == status
    assert len(stub.problems()) == 1


def test_every_body_refuses_fields_that_it_does_not_know():
    bodies = {one.name: one.body for one in operations() if one.body is not None}
    assert bodies.keys() >= {"create_collection", "upsert_points", "query_batch_points", "facet"}
    for name, body in bodies.items():
        if isinstance(body, type) and issubclass(body, BaseModel):
            assert body.model_config["extra"] == "forbid", name
        with pytest.raises(ValidationError):
            TypeAdapter(body).validate_python({"not in any description": 1})


def test_faults_are_switched_on_and_off(stub):
    def get() -> httpx.Response:
        return httpx.get(f"{stub.url}/collections")

    stub.reset()
    stub.fail(on="GET /collections", times=1, skip=1, status=429, retry_after="2")
    assert [get().status_code for _ in range(3)] == [200, 429, 200]
    stub.fail(drop=True, applied=True, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.put(f"{stub.url}/collections/a", json=MADE)
    assert httpx.get(f"{stub.url}/collections/a/exists").json()["result"] == {"exists": True}
    stub.pretend(key="secret", version="1.9.0")
    assert get().status_code == 401
    assert httpx.get(stub.url).json()["version"] == "1.9.0"
    stub.stop()
    with pytest.raises(httpx.ConnectError):
        get()
    stub.start()
    stub.pretend()
    assert get().json()["result"] == {"collections": [{"name": "a"}]}
    assert not stub.problems()
