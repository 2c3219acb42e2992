"""Build the search graph (HNSW) of an embedded shard in a separate process.

Qdrant Edge holds the GIL during all of ``optimize()``, so the serving process must not call it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kb.messages import N_, TransientError
from kb.processes import child_environment, empty_folder, python_command


def optimize_apart(shard: Path) -> None:
    """Optimise the shard in a child process and wait for it. No process may have the shard open."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        python_command("from kb.vectors.optimize import main; main(*sys.argv[1:])", str(shard)),
        cwd=empty_folder(),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TransientError(
            N_(
                "The search index could not be optimised ({reason}), it stays as it was: check "
                "the free disk space and memory, then try again."
            ),
            reason=done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}",
        )


def main(shard: str) -> None:
    import qdrant_edge as edge

    os.nice(10)
    opened = edge.EdgeShard.load(shard)
    opened.optimize()
    opened.flush()
    opened.close()
