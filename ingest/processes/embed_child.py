"""Target function of the embedding child, which loads the model once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from kb.embedding.embedder import Embedder, load_embedder
from kb.embedding.late import LateVectors, embed_with_sentences
from kb.embedding.reference import Reference
from kb.embedding.service.errors import WrongService, is_away
from kb.processors import count_processors
from kb.settings import Settings

_references: dict[Settings, Reference | None] = {}


@dataclass(frozen=True)
class EmbedRequest:
    """Arguments of ``kb.embedding.late.embed_with_sentences``. ``reference``: what a service must
    give for the reference texts, if that is known."""

    settings: Settings
    texts: tuple[str, ...]
    bodies: tuple[int, ...]
    reference: Reference | None = None


@dataclass(frozen=True)
class Embedded:
    """``LateVectors`` as bytes: ``passages`` float32, ``sentences`` int8 for each passage."""

    dimension: int
    passages: bytes
    spans: list[list[tuple[int, int]]]
    sentences: list[bytes]

    @classmethod
    def of(cls, vectors: LateVectors) -> Embedded:
        return cls(
            vectors.passages.shape[1],
            vectors.passages.tobytes(),
            vectors.spans,
            [part.tobytes() for part in vectors.sentences],
        )

    def vectors(self) -> LateVectors:
        return LateVectors(
            np.frombuffer(self.passages, np.float32).reshape(-1, self.dimension),
            self.spans,
            [np.frombuffer(part, np.int8).reshape(-1, self.dimension) for part in self.sentences],
        )


def embed(request: EmbedRequest, report: Callable[[int], None]) -> Embedded:
    """Raises ServiceUnavailable where a service is away, for which the parent waits, or serves
    another model, which is not the document's fault either."""
    _references[request.settings] = request.reference
    embedder = _embedder(request.settings)
    try:
        made = embed_with_sentences(embedder, request.texts, request.bodies, report)
    except WrongService as error:
        raise is_away(error) from error
    return Embedded.of(made)


@cache
def _embedder(settings: Settings) -> Embedder:
    return load_embedder(
        settings, threads=count_processors(), reference=lambda: _references[settings]
    )
