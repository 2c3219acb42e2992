"""What a loaded model offers, whatever computes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.embedding.preparation import Vectors


class TextStates(NamedTuple):
    """``vector``: a text's vector, shape (dimension,). ``tokens``: last hidden states of its
    tokens, shape (tokens, dimension), with those of padding at the end."""

    vector: Vectors
    tokens: Vectors


class Model(ABC):
    """Computes one batch of texts at a time, float32."""

    dimension: int
    """Of the vectors of texts."""
    precision: str
    """The number format in which it computes."""

    @abstractmethod
    def encode(self, texts: Sequence[str], prompt: str, kept: int | None) -> Vectors:
        """L2-normalised vectors of their first ``kept`` dimensions, default all; shape (texts,
        dimension). Each text is read with ``prompt`` before it."""

    @abstractmethod
    def encode_tokens(self, texts: Sequence[str], prompt: str) -> Iterator[TextStates]:
        """Vectors of all dimensions, of any length, and states of the tokens of ``prompt`` and text
        together, in the order of ``texts``."""
