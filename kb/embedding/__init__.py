"""Texts become vectors: the embedding model behind one small face, offline by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.embedding import bundled
from kb.embedding.source import BUNDLED, ModelSource, find_model
from kb.messages import N_, ConfigurationError
from kb.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

__all__ = ["Embedder", "load_embedder", "load_tokenizer", "model_identity"]

Vectors = npt.NDArray[np.float32]

BATCH = 8
LETTERS_PER_TOKEN = 100  # no vocabulary has pieces this long: what is beyond would be cut anyway


class Embedder:
    """Vectors of length 1 for queries and passages, each with the model's own prompt."""

    def __init__(self, source: ModelSource, model: SentenceTransformer) -> None:
        self._source = source
        self._model = model
        self.fingerprint = source.fingerprint
        self.max_tokens = source.max_tokens
        self.dimension = int(model.get_embedding_dimension() or len(self.embed_query("a")))

    def embed_query(self, text: str) -> Vectors:
        """Shape (dimension,)."""
        return self.embed_queries([text])[0]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension)."""
        return self._encode(texts, self._source.query_prompt)

    def embed_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Shape (texts, dimension), in the order given; ``on_progress`` gets the number done."""
        return self._encode(texts, self._source.passage_prompt, on_progress)

    def token_vectors(self, texts: Sequence[str], query: bool = False) -> list[Vectors]:
        """For each text the last hidden states, shape (tokens, dimension), not normalised.

        Prompt and special tokens are included.
        """
        prompt = self._source.query_prompt if query else self._source.passage_prompt
        found = self._model.encode(
            [self._readable(text) for text in texts],
            prompt=prompt,
            batch_size=BATCH,
            output_value="token_embeddings",
            show_progress_bar=False,
        )
        return [np.asarray(tokens, dtype=np.float32) for tokens in found]

    def _encode(
        self,
        texts: Sequence[str],
        prompt: str,
        on_progress: Callable[[int], None] | None = None,
    ) -> Vectors:
        vectors = np.empty((len(texts), getattr(self, "dimension", 0)), dtype=np.float32)
        longest_first = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for start in range(0, len(texts), BATCH):
            numbers = longest_first[start : start + BATCH]
            vectors[numbers] = self._model.encode(
                [self._readable(texts[number]) for number in numbers],
                prompt=prompt,
                batch_size=BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            if on_progress:
                on_progress(start + len(numbers))
        return vectors

    def _readable(self, text: str) -> str:
        """Cut what the model would not read, and replace what is no character (lone surrogates)."""
        text = text[: self.max_tokens * LETTERS_PER_TOKEN]
        return text.encode("utf-8", "replace").decode()


def model_identity(settings: Settings) -> str:
    """The fingerprint of the configured model's vectors, without loading the model."""
    return find_model(settings).fingerprint


def load_tokenizer(settings: Settings) -> Tokenizer:
    """The model's tokenizer alone, without truncation: counting tokens needs no torch."""
    folder = find_model(settings).folder
    file = folder / "tokenizer.json"
    if file.is_file():
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(file))
    from transformers import AutoTokenizer

    loaded: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer: Tokenizer = loaded.backend_tokenizer
    tokenizer.no_truncation()
    return tokenizer


def load_embedder(settings: Settings, threads: int | None = None) -> Embedder:
    """The configured model, on OpenVINO where it can run there, on torch elsewhere.

    ``threads``: how many it may compute with, all cores by default.
    Raises ConfigurationError when the model is not on this machine or gives wrong vectors.
    """
    source = find_model(settings)
    from kb.embedding.backend import load_model

    embedder = Embedder(source, load_model(source, settings, threads))
    if settings.embedding_model == BUNDLED:
        _verify(embedder, source)
    return embedder


def _verify(embedder: Embedder, source: ModelSource) -> None:
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
                folder=str(source.folder),
            )
