"""The embedder against sentence-transformers on torch float32: same model, same texts.

``python -m bench.embedding`` prints the table. The two alternate, so that other load on the machine
affects both.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
import psutil

from bench.measuring import seconds
from kb.embedding.embedder import Embedder, find_model, load_embedder, load_tokenizer
from kb.settings import Settings

PASSAGES, TOKENS = 32, 350
QUERIES = 30
ROUNDS = 4
SENTENCES = (
    "Il comune ha riaperto la scuola del paese e le famiglie sono tornate a vivere in valle.",
    "Una cooperativa di giovani ha preso in gestione il bosco, il forno e l'albergo diffuso.",
    "The bus on demand takes elderly people to the clinic twice a week at 4.20 euro per trip.",
    "It replaced a regular line in 2019 and carries 37 % more passengers than that line did.",
    "Die leerstehenden Häuser wurden saniert und werden an Zugezogene vermietet.",
    "Les troupeaux entretiennent les coupe-feu au-dessus des vignes et des villages.",
)


@dataclass(frozen=True)
class Speed:
    """The best round, the one least disturbed by other load."""

    passages_per_s: float
    query_ms: float


@dataclass(frozen=True)
class Measured:
    """``cosine`` is the lowest between the two vectors of a passage; start-up time and memory are
    those of a new process that loads the embedder from a warm cache and answers one question."""

    ours: Speed
    baseline: Speed
    cosine: float
    start_s: float
    memory_mb: float

    @property
    def ratio(self) -> float:
        return self.ours.passages_per_s / self.baseline.passages_per_s


def measure() -> Measured:
    settings = Settings.read()
    embedder = load_embedder(settings)
    passages, baseline = _passages(settings), _Plain(settings)
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "baseline": []}
    for turn in range(ROUNDS):
        for name, model in (("ours", embedder), ("baseline", baseline)):
            found[name].append((_passage_rate(model, passages), _query_ms(model, turn)))
    cosine = (embedder.embed_passages(passages) * baseline.embed_passages(passages)).sum(axis=1)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as apart:
        memory_mb, start_s = apart.submit(_start, settings).result()
    ours, plain = (
        Speed(max(rate for rate, _ in rounds), min(ms for _, ms in rounds))
        for rounds in found.values()
    )
    return Measured(ours, plain, float(cosine.min()), start_s, memory_mb)


class _Plain:
    """Plain sentence-transformers: model folder, prompts, torch."""

    def __init__(self, settings: Settings) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        self._source = find_model(settings)
        self._model = SentenceTransformer(
            str(self._source.folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": torch.float32},
        )

    def embed_passages(self, texts: list[str]) -> np.ndarray:
        return self._encode(texts, self._source.passage_prompt)

    def embed_query(self, text: str) -> np.ndarray:
        vector: np.ndarray = self._encode([text], self._source.query_prompt)[0]
        return vector

    def _encode(self, texts: list[str], prompt: str) -> np.ndarray:
        vectors: np.ndarray = self._model.encode(
            texts, prompt=prompt, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def _passage_rate(model: Embedder | _Plain, passages: list[str]) -> float:
    return len(passages) / seconds(lambda: model.embed_passages(passages))


def _query_ms(model: Embedder | _Plain, turn: int) -> float:
    """Every question is new, because the embedder caches vectors of questions."""
    numbers = range(turn * QUERIES, (turn + 1) * QUERIES)
    questions = [f"come ripopolare un paese di {number} abitanti" for number in numbers]
    model.embed_query(f"turno {turn}")
    return 1e3 * median(seconds(partial(model.embed_query, question)) for question in questions)


def _passages(settings: Settings) -> list[str]:
    """Texts of about 350 tokens, ± 25 %."""
    count = load_tokenizer(settings).count
    passages = []
    for number in range(PASSAGES):
        wanted = TOKENS * (0.75 + 0.5 * number / PASSAGES)
        words = itertools.cycle(" ".join(SENTENCES[number % 6 :] + SENTENCES[: number % 6]).split())
        text = ""
        while count(text) < wanted:
            text += " ".join(itertools.islice(words, 5)) + " "
        passages.append(text)
    return passages


def _start(settings: Settings) -> tuple[float, float]:
    """Memory in MB, and seconds since the process started."""
    load_embedder(settings).embed_query("chi?")
    process = psutil.Process()
    return process.memory_info().rss / 1e6, time.time() - process.create_time()


def table(measured: Measured) -> str:
    ours, plain = measured.ours, measured.baseline
    rows = {
        "sentence-transformers, torch f32": (plain.passages_per_s, plain.query_ms),
        "the embedder": (ours.passages_per_s, ours.query_ms),
        "times faster": (measured.ratio, plain.query_ms / ours.query_ms),
    }
    lines = [
        f"{'':34}{'passages/s':>12}{'query ms':>12}",
        *(f"{name:34}{rate:12.1f}{ms:12.1f}" for name, (rate, ms) in rows.items()),
        f"lowest cosine {measured.cosine:.5f}, "
        f"start {measured.start_s:.1f} s, memory {measured.memory_mb:.0f} MB",
    ]
    return "\n".join(lines)


def main() -> None:
    print(table(measure()))


if __name__ == "__main__":
    main()
