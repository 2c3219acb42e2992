"""Quality on the corpus's own questions does not fall below the interval it was published with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED_LOW = {"ndcg@10": 0.70, "mrr@10": 0.95, "recall@100": 0.98}
"""Lower ends of the bootstrap intervals in docs/evaluation.md, rounded down."""


@pytest.mark.slow
def test_the_questions_of_the_corpus_find_their_practices(tmp_path):
    command = [sys.executable, "-c", "from kb.cli import main; main()"]
    done = subprocess.run(
        [*command, "eval", "corpus/eval", "--json", "--run", str(tmp_path / "run")],
        cwd=ROOT, env={**os.environ, "KB_DATA_DIR": str(tmp_path / "data")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)
    for measure, low in PUBLISHED_LOW.items():
        assert scores[measure] >= low, scores
