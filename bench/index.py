"""The embedded index at growing sizes: latency, write rate, disk and memory.

Baseline: one exact scan of as many random vectors with numpy, in the same run.
``python -m bench.index`` prints the table; sizes may be given as arguments.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from bench.measuring import disk_mb, percentiles, seconds
from kb.domain import FilterValues, Visibility
from kb.settings import Settings
from kb.vectors.opening import Arm, Filter, HybridQuery, Point, SparseVector, Vector, open_index
from search.query import CANDIDATES, DEPTH, OWN_LANGUAGE_DISCOUNT, SATURATION, build_arms

SIZES = (1_000, 20_000, 100_000)
DIMENSION = 384
TERMS, QUERY_TERMS, VOCABULARY = 60, 8, 50_000
PASSAGES_PER_ITEM = 40
QUERIES = 50
TOP = 10
PUBLIC = Filter(frozenset({Visibility.PUBLIC}))
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
    """Writing and reading run in separate processes, so that memory is the reader's."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read().scratch(Path(folder))
        with ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as apart:
            written_s = apart.submit(_write, settings, passages).result()
            disk = disk_mb(Path(folder))
            return apart.submit(_read, settings, passages, passages / written_s, disk).result()


def _write(settings: Settings, passages: int) -> float:
    return write(settings, _batches(passages))


def write(settings: Settings, batches: Iterable[list[Point]]) -> float:
    """Seconds that writing takes, without building the points."""
    index = open_index(settings, "bench", DIMENSION)
    taken = sum(seconds(partial(index.upsert, batch)) for batch in batches)
    index.close()
    return taken


def _read(settings: Settings, passages: int, upserts_per_s: float, disk_mb: float) -> Measured:
    rng = np.random.default_rng(2)
    memory = psutil.Process().memory_info().rss
    started = time.perf_counter()
    index = open_index(settings, "bench", DIMENSION)
    open_ms = (time.perf_counter() - started) * 1e3
    kinds: dict[str, Callable[[], HybridQuery]] = {
        "dense": lambda: HybridQuery((Arm(_dense(rng)),), PUBLIC, TOP, DEPTH),
        "BM25": lambda: HybridQuery((Arm(sparse(rng, QUERY_TERMS)),), PUBLIC, TOP, DEPTH),
        "as a question": lambda: as_a_question(rng, _dense(rng)),
    }
    latencies = {
        kind: percentiles(partial(index.search, make()) for _ in range(QUERIES))
        for kind, make in kinds.items()
    }
    memory = psutil.Process().memory_info().rss - memory
    index.close()
    matrix = rng.normal(size=(passages, DIMENSION)).astype(np.float32)
    scan, _ = percentiles(partial(_scan, matrix, _dense(rng)) for _ in range(QUERIES))
    return Measured(passages, upserts_per_s, disk_mb, memory / 1e6, open_ms, scan, latencies)


def _scan(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    best: np.ndarray = np.argpartition(-(matrix @ vector), TOP)[:TOP]
    return best


def as_a_question(rng: np.random.Generator, vector: Vector) -> HybridQuery:
    """The hybrid query of a question: dense in its language, dense in the others, BM25."""
    words = sparse(rng, QUERY_TERMS)
    arms = build_arms(frozenset({"it"}), vector, OWN_LANGUAGE_DISCOUNT, words)
    return HybridQuery(arms, PUBLIC, CANDIDATES, DEPTH, SATURATION)


def _batches(passages: int) -> Iterator[list[Point]]:
    rng = np.random.default_rng(1)
    for start in range(0, passages, BATCH):
        yield [point(rng, number) for number in range(start, min(start + BATCH, passages))]


def point(rng: np.random.Generator, number: int) -> Point:
    filters = FilterValues(
        f"item{number // PASSAGES_PER_ITEM}",
        Visibility.PUBLIC if number % 5 else Visibility.MEMBERS,
        {
            "kind": ("document",),
            "language": (("it", "en", "de")[number % 3],),
            "year": (str(2005 + number % 20),),
            "country": ("IT",),
            "theme": (f"theme{number % 12}",),
        },
    )
    return Point(str(uuid.UUID(int=number + 1)), _dense(rng), sparse(rng, TERMS), filters)


def _dense(rng: np.random.Generator) -> np.ndarray:
    vector = rng.normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def sparse(rng: np.random.Generator, terms: int) -> SparseVector:
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
