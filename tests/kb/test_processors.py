"""The number of processors that a process may use."""

import os

import pytest

from kb.processors import count_processors

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("limits", "group", "count"),
    [
        ({}, "/", ALL),
        ({"": "max 100000"}, "/", ALL),
        ({"": "100000 100000"}, "/", 1),
        ({"": "50000 100000"}, "/", 1),
        ({"": "6400000 100000"}, "/", ALL),
        ({"kb.slice": "100000 100000", "kb.slice/serve": "max 100000"}, "/kb.slice/serve", 1),
        ({"other": "100000 100000"}, "/kb.slice", ALL),
        ({"": "what else"}, "/", ALL),
    ],
)
def test_the_limit_of_the_container_counts(tmp_path, limits, group, count):
    groups, own = tmp_path / "groups", tmp_path / "own"
    for folder, limit in limits.items():
        (groups / folder).mkdir(parents=True, exist_ok=True)
        (groups / folder / "cpu.max").write_text(f"{limit}\n")
    own.write_text(f"1:cpu:/elsewhere\n0::{group}\n")
    assert count_processors(groups, own) == count


def test_without_control_groups_all_processors_count(tmp_path):
    assert count_processors(tmp_path / "none", tmp_path / "none") == ALL


def test_a_process_that_is_kept_to_one_processor_uses_one():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert count_processors() == 1
    finally:
        os.sched_setaffinity(0, before)
