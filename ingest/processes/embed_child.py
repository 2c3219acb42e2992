"""What runs in the embedding child: the model, loaded once, and the vectors of one item."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from kb.embedding.embedder import Embedder, load_embedder
from kb.embedding.late import LateVectors, embed_with_sentences
from kb.settings import Settings


@dataclass(frozen=True)
class EmbedRequest:
    """See ``kb.embedding.late.embed_with_sentences``."""

    settings: Settings
    texts: tuple[str, ...]
    bodies: tuple[int, ...]


def embed(request: EmbedRequest, report: Callable[[int], None]) -> LateVectors:
    return embed_with_sentences(_embedder(request.settings), request.texts, request.bodies, report)


@cache
def _embedder(settings: Settings) -> Embedder:
    return load_embedder(settings, threads=os.cpu_count())
