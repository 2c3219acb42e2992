"""Nothing in the folder that a command is started from is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from kb.processes import PACKAGES

COMMAND = "from kb.cli import main; main()"


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    """A folder with a document, and a module by the name of everything that could be imported."""
    names = {*packages_distributions(), *sys.stdlib_module_names, "kb", "ingest"}
    folder = tmp_path_factory.mktemp("downloads")
    proof = folder / "proof.txt"
    code = f"open({str(proof)!r}, 'a').write(__name__)\nraise SystemExit(7)\n"
    for name in filter(str.isidentifier, names):
        (folder / f"{name}.py").write_text(code, "utf-8")
    (folder / "report.md").write_text("# Il mulino\n\nIl mulino fu restaurato nel 2012.", "utf-8")
    return folder, proof


def kb(folder, data, cache_dir, *arguments):
    """The command as its script starts it: without the working folder among its own places."""
    environment = os.environ | {
        "KB_DATA_DIR": str(data), "KB_CACHE_DIR": str(cache_dir), "PYTHONPATH": PACKAGES,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-P", "-c", COMMAND, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_commands_run_nothing_of_the_folder_they_are_started_in(trap, cache_dir):
    folder, proof = trap
    done = kb(folder, "data", cache_dir, "ingest", "report.md", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "ready"
    assert (folder / "data" / "kb.sqlite").is_file()
    optimized = kb(folder, "data", cache_dir, "optimize")
    assert optimized.returncode == 0, optimized.stderr
    assert not proof.exists(), proof.read_text("utf-8")


@pytest.mark.parametrize("name", ["a?b", "perc%20x", "50% di 'città' \"n#1\"; a&b=c"])
def test_a_data_folder_may_have_any_name(tmp_path, cache_dir, name):
    data = tmp_path / name / "base"
    (tmp_path / "report.md").write_text("# Il ponte\n\nIl ponte fu aperto nel 2016.", "utf-8")
    done = kb(tmp_path, data, cache_dir, "ingest", "report.md", "--json")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "report.md"])
    assert (data / "kb.sqlite").is_file()
