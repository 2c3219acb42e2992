"""Convert passages and their vectors to SQL rows and index points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace

from ingest.text.split import contextual_header
from kb.domain import FilterValues, Passage
from kb.embedding.late import LateVectors, normalize_vectors
from kb.runtime.services import Services
from kb.storage.tables import PassageRow
from kb.vectors.opening import Point


def embedded_texts(title: str, passages: Sequence[Passage]) -> tuple[list[str], list[int]]:
    """Texts to embed (contextual header plus passage), and for each the offset at which the passage
    begins."""
    headers = [contextual_header(title, passage.heading_path) for passage in passages]
    texts = [head + passage.text for head, passage in zip(headers, passages, strict=True)]
    return texts, [len(head) for head in headers]


def prepared_for(
    services: Services, passages: Sequence[Passage], vectors: LateVectors
) -> LateVectors:
    """Normalise the vectors of passages for storage and comparison."""
    return normalize_vectors(
        vectors, services.preparation, [passage.language for passage in passages]
    )


def points_of(
    services: Services,
    filters: FilterValues,
    title: str,
    passages: Sequence[Passage],
    vectors: LateVectors,
) -> list[Point]:
    """One point for each passage; ``vectors`` are normalised."""
    texts, _ = embedded_texts(title, passages)
    return [
        Point(
            id=passage.id,
            dense=vector,
            sparse=services.bm25.passage(text, passage.language),
            filters=replace(filters, values=_passage_values(filters.values, passage)),
        )
        for passage, vector, text in zip(passages, vectors.passages, texts, strict=True)
    ]


def _passage_values(
    values: Mapping[str, tuple[str, ...]], passage: Passage
) -> Mapping[str, tuple[str, ...]]:
    """The item's filter values with the language replaced by the passage's own."""
    return {**values, "language": (passage.language,)}


def rows_of(item_id: str, passages: Sequence[Passage], vectors: LateVectors) -> list[PassageRow]:
    """One row for each passage, with the ranges and vectors of its sentences."""
    return [
        PassageRow(
            id=passage.id,
            item_id=item_id,
            ordinal=passage.ordinal,
            text=passage.text,
            heading_path=list(passage.heading_path),
            language=passage.language,
            spans=[list(astuple(span)) for span in passage.spans],
            sentences=[list(span) for span in spans],
            sentence_vectors=sentence_vectors.tobytes(),
        )
        for passage, spans, sentence_vectors in zip(
            passages, vectors.spans, vectors.sentences, strict=True
        )
    ]
