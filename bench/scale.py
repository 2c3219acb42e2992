"""The embedded index far above its usual size, before and after building the search graph.

``python -m bench.scale`` measures 200,000 and 1,000,000 passages; sizes may be given as arguments,
and ``KB_QUANTIZATION`` as a setting. Needs 8 GB in ``TMPDIR``.

Vectors lie near a surface of ``LATENT`` dimensions, like those of a language model; recall on
unstructured random vectors would not be comparable.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from bench.index import BATCH, DIMENSION, PUBLIC, QUERIES, TOP, as_a_question, point, write
from bench.measuring import disk_mb, percentiles, seconds
from kb.domain import Visibility
from kb.settings import Settings
from kb.vectors.opening import Arm, HybridQuery, Point, Vector, open_index
from search.query import DEPTH

SIZES = (200_000, 1_000_000)
LATENT, NOISE = 40, 0.3


@dataclass(frozen=True)
class State:
    """Measurements with or without search graph. ``dense`` and ``hybrid`` are p50 and p95 in ms,
    sizes in MB; ``recall`` is the share of the exact ten best that were found."""

    dense: tuple[float, float]
    hybrid: tuple[float, float]
    recall: float
    memory_mb: float
    disk_mb: float


@dataclass(frozen=True)
class Measured:
    passages: int
    upserts_per_s: float
    optimize_s: float
    before: State
    after: State


class _Vectors:
    """Unit vectors, float32, identical in every process with the same seed."""

    def __init__(self, seed: int) -> None:
        surface = np.random.default_rng(0).normal(size=(LATENT, DIMENSION)).astype(np.float32)
        self._surface = surface / np.sqrt(LATENT)
        self._rng = np.random.default_rng(seed)

    def next(self, count: int) -> np.ndarray:
        latent = self._rng.normal(size=(count, LATENT)).astype(np.float32)
        noise = self._rng.normal(size=(count, DIMENSION)).astype(np.float32)
        vectors = latent @ self._surface + NOISE * noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measure(passages: int) -> Measured:
    """Every step runs in its own process, so that memory is the reader's alone."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read().scratch(Path(folder))
        with ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as apart:
            written_s = apart.submit(_write, settings, passages).result()
            before = apart.submit(_state, settings, passages).result()
            print(f"{passages:,} written in {written_s:.0f} s: {before}", file=sys.stderr)
            optimize_s = apart.submit(_optimize, settings).result()
            after = apart.submit(_state, settings, passages).result()
    return Measured(passages, passages / written_s, optimize_s, before, after)


def _write(settings: Settings, passages: int) -> float:
    return write(settings, _batches(passages))


def _batches(passages: int) -> Iterator[list[Point]]:
    rng, vectors = np.random.default_rng(1), _Vectors(1)
    for start in range(0, passages, BATCH):
        numbers = range(start, min(start + BATCH, passages))
        rows = vectors.next(len(numbers))
        yield [
            replace(point(rng, number), dense=row)
            for number, row in zip(numbers, rows, strict=True)
        ]


def _optimize(settings: Settings) -> float:
    index = open_index(settings, "bench", DIMENSION)
    taken = seconds(index.optimize)
    index.close()
    return taken


def _state(settings: Settings, passages: int) -> State:
    rng, asked = np.random.default_rng(2), list(_Vectors(2).next(QUERIES))
    memory = psutil.Process().memory_info().rss
    index = open_index(settings, "bench", DIMENSION)
    dense = [HybridQuery((Arm(vector),), PUBLIC, TOP, DEPTH) for vector in asked]
    questions = [as_a_question(rng, vector) for vector in asked]
    times = [
        percentiles(partial(index.search, query) for query in queries)
        for queries in (dense, questions)
    ]
    memory = psutil.Process().memory_info().rss - memory
    found = [{hit.id for hit in index.search(query)} for query in dense]
    index.close()
    right = [len(a & b) for a, b in zip(found, _exact(passages, asked), strict=True)]
    recall = float(np.mean(right)) / TOP
    return State(*times, recall, memory / 1e6, disk_mb(settings.data_dir))


def _exact(passages: int, asked: list[Vector]) -> list[set[str]]:
    """The nearest public points of each vector by exhaustive comparison."""
    best: list[list[tuple[float, str]]] = [[] for _ in asked]
    for batch in _batches(passages):
        public = [point for point in batch if point.filters.visibility is Visibility.PUBLIC]
        scores = np.stack(asked) @ np.stack([point.dense for point in public]).T
        for row, kept in zip(scores, best, strict=True):
            kept += [(float(row[n]), public[n].id) for n in np.argpartition(-row, TOP)[:TOP]]
            kept[:] = sorted(kept, reverse=True)[:TOP]
    return [{id for _, id in kept} for kept in best]


def table(results: list[Measured]) -> str:
    """Markdown."""
    lines = [
        "| passages | search graph | dense p50 / p95 ms | as a question p50 / p95 ms | recall@10 "
        "| disk MB per 100,000 | memory MB per 100,000 |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for found in results:
        share = 100_000 / found.passages
        for graph, state in (("none", found.before), ("built", found.after)):
            dense, hybrid = (f"{a:.1f} / {b:.1f}" for a, b in (state.dense, state.hybrid))
            lines.append(
                f"| {found.passages:,} | {graph} | {dense} | {hybrid} | {state.recall:.3f} "
                f"| {state.disk_mb * share:.0f} | {state.memory_mb * share:.0f} |"
            )
    lines += [
        f"\n{found.passages:,} passages: {found.upserts_per_s:,.0f} upserts/s, "
        f"{found.optimize_s:.0f} s to build the graph"
        for found in results
    ]
    return "\n".join(lines)


def main(sizes: tuple[int, ...] = SIZES) -> None:
    print(table([measure(size) for size in sizes]))


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or SIZES)
