"""Latency of a question, embedding included, over bases of made-up passages."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.facets import facets_of
from ingest.points import points_of, rows_of
from kb.access import OPERATOR
from kb.domain import Kind, Passage, Status
from kb.embedding.late import LateVectors
from kb.sentences import sentences
from kb.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import Document, new_id
from search.results import Question
from search.service import rank, search

SIZES = (1_000, 20_000, 100_000)
PASSAGES_PER_DOCUMENT = 20
QUESTIONS = 200
LANGUAGES = ("it", "en", "de", "fr", "es")
WORDS = (
    "comune rifiuti energia scuola bosco cooperativa turismo anziani bilancio unione strada acqua "
    "municipality waste energy school forest cooperative tourism elderly budget union road water "
    "Gemeinde Abfall Energie Schule Wald Genossenschaft Tourismus Haushalt commune déchets école "
    "forêt coopérative tourisme budget municipio residuos energía escuela bosque cooperativa 2019 "
    "ridotto del per cento in anni tra sono hanno costo euro abitanti the of and der die das les"
).split()


@dataclass(frozen=True)
class Latency:
    passages: int
    graph: bool
    """Whether the search graph was built (``kb optimize``)."""
    ranked: tuple[float, float]
    """p50 and p95 in milliseconds: embed the question, hybrid query, group into items."""
    page: tuple[float, float]
    """The same with all that the page of results shows: evidence, counts of every filter."""


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
        settings = Settings.read().model_copy(update={"data_dir": Path(folder)})
        with open_services(settings, own=True) as services:
            services.warm()
            fill(services, size)
            words = random.Random(2)
            asked = [Question(" ".join(words.choices(WORDS, k=7))) for _ in range(QUESTIONS)]
            yield _latency(services, size, asked, graph=False)
            services.index.optimize()
            yield _latency(services, size, asked, graph=True)


def _latency(services: Services, size: int, asked: list[Question], graph: bool) -> Latency:
    ranked = _percentiles(asked, lambda question: rank(question, services, OPERATOR))
    page = _percentiles(asked, lambda question: search(question, services, OPERATOR))
    return Latency(size, graph, ranked, page)


def _percentiles(asked: list[Question], run: Callable[[Question], object]) -> tuple[float, float]:
    for question in asked[:10]:
        run(question)
    times = []
    for question in asked:
        started = time.perf_counter()
        run(question)
        times.append((time.perf_counter() - started) * 1000)
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))


def fill(services: Services, size: int) -> None:
    """Documents of made-up words and random vectors around a centre per language."""
    rng, words = np.random.default_rng(0), random.Random(1)
    dimension = services.model.dimension
    centres = {language: rng.normal(size=dimension) for language in LANGUAGES}
    for _ in range(size // PASSAGES_PER_DOCUMENT):
        language = words.choice(LANGUAGES)
        passages = [
            Passage(new_id(), n, _text(words), ("Capitolo",), language)
            for n in range(PASSAGES_PER_DOCUMENT)
        ]
        vectors = _vectors(rng, centres[language], passages)
        item = Document(
            id=new_id(), kind=Kind.DOCUMENT, title="Documento", language=language,
            status=Status.READY, content_sha256=new_id(), filename="x", size=1,
        )  # fmt: skip
        with services.database.transaction() as session:
            session.add(item)
            session.flush()  # gives the item its visibility, without which nobody finds its points
            session.add_all(rows_of(item.id, passages, vectors))
            points = points_of(services, facets_of(item), "Documento", passages, vectors)
        services.index.upsert(points)


def _text(words: random.Random) -> str:
    return ". ".join(" ".join(words.choices(WORDS, k=20)).capitalize() for _ in range(8)) + "."


def _vectors(rng: np.random.Generator, centre: np.ndarray, passages: list[Passage]) -> LateVectors:
    vectors = (centre * 3 + rng.normal(size=(len(passages), len(centre)))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spans = [sentences(passage.text) for passage in passages]
    late = [rng.integers(-9, 9, (len(found), len(centre))).astype(np.int8) for found in spans]
    return LateVectors(vectors, spans, late)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
