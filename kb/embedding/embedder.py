"""What computes vectors of texts, whichever way: the model in this process, or a service."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from kb.embedding.preparation import Vectors
from kb.embedding.reference import Reference
from kb.embedding.source import ModelSource, find_model
from kb.embedding.together import Together
from kb.embedding.tokens import Tokenizer, encodable, open_tokenizer
from kb.messages import Message
from kb.settings import Settings

__all__ = ["Embedder", "ModelSource", "find_model", "load_embedder", "load_tokenizer"]

REMEMBERED = 1000
"""Question vectors that are cached."""
LETTERS_PER_TOKEN = 100  # no token is this long: text beyond would be cut by the model anyway


class PassageVectors(NamedTuple):
    """``vector``: a passage's, float32, L2-normalised, shape (dimension,). ``parts``: of character
    ranges of it, shape (ranges, dimension), zero where the model read nothing of a range."""

    vector: Vectors
    parts: Vectors


class Embedder(ABC):
    """Computes L2-normalised float32 vectors of queries and passages, with the model's prompts."""

    def __init__(
        self, source: ModelSource, tokenizer: Tokenizer, dimension: int, together: int
    ) -> None:
        """``together``: questions of several threads that are embedded in one call."""
        self._source = source
        self._tokenizer = tokenizer
        self.max_tokens = source.max_tokens
        self.dimension = dimension
        self._together = Together[str, Vectors](self._embed_together, together)
        self._remembered = lru_cache(REMEMBERED)(self._embed_query)

    def count_tokens(self, text: str) -> int:
        """Number of the model's tokens of a text without a prompt, special tokens included."""
        return self._tokenizer.count(text)

    @property
    @abstractmethod
    def precision(self) -> str:
        """The number format in which the model computes, or "service"."""

    @property
    def address(self) -> str | None:
        """Of the service, without what may be secret in it; None if there is none."""
        return None

    def obstacle(self) -> Message | None:
        """Why nothing can be embedded at the moment, or None."""
        return None

    def close(self) -> None:  # noqa: B027 - only a service has something to close
        """Close connections to a service."""

    def embed_query(self, text: str) -> Vectors:
        """Shape (dimension,), read-only. Cached, because paging and filtering repeat the question;
        questions of several threads at the same time are embedded as a batch.

        Raises:
            ServiceUnavailable: a service does not answer at the moment.
            WrongService: it serves another model, or refuses.
        """
        return self._remembered(text)

    def _embed_query(self, text: str) -> Vectors:
        vector = self._together(text)
        vector.flags.writeable = False
        return vector

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension)."""
        return self._encode(texts, self._source.query_prompt)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, dimension), in the order of ``texts``."""
        return self._encode(texts, self._source.passage_prompt)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """As ``embed_passages``, without a prompt."""
        return self._encode(texts, "")

    @abstractmethod
    def embed_parts(
        self, texts: Sequence[str], ranges: Sequence[Sequence[tuple[int, int]]]
    ) -> Iterator[tuple[int, PassageVectors]]:
        """Index and vectors of each passage, in any order. ``ranges[n]``: character ranges of text
        n that get a vector of their own."""

    @abstractmethod
    def _embed_together(self, texts: Sequence[str]) -> list[Vectors]:
        """Few and short questions, whatever their lengths."""

    @abstractmethod
    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors: ...

    def _readable(self, text: str) -> str:
        """Cut text beyond the model's limit and replace lone surrogates."""
        return encodable(text[: self.max_tokens * LETTERS_PER_TOKEN])


def load_tokenizer(settings: Settings) -> Tokenizer:
    """The model's tokenizer alone, which does not need torch."""
    return open_tokenizer(find_model(settings).folder)


def load_embedder(
    settings: Settings,
    threads: int | None = None,
    *,
    reference: Callable[[], Reference | None] = lambda: None,
) -> Embedder:
    """The configured service or, without one, the model on OpenVINO if supported, else on torch.

    ``threads``: number of threads of the model, default all cores. ``reference`` gives the vectors
    that a service must give too. Raises ConfigurationError if the model is missing or computes
    wrong vectors.
    """
    if settings.embedding_url:
        from kb.embedding.service.embedder import connect

        return connect(settings, reference)
    from kb.embedding.local import load_local_embedder

    return load_local_embedder(settings, threads)
