"""Sentence vectors computed with the context of their passage (late chunking).

The model runs once over the passage, and a sentence's vector is the mean of its token vectors
(Günther et al. 2024, Late Chunking: Contextual Chunk Embeddings Using Long-Context Embedding
Models). Where a service computes the vectors, there are no token vectors: see
``kb.embedding.service.embedder``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.embedding.embedder import Embedder
from kb.embedding.preparation import LanguageNormalizer
from kb.text.sentences import sentences

INT8_SCALE = 127
"""Components of normalised vectors, -1 to 1, are stored as int8 after multiplication by this."""


@dataclass(frozen=True)
class LateVectors:
    """Vectors of passages and of their sentences.

    ``passages``: float32, shape (texts, dimension). For each text, ``spans``: character ranges of
    its sentences relative to the body, and ``sentences``: their vectors, int8, shape (sentences,
    dimension). If the text has a contextual header, the header's vector is last, without a span.
    """

    passages: NDArray[np.float32]
    spans: list[list[tuple[int, int]]]
    sentences: list[NDArray[np.int8]]


def embed_with_sentences(
    embedder: Embedder,
    texts: Sequence[str],
    bodies: Sequence[int],
    on_progress: Callable[[int], None] | None = None,
) -> LateVectors:
    """Embed passages, their sentences and their contextual headers. ``bodies[n]``: offset in text n
    at which the body begins, after the header."""
    spans = [sentences(text[body:]) for text, body in zip(texts, bodies, strict=True)]
    ranges = [
        [(start + body, end + body) for start, end in own] + ([(0, body)] if body else [])
        for own, body in zip(spans, bodies, strict=True)
    ]
    pooled: list[NDArray[np.int8]] = [np.empty((0, embedder.dimension), np.int8)] * len(texts)
    passages = np.empty((len(texts), embedder.dimension), np.float32)
    for done, (number, found) in enumerate(embedder.embed_parts(texts, ranges), start=1):
        passages[number] = found.vector
        pooled[number] = _quantize(found.parts)
        if on_progress:
            on_progress(done)
    return LateVectors(passages, spans, pooled)


def normalize_vectors(
    vectors: LateVectors, preparation: LanguageNormalizer, languages: Sequence[str]
) -> LateVectors:
    """Apply the language normalisation to passage and sentence vectors. ``languages``: one code per
    passage."""
    counts = [len(own) for own in vectors.sentences]
    spoken = [code for code, n in zip(languages, counts, strict=True) for _ in range(n)]
    nothing = np.empty((0, vectors.passages.shape[1]), np.int8)
    together = np.concatenate([nothing, *vectors.sentences])
    moved = preparation.passages(together.astype(np.float32) / np.float32(INT8_SCALE), spoken)
    moved *= np.any(
        together, axis=1, keepdims=True
    )  # sentences the model did not read keep a zero vector
    return LateVectors(
        preparation.passages(vectors.passages, languages),
        vectors.spans,
        np.split(_quantize(moved), np.cumsum(counts))[:-1],
    )


def cosines(stored: Sequence[bytes], question: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine of the question, shape (dimension,), with each stored sentence, shape (sentences,),
    float32."""
    vectors = np.frombuffer(b"".join(stored), np.int8).reshape(-1, question.size)
    return np.asarray(vectors @ (question / np.float32(INT8_SCALE)), np.float32)


def _quantize(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.rint(vectors * INT8_SCALE).astype(np.int8)
