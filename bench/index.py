"""The embedded index at growing sizes: latency, write rate, disk and memory.

Baseline: one exact scan of the same vectors with numpy, in the same run. ``python -m bench.index``
prints the table; sizes may be given as arguments.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from kb.domain import Facets, Kind, Visibility
from kb.settings import Settings
from kb.vectors import (
    Arm,
    Filter,
    HybridQuery,
    Point,
    SparseVector,
    VectorIndex,
    open_index,
)

SIZES = (1_000, 20_000, 100_000)
DIMENSION = 384
TERMS, QUERY_TERMS, VOCABULARY = 60, 8, 50_000
PASSAGES_PER_ITEM = 40
QUERIES = 50
BATCH = 2_000
_ZIPF = np.cumsum(1 / np.arange(1, VOCABULARY + 1))


@dataclass(frozen=True)
class Measured:
    """Times in milliseconds, sizes in megabytes."""

    passages: int
    upserts_per_s: float
    disk_mb: float
    memory_mb: float
    open_ms: float
    scan_p50: float
    latencies: dict[str, tuple[float, float]]
    """p50 and p95 of each kind of query."""


def measure(passages: int) -> Measured:
    """Writing and reading happen in processes of their own, so that memory is the reader's."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read().scratch(Path(folder))
        with ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as apart:
            seconds = apart.submit(_write, settings, passages).result()
            # Blocks, not lengths: Qdrant sets files up with holes, 215 MB of them from the start.
            disk = sum(f.stat().st_blocks * 512 for f in Path(folder).rglob("*") if f.is_file())
            return apart.submit(_read, settings, passages, passages / seconds, disk / 1e6).result()


def _write(settings: Settings, passages: int) -> float:
    index = open_index(settings, "bench", DIMENSION)
    seconds = 0.0
    for batch in _batches(passages):
        started = time.perf_counter()
        index.upsert(batch)
        seconds += time.perf_counter() - started
    index.close()
    return seconds


def _read(settings: Settings, passages: int, upserts_per_s: float, disk_mb: float) -> Measured:
    rng = np.random.default_rng(2)
    memory = psutil.Process().memory_info().rss
    started = time.perf_counter()
    index = open_index(settings, "bench", DIMENSION)
    open_ms = (time.perf_counter() - started) * 1e3
    public, depth = Filter(frozenset({Visibility.PUBLIC})), 100
    kinds: dict[str, Callable[[], HybridQuery]] = {
        "dense": lambda: HybridQuery(_arms(rng)[:1], public),
        "BM25": lambda: HybridQuery(_arms(rng)[1:2], public),
        "hybrid": lambda: HybridQuery(_arms(rng), public, 10, depth),
    }
    latencies = {kind: _percentiles(partial(_search, index, make)) for kind, make in kinds.items()}
    memory = psutil.Process().memory_info().rss - memory
    index.close()
    matrix = rng.normal(size=(passages, DIMENSION)).astype(np.float32)
    scan, _ = _percentiles(lambda: np.argpartition(-(matrix @ _dense(rng)), 10)[:10])
    return Measured(passages, upserts_per_s, disk_mb, memory / 1e6, open_ms, scan, latencies)


def _search(index: VectorIndex, make: Callable[[], HybridQuery]) -> None:
    index.search(make())


def _percentiles(run: Callable[[], object]) -> tuple[float, float]:
    milliseconds = []
    for _ in range(QUERIES):
        started = time.perf_counter()
        run()
        milliseconds.append((time.perf_counter() - started) * 1e3)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return float(p50), float(p95)


def _batches(passages: int) -> Iterator[list[Point]]:
    rng = np.random.default_rng(1)
    for start in range(0, passages, BATCH):
        yield [_point(rng, number) for number in range(start, min(start + BATCH, passages))]


def _point(rng: np.random.Generator, number: int) -> Point:
    facets = Facets(
        kind=Kind.DOCUMENT,
        item_id=f"item{number // PASSAGES_PER_ITEM}",
        visibility=Visibility.PUBLIC if number % 5 else Visibility.MEMBERS,
        language=("it", "en", "de")[number % 3],
        year=2005 + number % 20,
        country="IT",
        themes=(f"theme{number % 12}",),
    )
    return Point(str(uuid.UUID(int=number + 1)), _dense(rng), _sparse(rng, TERMS), facets)


def _arms(rng: np.random.Generator) -> tuple[Arm, ...]:
    """Meaning, words in the language of the question, words in other languages."""
    words, italian = _sparse(rng, QUERY_TERMS), frozenset({"it"})
    return (
        Arm(_dense(rng)),
        Arm(words, 0.4, languages=italian),
        Arm(words, 0.05, except_languages=italian),
    )


def _dense(rng: np.random.Generator) -> np.ndarray:
    vector = rng.normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def _sparse(rng: np.random.Generator, terms: int) -> SparseVector:
    ids = np.unique(np.searchsorted(_ZIPF, rng.random(terms) * _ZIPF[-1]))
    return SparseVector(tuple(ids.tolist()), (1.0,) * len(ids))


def table(results: list[Measured]) -> str:
    """Markdown; the ratio is to the numpy scan of the same size."""
    kinds = list(results[0].latencies)
    head = ["passages", *(f"{kind}: p50 / p95 ms (ratio)" for kind in kinds)]
    head += ["numpy scan ms", "upserts/s", "disk MB", "memory MB", "open ms"]
    lines = [head, ["---:"] * len(head)]
    for r in results:
        cells = [
            f"{p50:.1f} / {p95:.1f} ({p50 / r.scan_p50:.1f})" for p50, p95 in r.latencies.values()
        ]
        sizes = (r.upserts_per_s, r.disk_mb, r.memory_mb, r.open_ms)
        scan = f"{r.scan_p50:.2f}"
        lines.append([f"{r.passages:,}", *cells, scan, *(f"{size:,.0f}" for size in sizes)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(sizes: tuple[int, ...] = SIZES) -> None:
    results = []
    for size in sizes:
        print(f"measuring {size:,} passages", file=sys.stderr)
        results.append(measure(size))
    print(table(results))


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or SIZES)
