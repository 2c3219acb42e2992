"""The embedding model: texts to vectors, offline by default."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.embedding import bundled
from kb.embedding.preparation import Vectors
from kb.embedding.source import BUNDLED, ModelSource, find_model
from kb.embedding.together import Together
from kb.embedding.tokens import Tokenizer, encodable, open_tokenizer
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["Embedder", "ModelSource", "find_model", "load_embedder", "load_tokenizer"]

# openvino imports this package for telemetry and works without it
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # forbids an import

BATCH = 8
"""Texts per model call."""
ALIKE = 0.85
"""A batch holds texts of at least this share of its longest text's length. Padding shorter ones
costs more than batching gains (measured: 10 to 15 % of the time on documents of mixed length)."""
REMEMBERED = 1000
"""Question vectors that are cached."""
LETTERS_PER_TOKEN = 100  # no token is this long: text beyond would be cut by the model anyway


@dataclass(frozen=True)
class Tokens:
    """A text's embedding, L2-normalised, of shape (dimension,); last hidden states of shape
    (tokens, dimension), float32; character range of each token, of shape (tokens, 2)."""

    vector: Vectors
    states: Vectors
    offsets: npt.NDArray[np.int64]


class Embedder:
    """Computes L2-normalised float32 vectors of queries and passages, with the model's prompts."""

    def __init__(
        self, source: ModelSource, model: SentenceTransformer, tokenizer: Tokenizer
    ) -> None:
        self._source = source
        self._model = model
        self._tokenizer = tokenizer
        self.max_tokens = source.max_tokens
        self.dimension = source.kept or model.get_embedding_dimension() or source.dimension
        self._together = Together[str, Vectors](self._embed_together, BATCH)
        self._remembered = lru_cache(REMEMBERED)(self._embed_query)

    def count_tokens(self, text: str) -> int:
        """Number of the model's tokens of a text without a prompt, special tokens included."""
        return self._tokenizer.count(text)

    @property
    def precision(self) -> str:
        """The number format in which the model computes."""
        return str(getattr(self._model[0], "precision", "float32"))

    def embed_query(self, text: str) -> Vectors:
        """Shape (dimension,), read-only. Cached, because paging and filtering repeat the question;
        questions of several threads at the same time are embedded as a batch."""
        return self._remembered(text)

    def _embed_query(self, text: str) -> Vectors:
        vector = self._together(text)
        vector.flags.writeable = False
        return vector

    def _embed_together(self, texts: Sequence[str]) -> list[Vectors]:
        """Few and short texts in one call of the model, whatever their lengths."""
        return [vector.copy() for vector in self._call(texts, self._source.query_prompt)]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension)."""
        return self._encode(texts, self._source.query_prompt)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension), in the order of ``texts``."""
        return self._encode(texts, self._source.passage_prompt)

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

    def _readable(self, text: str) -> str:
        """Cut text beyond the model's limit and replace lone surrogates."""
        text = text[: self.max_tokens * LETTERS_PER_TOKEN]
        return encodable(text)


def load_tokenizer(settings: Settings) -> Tokenizer:
    """The model's tokenizer alone, which does not need torch."""
    return open_tokenizer(find_model(settings).folder)


def load_embedder(settings: Settings, threads: int | None = None) -> Embedder:
    """Load the configured model on OpenVINO if supported, else on torch.

    ``threads``: number of threads, default all cores. Raises ConfigurationError if the model is
    missing or computes wrong vectors.
    """
    source = find_model(settings)
    from kb.embedding.backend import load_model

    tokenizer = open_tokenizer(source.folder)
    embedder = Embedder(source, load_model(source, tokenizer, settings, threads), tokenizer)
    if settings.embedding_model == BUNDLED:
        _verify(embedder, settings.cache_dir)
    return embedder


def _verify(embedder: Embedder, cache_dir: Path) -> None:
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
