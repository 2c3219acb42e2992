"""The commands as people run them, with and without a running server."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing, contextmanager

import pytest

from kb.runtime.services import open_services
from kb.settings import Settings
from tests.kb_command import KB, ROOT, run_kb
from tests.maintenance.texts import TEXTS, fill

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory, cache_dir):
    folder = tmp_path_factory.mktemp("kb") / "data"
    settings = Settings(_env_file=None, data_dir=folder, cache_dir=cache_dir)
    with open_services(settings, own=True) as services:
        fill(services)
    return folder


def environment(data_dir):
    return {**os.environ, "KB_DATA_DIR": str(data_dir), "LANG": "en_US.UTF-8"}


@contextmanager
def serving(data_dir):
    server = subprocess.Popen(
        [*KB, "serve", "--port", "0"],
        env=environment(data_dir), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    try:
        assert server.stdout.readline().startswith("ready ")
        yield
    finally:
        server.terminate()
        server.communicate(timeout=60)


def test_a_sound_base_takes_one_line(data_dir):
    done = run_kb(data_dir, "check")
    assert (done.returncode, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    assert line.startswith(f"All is well: {len(TEXTS)} items, ")


def test_with_a_running_server(data_dir, tmp_path):
    with serving(data_dir):
        report = json.loads(run_kb(data_dir, "check", "--json").stdout)
        assert report["clean"]
        assert report["counts"]["items"] == len(TEXTS)

        refused = run_kb(data_dir, "reindex")
        assert refused.returncode == 2
        assert refused.stderr.startswith("`kb serve` is running at http://127.0.0.1:")

        optimised = run_kb(data_dir, "optimize")
        assert (optimised.returncode, optimised.stdout) == (0, "The index is optimised.\n")

        saved = run_kb(data_dir, "backup", tmp_path / "base.tar.gz")
        assert saved.returncode == 0, saved.stderr
        assert f"{len(TEXTS)} documents" in saved.stdout

        again = run_kb(data_dir, "backup", tmp_path / "base.tar.gz")
        assert again.returncode == 2
        assert "exists already" in again.stderr

    restored = run_kb(tmp_path / "new", "restore", tmp_path / "base.tar.gz")
    assert restored.returncode == 0, restored.stderr
    assert run_kb(tmp_path / "new", "check").returncode == 0


def test_without_a_server(data_dir):
    assert run_kb(data_dir, "optimize").returncode == 0
    done = run_kb(data_dir, "reindex", "--resplit")
    assert done.returncode == 0, done.stderr
    assert "is active, with " in done.stdout
    assert run_kb(data_dir, "reindex", "--full", "--resplit").returncode == 2


def test_differences_are_lines_and_repair_says_what_it_did(data_dir, cache_dir):
    settings = Settings(_env_file=None, data_dir=data_dir, cache_dir=cache_dir)
    with open_services(settings, own=True) as services:
        lost, item_id = next(iter(services.index.ids()))
        services.index.delete_points([lost])
    found = run_kb(data_dir, "check")
    assert found.returncode == 1
    [line] = found.stdout.splitlines()
    assert f"[{item_id}]" in line
    assert line.endswith("-> kb check --repair")
    mended = run_kb(data_dir, "check", "--repair")
    assert mended.returncode == 0
    assert mended.stdout.endswith("-> mended: queued again\n")
    assert "`kb serve` or `kb worker`" in mended.stderr


def test_there_is_nothing_to_care_for(tmp_path):
    for command in (("check",), ("reindex",), ("optimize",), ("backup", tmp_path / "x")):
        done = run_kb(tmp_path / "nowhere", *command)
        assert done.returncode == 2
        assert "There is no knowledge base" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_database_is_named(data_dir, tmp_path):
    folder = tmp_path / "damaged"
    folder.mkdir()
    content = bytearray((data_dir / "kb.sqlite").read_bytes())
    with closing(sqlite3.connect(data_dir / "kb.sqlite")) as database:
        [page] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'passages'")
        [size] = database.execute("PRAGMA page_size").fetchone()
    start = (page[0] - 1) * size
    content[start : start + 100] = b"\xff" * 100
    (folder / "kb.sqlite").write_bytes(content)
    done = run_kb(folder, "check")
    assert done.returncode == 1, done.stderr
    assert all("The database file is damaged" in line for line in done.stdout.splitlines())
    assert "-> kb restore FILE" in done.stdout

    (folder / "kb.sqlite").write_bytes(b"This is a letter. " * 1000)
    done = run_kb(folder, "check")
    assert done.returncode == 2
    assert "cannot be used (file is not a database)" in done.stderr
