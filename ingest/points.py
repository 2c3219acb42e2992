"""Passages and their vectors as the points that stand for them in the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.split import header
from kb.domain import Facets, Passage
from kb.services import Services
from kb.vectors import Point, Vector


def embedded_text(title: str, passage: Passage) -> str:
    """What is embedded: the passage under a contextual header, which is shown apart."""
    return header(title, passage.heading_path) + passage.text


def points_of(
    services: Services,
    facets: Facets,
    title: str,
    passages: Sequence[Passage],
    vectors: Vector,
) -> list[Point]:
    """One point per passage. ``vectors`` has shape (passages, dimension), as the model made them."""
    prepared = services.preparation.passages(vectors, [passage.language for passage in passages])
    return [
        Point(
            id=passage.id,
            dense=vector,
            sparse=services.bm25.passage(embedded_text(title, passage), passage.language),
            facets=replace(facets, language=passage.language),
        )
        for passage, vector in zip(passages, prepared, strict=True)
    ]
