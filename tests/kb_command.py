"""The `kb` command of this checkout, as tests start it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Of the checkout."""
KB = [sys.executable, "-c", "from kb.cli import main; main()"]
TIMEOUT_S = 240


def run_kb(
    data_dir: Path, *arguments: object, given: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in English until it ends; ``given`` is its standard input."""
    return subprocess.run(
        [*KB, *map(str, arguments)],
        env={**os.environ, "KB_DATA_DIR": str(data_dir), "LANG": "en_US.UTF-8", **environment},
        cwd=ROOT, input=given, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
