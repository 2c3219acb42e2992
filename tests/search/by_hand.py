"""Passages and items with numbers made up, for rules of ranking that need no model and no index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kb.domain import Kind
from search.query import PerArm
from search.ranking.grouping import RankedItem
from search.ranking.scored_passage import ItemFields, PassageText, ScoredPassage


def item_fields(name: str = "d", kind: Kind = Kind.DOCUMENT, **fields: object) -> ItemFields:
    """An item; ``fields`` replace those of ``ItemFields``."""
    known = {
        "id": name, "kind": kind, "title": name, "language": "it", "country": "IT",
        "year": 2020, "themes": (), "values": {},
    }  # fmt: skip
    return ItemFields(**(known | fields))


def passage(
    name: str,
    score: float = 0.0,
    *,
    language: str = "it",
    own: float | None = None,
    other: float | None = None,
    lexical: float | None = None,
    item: ItemFields | None = None,
) -> ScoredPassage:
    """A passage with the scores of the arms that found it."""
    return ScoredPassage(
        name, language, score, PerArm(own, other, lexical), item or item_fields(f"of-{name}")
    )


def with_sentences(
    loaded: ScoredPassage, sentences: Sequence[str], cosines: Sequence[float]
) -> ScoredPassage:
    """The passage with its text loaded: one cosine with the question for each sentence."""
    spans, position = [], 0
    for sentence in sentences:
        spans.append((position, position + len(sentence)))
        position += len(sentence) + 1
    loaded.content = PassageText(loaded.id, " ".join(sentences), [], [(1, 0, position)], spans, b"")
    loaded.sentence_cosines = np.array(cosines, np.float32)
    return loaded


def ranked(name: str, score: float, best: ScoredPassage) -> RankedItem:
    """An item with one passage."""
    return RankedItem(best.item, frozenset({best.language}), score, (best,))
