"""The time limit of readers: whatever rings when, nothing rings after it."""

import subprocess
import sys

import pytest

from tests.kb_command import ROOT


@pytest.mark.parametrize("which", ["in time", "out of time"])
def test_an_alarm_while_the_limit_is_lifted_comes_to_nothing(which):
    """On a busy machine the next alarm falls into the end of the limit."""
    command = [sys.executable, "-m", "tests.ingest.alarms", which]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, which + "\n"), done.stderr
