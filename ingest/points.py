"""Passages and their vectors as rows in SQL and as points in the index."""

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
    """What is embedded, passages under a contextual header which is shown apart; and where in
    each text the passage itself begins."""
    headers = [contextual_header(title, passage.heading_path) for passage in passages]
    texts = [head + passage.text for head, passage in zip(headers, passages, strict=True)]
    return texts, [len(head) for head in headers]


def prepared_for(
    services: Services, passages: Sequence[Passage], vectors: LateVectors
) -> LateVectors:
    """The vectors of passages as they are stored and compared."""
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
    """One point per passage; the vectors are prepared."""
    texts, _ = embedded_texts(title, passages)
    return [
        Point(
            id=passage.id,
            dense=vector,
            sparse=services.bm25.passage(text, passage.language),
            filters=replace(filters, values=_of_passage(filters.values, passage)),
        )
        for passage, vector, text in zip(passages, vectors.passages, texts, strict=True)
    ]


def _of_passage(
    values: Mapping[str, tuple[str, ...]], passage: Passage
) -> Mapping[str, tuple[str, ...]]:
    """The values of an item with the passage's own language."""
    return {**values, "language": (passage.language,)}


def rows_of(item_id: str, passages: Sequence[Passage], vectors: LateVectors) -> list[PassageRow]:
    """One row per passage, with the sentences that evidence is chosen from."""
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
