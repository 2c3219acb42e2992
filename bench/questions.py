"""Latency of a question, embedding included, over bases of synthetic passages."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from bench.made_up import fill, questions
from bench.measuring import percentiles
from kb.access import OPERATOR
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from search.results import Question
from search.service import rank, search

SIZES = (1_000, 20_000, 100_000)
WARM_UP, QUESTIONS = 10, 200


@dataclass(frozen=True)
class Latency:
    passages: int
    graph: bool
    """Whether the search graph was built (``kb optimize``)."""
    ranked: tuple[float, float]
    """p50 and p95 in milliseconds: embed the question, hybrid query, group into items."""
    page: tuple[float, float]
    """The same with everything on the results page: evidence and facet counts."""


def main(sizes: tuple[int, ...] = SIZES) -> None:
    print("| passages | search graph | ranked p50 / p95 ms | whole page p50 / p95 ms |")
    print("| ---: | --- | ---: | ---: |")
    for found in (latency for size in sizes for latency in measure(size)):
        print(
            f"| {found.passages:,} | {'built' if found.graph else 'none'} "
            f"| {found.ranked[0]:.1f} / {found.ranked[1]:.1f} "
            f"| {found.page[0]:.1f} / {found.page[1]:.1f} |",
            flush=True,
        )


def measure(size: int) -> Iterator[Latency]:
    """Before and after the search graph is built."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read().scratch(Path(folder))
        with open_services(settings, own=True) as services:
            services.warm()
            fill(services, size)
            asked = map(Question, questions(4 * (WARM_UP + QUESTIONS), seed=2))
            yield _latency(services, size, asked, graph=False)
            services.index.optimize()
            yield _latency(services, size, asked, graph=True)


def _latency(services: Services, size: int, asked: Iterator[Question], graph: bool) -> Latency:
    ranked = _percentiles(asked, lambda question: rank(question, services, OPERATOR))
    page = _percentiles(asked, lambda question: search(_second(question), services, OPERATOR))
    return Latency(size, graph, ranked, page)


def _percentiles(
    asked: Iterator[Question], run: Callable[[Question], object]
) -> tuple[float, float]:
    """Every question is new, because vectors of earlier ones are cached."""
    for question in islice(asked, WARM_UP):
        run(question)
    return percentiles(partial(run, question) for question in islice(asked, QUESTIONS))


def _second(question: Question) -> Question:
    """The second page: the first page of an unanswered question would also be written to the
    log."""
    return replace(question, page=2)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
