"""What only an index on a server promises: what passes is tried again, and sentences where the
server does not answer, refuses, or is not as it must be."""

import time
import uuid

import httpx
import pytest

from kb.messages import ConfigurationError, ServiceRefuses, ServiceUnavailable, TransientError
from kb.settings import Settings
from kb.vectors.opening import (
    EVERYTHING,
    Arm,
    HybridQuery,
    IndexGone,
    Quantization,
    drop_index,
    list_indexes,
    open_index,
)
from kb.vectors.patience import waiting_up_to
from kb.vectors.server_calls import Server
from kb.vectors.server_collections import create
from tests.contract.points import DIMENSION, point, random_points

ASKED = HybridQuery((Arm(point(3).dense),), EVERYTHING, 10)


@pytest.fixture
def server(qdrant_server):
    """The stub without faults, which notes only the requests of the test."""
    qdrant_server.heal()
    qdrant_server.pretend()
    qdrant_server.start()
    yield qdrant_server
    qdrant_server.heal()
    qdrant_server.pretend()
    qdrant_server.start()


def at(server, **fields) -> Settings:
    return Settings(_env_file=None, qdrant_url=server.url, **fields)


def opened(server, name: str = "", **fields):
    """A new index with 40 points, opened with the patience of a worker."""
    with waiting_up_to(30):
        index = open_index(at(server, **fields), name or f"test-{uuid.uuid4()}", DIMENSION)
        index.upsert(random_points(40))
    return index


def bodies(server, path: str) -> list[dict]:
    return [one["body"] for one in server.requests() if one["path"].endswith(path)]


PASSING = [
    {"status": 503},
    {"status": 502, "body": "<h1>Bad gateway</h1>"},
    {"status": 504},
    {"status": 429, "retry_after": "1"},
    {"status": 429, "retry_after": "Mon, 30 Nov 2020 00:00:00 GMT"},
    {"drop": True},
    {"drop": True, "applied": True},
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_what_passes_is_tried_again_for_questions_and_writes(server, fault):
    index = opened(server)
    with waiting_up_to(30):
        expected = [hit.id for hit in index.search(ASKED)]
        server.fail(on="points", times=2, **fault)
        assert [hit.id for hit in index.search(ASKED)] == expected
        server.fail(on="points", times=2, **fault)
        index.upsert(random_points(60))
        server.fail(on="points", times=1, **fault)
        index.delete_points([random_points(60)[7].id])
        assert index.count() == 59
    index.close()


def test_an_answer_to_a_person_fails_soon_and_the_next_one_at_once(server, monkeypatch):
    for name in ("SILENCE_S", "LONGEST_SILENCE_S"):
        monkeypatch.setattr(f"kb.vectors.server_calls.{name}", 60.0)
    index = opened(server)
    server.fail(status=503)
    server.forget()
    with pytest.raises(ServiceUnavailable, match=r"does not answer \(503"):
        index.search(ASKED)
    tried = len(server.requests())
    assert 1 < tried < 12
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        index.search(ASKED)
    assert len(server.requests()) == tried
    server.heal()
    with waiting_up_to(30):
        assert index.search(ASKED)
    assert index.search(ASKED)
    index.close()


def test_a_write_that_fails_for_a_worker_keeps_no_person_from_asking(server):
    index = opened(server)
    server.fail(on="PUT .*/points", status=503)
    with waiting_up_to(0.3), pytest.raises(ServiceUnavailable):
        index.upsert(random_points(3))
    assert index.search(ASKED)
    index.close()


def test_whether_the_server_answers_again_is_asked_at_once(server):
    index = opened(server)
    server.fail(on="query/batch", status=503)
    with pytest.raises(ServiceUnavailable):
        index.search(ASKED)
    server.heal()
    index.check()
    assert index.search(ASKED)
    index.close()


def test_a_silent_server_is_told_in_words_and_work_goes_on_when_it_is_back(server):
    index = opened(server)
    server.stop()
    for ask in (
        lambda: index.search(ASKED),
        lambda: index.upsert(random_points(3)),
        lambda: open_index(at(server), "model-1-1", DIMENSION),
        lambda: list_indexes(at(server)),
    ):
        with pytest.raises(ServiceUnavailable, match=r"does not answer .* check that it runs"):
            ask()
    server.start()
    with waiting_up_to(30):
        index.check()
        assert len(index.search(ASKED)) == 10
    index.close()


def test_a_server_that_hangs_is_not_waited_for(server):
    index = opened(server, qdrant_timeout_s=1)
    server.fail(on="query/batch|count|facet|scroll", delay_s=60)
    started = time.monotonic()
    for ask in (
        lambda: index.search(ASKED),
        index.count,
        lambda: index.facet("item_id", EVERYTHING),
        lambda: list(index.ids()),
    ):
        with pytest.raises(ServiceUnavailable, match="does not answer"):
            ask()
        index.check()
    assert time.monotonic() - started < 24  # the time of a write is 6 s
    index.close()


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ({"key": "secret"}, "refuses the key: check KB_QDRANT_API_KEY"),
        ({"version": "1.9.2"}, "of version 1.9.2: version 1.13 or newer is needed"),
        ({"version": "dev"}, "of version dev"),
    ],
)
def test_a_wrong_key_or_version_is_a_matter_of_configuration(server, identity, told):
    server.pretend(**identity)
    with waiting_up_to(30), pytest.raises(ServiceRefuses, match=told):
        open_index(at(server, qdrant_api_key="wrong"), "model-1-2", DIMENSION)


def test_the_version_is_looked_at_again_when_an_index_is_opened(server):
    name = f"test-{uuid.uuid4()}"
    opened(server, name).close()
    server.pretend(version="1.9.2")
    with waiting_up_to(30), pytest.raises(ServiceRefuses, match="or newer is needed"):
        open_index(at(server), name, DIMENSION)


def test_bases_with_names_of_their_own_share_a_server(server):
    name = f"test-{uuid.uuid4()}"
    one, other = (opened(server, name, qdrant_prefix=prefix) for prefix in ("kb", "kb-b"))
    one.delete_points([random_points(60)[7].id])
    assert one.count() < other.count() == 40
    assert [list_indexes(at(server, qdrant_prefix=prefix)) for prefix in ("kb", "kb-b", "k")] == [
        [name],
        [name],
        [],
    ]
    drop_index(at(server, qdrant_prefix="kb"), name)
    assert other.count() == 40
    assert list_indexes(at(server, qdrant_prefix="kb")) == []
    one.close()
    other.close()


def test_what_a_kill_left_of_a_dropped_index_is_dropped_with_the_next_try(server):
    name = f"test-{uuid.uuid4()}"
    opened(server, name).close()
    server.fail(on="DELETE /collections", status=500)
    with waiting_up_to(30), pytest.raises(ServiceUnavailable):
        drop_index(at(server), name)
    assert name not in list_indexes(at(server))
    server.heal()
    with waiting_up_to(30):
        drop_index(at(server), name)
        index = open_index(at(server), name, DIMENSION)
        assert index.count() == 0
    index.close()
    drop_index(at(server), "test-never-made")


def test_points_that_a_kill_left_of_a_dropped_index_are_in_no_other(server):
    name = f"test-{uuid.uuid4()}"
    opened(server, name).close()
    server.fail(on="DELETE /collections", status=500)
    with waiting_up_to(30), pytest.raises(ServiceUnavailable):
        drop_index(at(server), name)
    server.heal()
    with waiting_up_to(30):
        index = open_index(at(server), name, DIMENSION)
        assert index.count() == 0
        index.upsert(random_points(3))
        create(Server(at(server)), name, DIMENSION, Quantization.NONE)  # who looked just before
        assert index.count() == 3
        index.close()
        drop_index(at(server), name)
        kept = httpx.get(f"{server.url}/collections").json()["result"]["collections"]
    assert [one["name"] for one in kept if name in one["name"]] == []


def test_another_web_server_at_the_address_is_recognised(server):
    server.fail(status=200, body="<html>Welcome</html>")
    with waiting_up_to(30), pytest.raises(ServiceRefuses, match="is no Qdrant server"):
        open_index(at(server), "model-1-2", DIMENSION)


def test_a_collection_that_a_kill_left_half_made_is_completed(server):
    name = f"test-{uuid.uuid4()}"
    for left in ("PUT .*/index", "POST /collections/aliases"):
        server.fail(on=left, skip=1 if "index" in left else 0, status=500)
        with waiting_up_to(30), pytest.raises(ServiceUnavailable):
            open_index(at(server), name, DIMENSION)
        assert name not in list_indexes(at(server))
    server.heal()
    index = opened(server, name)
    assert not index.missing_keys()
    assert index.count() == 40
    index.close()


def test_what_is_not_ours_or_leads_nowhere_is_told(server):
    name = f"test-{uuid.uuid4()}"
    opened(server, name).close()
    with waiting_up_to(30), pytest.raises(ConfigurationError, match=r"vectors of 16 .* kb reindex"):
        open_index(at(server), name, DIMENSION * 2)
    server.fail(on=f"GET /collections/.*{name}$", status=404)
    with waiting_up_to(30), pytest.raises(ServiceRefuses, match="leads to no collection: run `kb"):
        open_index(at(server), name, DIMENSION)


def test_an_index_that_is_gone_says_so(server):
    index = opened(server)
    server.fail(on="points", status=404)
    with waiting_up_to(30), pytest.raises(IndexGone, match="no such index"):
        index.search(ASKED)
    assert index.gone
    index.close()


def test_a_refused_write_is_told_with_the_reason(server):
    index = opened(server)
    server.fail(on="PUT .*/points", status=413)
    with waiting_up_to(30), pytest.raises(TransientError, match=r"refuses a request .413") as told:
        index.upsert(random_points(1))
    assert not isinstance(told.value, ServiceUnavailable)
    index.close()


def test_the_settings_reach_the_server(server):
    server.forget()
    index = opened(
        server,
        qdrant_shards=3,
        qdrant_replication_factor=2,
        qdrant_write_consistency=2,
        qdrant_read_consistency="majority",
        qdrant_on_disk=True,
        qdrant_strict=True,
        qdrant_timeout_s=7,
    )
    made = next(one["body"] for one in server.requests() if one["method"] == "PUT")
    assert (made["shard_number"], made["replication_factor"]) == (3, 2)
    assert made["write_consistency_factor"] == 2
    assert made["vectors"]["dense"]["on_disk"] is True
    assert made["vectors"]["dense"]["hnsw_config"]["on_disk"] is True
    assert made["sparse_vectors"]["bm25"]["index"]["on_disk"] is True
    assert made["strict_mode_config"]["unindexed_filtering_retrieve"] is False
    index.search(ASKED)
    index.delete_items(["item-1"])
    asked = [one for one in server.requests() if one["path"].endswith("query/batch")]
    assert asked[0]["query"] == {"consistency": "majority", "timeout": "7"}
    index.close()


def test_without_settings_nothing_is_asked_beyond_the_server_s_defaults(server):
    server.forget()
    index = opened(server, qdrant_read_consistency=None)
    made = next(one["body"] for one in server.requests() if one["method"] == "PUT")
    assert "strict_mode_config" not in made
    assert "on_disk" not in made["vectors"]["dense"]
    index.search(ASKED)
    asked = [one for one in server.requests() if one["path"].endswith("query/batch")]
    assert asked[0]["query"] == {"timeout": "5"}
    index.close()
