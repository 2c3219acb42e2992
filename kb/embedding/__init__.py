"""Texts become vectors: the embedding model behind one small face, offline by default."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.embedding import bundled
from kb.embedding.source import BUNDLED, ModelSource, find_model
from kb.embedding.tokens import Tokenizer, encodable, open_tokenizer
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["Embedder", "ModelSource", "find_model", "load_embedder", "load_tokenizer"]

# Importing openvino reports to its maker through this package, and without it does not.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # forbids an import

Vectors = npt.NDArray[np.float32]

BATCH = 8
LETTERS_PER_TOKEN = 100  # no vocabulary has pieces this long: what is beyond would be cut anyway


@dataclass(frozen=True)
class Tokens:
    """A text as the model saw it: its vector of length 1, the last hidden states of shape
    (tokens, dimension), and the character range each token stands for, of shape (tokens, 2)."""

    vector: Vectors
    states: Vectors
    offsets: npt.NDArray[np.int64]


class Embedder:
    """Vectors of length 1 for queries and passages, each with the model's own prompt."""

    def __init__(
        self, source: ModelSource, model: SentenceTransformer, tokenizer: Tokenizer
    ) -> None:
        self._source = source
        self._model = model
        self._tokenizer = tokenizer
        self.fingerprint = source.fingerprint
        self.max_tokens = source.max_tokens
        self.dimension = source.kept or model.get_embedding_dimension() or source.dimension

    def embed_query(self, text: str) -> Vectors:
        """Shape (dimension,)."""
        vector: Vectors = self.embed_queries([text])[0]
        return vector

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension)."""
        return self._encode(texts, self._source.query_prompt)

    def embed_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Shape (texts, dimension), in the order given; ``on_progress`` gets the number done."""
        return self._encode(texts, self._source.passage_prompt, on_progress)

    def run(self, texts: Sequence[str]) -> Iterator[tuple[int, Tokens]]:
        """Number and tokens of each passage, longest first. Offsets count from the text."""
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

    def _encode(
        self,
        texts: Sequence[str],
        prompt: str,
        on_progress: Callable[[int], None] | None = None,
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        done = 0
        for numbers in self._batches(texts):
            vectors[numbers] = self._model.encode(
                [self._readable(texts[number]) for number in numbers],
                prompt=prompt,
                batch_size=BATCH,
                normalize_embeddings=True,
                truncate_dim=self._source.kept,
                show_progress_bar=False,
            )
            done += len(numbers)
            if on_progress:
                on_progress(done)
        return vectors

    def _batches(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Numbers of texts of like length, longest first, so that little is padded."""
        longest_first = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for start in range(0, len(texts), BATCH):
            yield longest_first[start : start + BATCH]

    def _readable(self, text: str) -> str:
        """Cut what the model would not read, and replace what is no character (lone surrogates)."""
        text = text[: self.max_tokens * LETTERS_PER_TOKEN]
        return encodable(text)


def load_tokenizer(settings: Settings) -> Tokenizer:
    """The model's tokenizer alone: counting tokens needs no torch."""
    return open_tokenizer(find_model(settings).folder)


def load_embedder(settings: Settings, threads: int | None = None) -> Embedder:
    """The configured model, on OpenVINO where it can run there, on torch elsewhere.

    ``threads``: how many it may compute with, all cores by default.
    Raises ConfigurationError when the model is not on this machine or gives wrong vectors.
    """
    source = find_model(settings)
    from kb.embedding.backend import load_model

    tokenizer = open_tokenizer(source.folder)
    embedder = Embedder(source, load_model(source, tokenizer, settings, threads), tokenizer)
    if settings.embedding_model == BUNDLED:
        _verify(embedder, settings.cache_dir)
    return embedder


def _verify(embedder: Embedder, cache_dir: Path) -> None:
    """Compare with the vectors of the engine that the bundled weights were published with."""
    found = {
        "query": embedder.embed_query(bundled.REFERENCE_TEXTS["query"]),
        "passage": embedder.embed_passages([bundled.REFERENCE_TEXTS["passage"]])[0],
    }
    for kind, expected in bundled.REFERENCE_VECTORS.items():
        part = found[kind][: len(expected)]
        cosine = part @ np.array(expected) / np.linalg.norm(part) / np.linalg.norm(expected)
        if not cosine >= bundled.REFERENCE_COSINE:
            raise ConfigurationError(
                N_("The embedding model gives wrong vectors here: delete {folder} and try again."),
                folder=str(cache_dir),
            )
