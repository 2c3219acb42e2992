"""The embedding model in this process: texts to vectors, offline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.embedding import bundled
from kb.embedding.embedder import Embedder, PassageVectors
from kb.embedding.preparation import Vectors
from kb.embedding.source import BUNDLED, ModelSource, find_model
from kb.embedding.tokens import Tokenizer, open_tokenizer
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# openvino imports this package for telemetry and works without it
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # forbids an import

BATCH = 8
"""Texts per model call."""
ALIKE = 0.85
"""A batch holds texts of at least this share of its longest text's length. Padding shorter ones
costs more than batching gains (measured: 10 to 15 % of the time on documents of mixed length)."""


@dataclass(frozen=True)
class Tokens:
    """A text's embedding, L2-normalised, of shape (dimension,); last hidden states of shape
    (tokens, dimension), float32; character range of each token, of shape (tokens, 2)."""

    vector: Vectors
    states: Vectors
    offsets: npt.NDArray[np.int64]


class LocalEmbedder(Embedder):
    """Computes vectors with the model in this process."""

    def __init__(
        self, source: ModelSource, model: SentenceTransformer, tokenizer: Tokenizer
    ) -> None:
        self._model = model
        dimension = source.kept or model.get_embedding_dimension() or source.dimension
        super().__init__(source, tokenizer, dimension, BATCH)

    @property
    def precision(self) -> str:
        return str(getattr(self._model[0], "precision", "float32"))

    def embed_parts(
        self, texts: Sequence[str], ranges: Sequence[Sequence[tuple[int, int]]]
    ) -> Iterator[tuple[int, PassageVectors]]:
        """Vectors of parts are means of the states of their tokens, longest passages first."""
        for number, tokens in self.run(texts):
            parts = _mean_pool(tokens.states, tokens.offsets, ranges[number])
            yield number, PassageVectors(tokens.vector, parts)

    def _embed_together(self, texts: Sequence[str]) -> list[Vectors]:
        """In one call of the model."""
        return [vector.copy() for vector in self._call(texts, self._source.query_prompt)]

    def run(self, texts: Sequence[str]) -> Iterator[tuple[int, Tokens]]:
        """Index and tokens of each passage, longest first. Character ranges are relative to the
        text."""
        prompt = self._source.passage_prompt
        for numbers in self._batches(texts):
            readable = [self._readable(texts[number]) for number in numbers]
            found: Any = self._model.encode(
                readable,
                prompt=prompt,
                batch_size=BATCH,
                output_value=None,
                show_progress_bar=False,
            )
            encodings = [self._tokenizer.encode(prompt + text) for text in readable]
            for number, each, encoding in zip(numbers, found, encodings, strict=True):
                states = np.asarray(each["token_embeddings"], np.float32)[:, : self.dimension]
                offsets = np.array(encoding.offsets[: len(states)]) - len(prompt)
                vector = np.asarray(each["sentence_embedding"], np.float32)[: self.dimension]
                length = max(float(np.linalg.norm(vector)), 1e-9)
                yield number, Tokens(vector / length, states[: len(offsets)], offsets)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for numbers in self._batches(texts):
            vectors[numbers] = self._call([texts[number] for number in numbers], prompt)
        return vectors

    def _call(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors: Vectors = self._model.encode(
            [self._readable(text) for text in texts],
            prompt=prompt,
            batch_size=BATCH,
            normalize_embeddings=True,
            truncate_dim=self._source.kept,
            show_progress_bar=False,
        )
        return vectors

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Indexes of texts of similar length, longest first, to limit padding."""
        batch: list[int] = []
        for number in sorted(range(len(texts)), key=lambda number: -len(texts[number])):
            if len(batch) == BATCH or (batch and len(texts[number]) < ALIKE * len(texts[batch[0]])):
                yield batch
                batch = []
            batch.append(number)
        if batch:
            yield batch


def _mean_pool(
    states: Vectors, offsets: npt.NDArray[np.int64], ranges: Sequence[tuple[int, int]]
) -> Vectors:
    """Normalised mean state of the tokens in each range, shape (ranges, dimension); zero for ranges
    beyond the model's input."""
    vectors = np.zeros((len(ranges), states.shape[1]), np.float32)
    starts, ends = offsets[:, 0], offsets[:, 1]
    for number, (start, end) in enumerate(ranges):
        inside = (starts < end) & (ends > start)
        if inside.any():
            mean = states[inside].mean(axis=0)
            vectors[number] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return vectors


def load_local_embedder(settings: Settings, threads: int | None = None) -> LocalEmbedder:
    """As ``kb.embedding.embedder.load_embedder``, whether or not a service is configured."""
    source = find_model(settings)
    from kb.embedding.backend import load_model

    tokenizer = open_tokenizer(source.folder)
    embedder = LocalEmbedder(source, load_model(source, tokenizer, settings, threads), tokenizer)
    if settings.embedding_model == BUNDLED:
        _verify(embedder, settings.cache_dir)
    return embedder


def _verify(embedder: LocalEmbedder, cache_dir: Path) -> None:
    """Compare with reference vectors of the engine with which the bundled weights were
    published."""
    found = {
        "query": embedder.embed_query(bundled.REFERENCE_TEXTS["query"]),
        "passage": embedder.embed_passages([bundled.REFERENCE_TEXTS["passage"]])[0],
    }
    least = bundled.INT8_COSINE if embedder.precision == "int8" else bundled.REFERENCE_COSINE
    for kind, expected in bundled.REFERENCE_VECTORS.items():
        part = found[kind][: len(expected)]
        cosine = part @ np.array(expected) / np.linalg.norm(part) / np.linalg.norm(expected)
        if not cosine >= least:
            raise ConfigurationError(
                N_("The embedding model gives wrong vectors here: delete {folder} and try again."),
                folder=str(cache_dir),
            )
