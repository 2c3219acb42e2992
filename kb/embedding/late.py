"""Vectors of sentences that have seen their whole passage, at no extra cost.

The model runs once over the passage; the mean of a sentence's token vectors is its vector (Günther
et al. 2024, Late Chunking: Contextual Chunk Embeddings Using Long-Context Embedding Models).
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
"""A component of a vector of length 1 is stored as a whole number of 127ths."""


@dataclass(frozen=True)
class LateVectors:
    """``passages`` has shape (texts, dimension). Per text: the character ranges of its sentences,
    counted from where its body begins, and their vectors, int8 of shape (sentences, dimension).
    Where a contextual header stands before the body, its vector comes last and has no range."""

    passages: NDArray[np.float32]
    spans: list[list[tuple[int, int]]]
    sentences: list[NDArray[np.int8]]


def embed_with_sentences(
    embedder: Embedder,
    texts: Sequence[str],
    bodies: Sequence[int],
    on_progress: Callable[[int], None] | None = None,
) -> LateVectors:
    """Embed passages with each sentence of the text from ``bodies[n]`` on, and the contextual
    header before it."""
    spans = [sentences(text[body:]) for text, body in zip(texts, bodies, strict=True)]
    pooled: list[NDArray[np.int8]] = [np.empty((0, embedder.dimension), np.int8)] * len(texts)
    passages = np.empty((len(texts), embedder.dimension), np.float32)
    for done, (number, tokens) in enumerate(embedder.run(texts), start=1):
        passages[number] = tokens.vector
        body = bodies[number]
        ranges = [(start + body, end + body) for start, end in spans[number]]
        if body:
            ranges.append((0, body))
        pooled[number] = _pool(tokens.states, tokens.offsets, ranges)
        if on_progress:
            on_progress(done)
    return LateVectors(passages, spans, pooled)


def normalize_vectors(
    vectors: LateVectors, preparation: LanguageNormalizer, languages: Sequence[str]
) -> LateVectors:
    """The vectors as they are stored and compared; ``languages`` has one code per passage."""
    counts = [len(own) for own in vectors.sentences]
    spoken = [code for code, n in zip(languages, counts, strict=True) for _ in range(n)]
    nothing = np.empty((0, vectors.passages.shape[1]), np.int8)
    together = np.concatenate([nothing, *vectors.sentences])
    moved = preparation.passages(together.astype(np.float32) / np.float32(INT8_SCALE), spoken)
    moved *= np.any(together, axis=1, keepdims=True)  # what was not read stays zero
    return LateVectors(
        preparation.passages(vectors.passages, languages),
        vectors.spans,
        np.split(_quantized(moved), np.cumsum(counts))[:-1],
    )


def _pool(
    states: NDArray[np.float32],
    offsets: NDArray[np.int64],
    ranges: Sequence[tuple[int, int]],
) -> NDArray[np.int8]:
    """Mean state of the tokens of each range, of length 1; zero where the model read nothing."""
    vectors = np.zeros((len(ranges), states.shape[1]), np.float32)
    starts, ends = offsets[:, 0], offsets[:, 1]
    for number, (start, end) in enumerate(ranges):
        inside = (starts < end) & (ends > start)
        if inside.any():
            mean = states[inside].mean(axis=0)
            vectors[number] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return _quantized(vectors)


def cosines(stored: Sequence[bytes], question: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the question, shape (dimension,), and every stored sentence, shape (sentences,)."""
    vectors = np.frombuffer(b"".join(stored), np.int8).reshape(-1, question.size)
    return np.asarray(vectors @ (question / np.float32(INT8_SCALE)), np.float32)


def _quantized(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.rint(vectors * INT8_SCALE).astype(np.int8)
