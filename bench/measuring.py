"""Measures of time and size that all benchmarks use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def percentiles(runs: Iterable[Callable[[], object]]) -> tuple[float, float]:
    """p50 and p95 in milliseconds."""
    p50, p95 = np.percentile([1000 * seconds(run) for run in runs], [50, 95])
    return float(p50), float(p95)


def disk_mb(folder: Path) -> float:
    """MB of allocated blocks; file lengths would count holes, of which Qdrant makes 215 MB at
    creation."""
    return sum(f.stat().st_blocks * 512 for f in folder.rglob("*") if f.is_file()) / 1e6
