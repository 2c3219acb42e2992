"""What only the embedded index promises: one owner, no loss by a kill, optimising apart."""

import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

from kb.domain import FilterValues, Visibility
from kb.messages import ConfigurationError, TransientError
from kb.settings import Settings
from kb.vectors.opening import EVERYTHING, Arm, Filter, HybridQuery, drop_index, open_index
from tests.contract.points import DIMENSION, PUBLIC, ids_of, point, random_points

NAME = "model-1-1"

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from kb.domain import FilterValues, Visibility
from kb.settings import Settings
from kb.vectors.opening import open_index
from tests.contract.points import DIMENSION, random_points

index = open_index(Settings(data_dir=Path(sys.argv[1])), "model-1-1", DIMENSION)
index.upsert(random_points(1000))
index.delete_items(["item0"])
index.update_filters(
    FilterValues("item1", Visibility.RESEARCHERS, {"kind": ("practice",)})
)
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def config(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def index(config):
    opened = open_index(config, NAME, DIMENSION)
    yield opened
    opened.close()


@pytest.fixture
def writer(tmp_path, pytestconfig):
    """Another process that has written to the index and keeps it open."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_WAIT, str(tmp_path)],
        cwd=pytestconfig.rootpath,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "written\n"
        yield process
        process.kill()


def test_kill_minus_nine_loses_nothing_that_was_written(config, writer):
    writer.kill()
    writer.wait()
    index = open_index(config, NAME, DIMENSION)
    points = random_points(1000)
    assert {id for id, _ in index.ids()} == ids_of(points[5:])
    assert index.count(Filter(None, item_ids=frozenset({"item1"}))) == 5
    assert index.facet("kind", Filter(None, item_ids=frozenset({"item1"}))) == {"practice": 5}
    hits = index.search(HybridQuery((Arm(points[7].dense), Arm(points[7].sparse)), EVERYTHING))
    assert hits[0].id == points[7].id
    index.close()


def test_a_second_process_is_refused_in_words(config, writer):
    sentence = r"Another process is using the search index in .*: stop it first"
    with pytest.raises(ConfigurationError, match=sentence):
        open_index(config, NAME, DIMENSION)
    with pytest.raises(ConfigurationError, match=sentence):
        drop_index(config, NAME)
    # A new model's index can be built beside the one that another process serves.
    open_index(config, "other-1-1", DIMENSION).close()


def test_a_closed_index_says_so(index):
    index.close()
    with pytest.raises(TransientError, match="is closed"):
        index.count()


def test_what_a_kill_left_half_done_is_mended(config, tmp_path):
    folder = tmp_path / "index" / NAME
    first = open_index(config, NAME, DIMENSION)
    first.upsert([point(1)])
    first.close()
    (folder / "shard").rename(folder / "replaced")  # killed in the middle of an exchange
    (folder / "new").mkdir()
    (folder / "replaced" / "temp_segments").mkdir()  # killed in the middle of an optimisation
    again = open_index(config, NAME, DIMENSION)
    assert again.count() == 1
    again.close()
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "shard"]
    assert not (folder / "shard" / "temp_segments").exists()


@pytest.mark.parametrize(
    "part", ["edge_config.json", "segments/*/segment.json", "segments/*/*-dense/vectors/*"]
)
def test_a_damaged_index_is_refused_in_words(config, tmp_path, part):
    folder = tmp_path / "index" / NAME
    open_index(config, NAME, DIMENSION).close()
    for file in (folder / "shard").glob(part):
        file.write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"is damaged .*: delete that folder and run kb"):
        open_index(config, NAME, DIMENSION)
    drop_index(config, NAME)
    open_index(config, NAME, DIMENSION).close()


def test_optimising_keeps_every_point_and_lets_searches_through(index):
    points = random_points(3000)
    index.upsert(points)
    answered = []
    working = threading.Thread(target=index.optimize)
    working.start()
    while working.is_alive():
        answered.append(index.count(Filter(PUBLIC)))
    working.join()
    index.upsert([point(1)])
    assert len(answered) > 10
    assert len(set(answered)) == 1
    assert {id for id, _ in index.ids()} == ids_of([*points, point(1)])
    for wanted in points[:20]:
        assert index.search(HybridQuery((Arm(wanted.dense),), EVERYTHING))[0].id == wanted.id


def test_a_failed_optimisation_leaves_the_index_as_it_was(index, tmp_path):
    index.upsert(random_points(10))
    (tmp_path / "index" / NAME / "new").write_text("in the way of the copy")
    with pytest.raises(TransientError, match="could not be read or written"):
        index.optimize()
    assert index.count() == 10


def test_an_optimisation_that_stops_leaves_no_copy(index, tmp_path, monkeypatch):
    index.upsert(random_points(10))
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(TransientError, match="could not be optimised"):
        index.optimize()
    assert not (tmp_path / "index" / NAME / "new").exists()
    assert index.count() == 10


def test_optimising_begins_only_where_the_disk_has_room(tmp_path):
    free_mb = shutil.disk_usage(tmp_path).free >> 20
    config = Settings(data_dir=tmp_path, disk_reserve_mb=2 * free_mb)
    index = open_index(config, NAME, DIMENSION)
    index.upsert(random_points(10))
    with pytest.raises(TransientError, match="free some disk space"):
        index.optimize()
    assert not (tmp_path / "index" / NAME / "new").exists()
    index.close()


def test_threads_write_and_search_at_once(index):
    def write(number: int) -> None:
        rng = np.random.default_rng(number)
        for _ in range(20):
            fresh = point(int(rng.integers(100)))
            index.upsert([fresh])
            index.search(HybridQuery((Arm(fresh.dense),), Filter(PUBLIC)))
            index.update_filters(FilterValues(fresh.filters.item_id, Visibility.PUBLIC, {}))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index.count() == len(dict(index.ids())) == index.count(Filter(PUBLIC))
