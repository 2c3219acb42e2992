"""Long commands say how far they have come, on standard error alone."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess

import pytest

from kb.cli.progress import progress
from tests.kb_command import KB, ROOT, run_kb

CARDS = ("danimarca-fusioni-2007", "unioni-comuni-emilia-romagna")


@pytest.fixture
def corpus(tmp_path):
    practices = tmp_path / "corpus" / "practices"
    practices.mkdir(parents=True)
    for name in CARDS:
        shutil.copy(ROOT / "corpus" / "practices" / f"{name}.md", practices)
    return practices.parent


def test_without_a_terminal_there_are_lines_and_stdout_holds_the_answer(tmp_path, corpus):
    done = run_kb(tmp_path / "data", "corpus", "load", corpus)
    assert done.stdout == "2 practices (2 new or changed), 0 collections\n"
    assert "Cards embedded: 0 of 2" in done.stderr
    assert "Cards embedded: 2 of 2" in done.stderr
    again = run_kb(tmp_path / "data", "corpus", "load", corpus)
    assert again.stdout == "2 practices (0 new or changed), 0 collections\n"
    assert again.stderr == ""


def test_on_a_terminal_there_is_a_bar_from_the_unpacking_of_the_model_on(tmp_path, corpus):
    ours, theirs = pty.openpty()
    environment = {
        "KB_DATA_DIR": str(tmp_path / "data"),
        "KB_CACHE_DIR": str(tmp_path / "cache"),
        "TERM": "xterm",
    }
    with subprocess.Popen(
        [*KB, "corpus", "load", str(corpus)],
        env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = everything(ours)
        answer = process.stdout.read().decode()
    assert process.returncode == 0, shown
    assert answer == "2 practices (2 new or changed), 0 collections\n"
    assert re.search(r"Unpacking the embedding model.*5/5", shown)
    assert re.search(r"Cards embedded.*2/2", shown)


def everything(terminal) -> str:
    """What is written to a terminal until its last writer has gone."""
    said = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            more = b""
        if not more:
            os.close(terminal)
            return said.decode()
        said += more


def test_lines_are_few_and_end_where_the_work_ended(capsys):
    with progress("Cards embedded") as report:
        for done in range(101):
            report(done, 100)
    assert capsys.readouterr().err.splitlines() == [
        "Cards embedded: 0 of 100",
        "Cards embedded: 100 of 100",
    ]
    with progress("Nothing to do"):
        pass
    assert capsys.readouterr().err == ""
