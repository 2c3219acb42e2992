"""Subtract, per language, the BM25 share that is usual for passages near the question in meaning.

In a base of several languages any shared word pulls up passages in the question's own language.
The mean share of the passages nearest in meaning is therefore subtracted language by language, so
that sharing the question's language alone earns nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nlargest

from search.query import LEXICAL_WEIGHT, SATURATION
from search.ranking.scored_passage import ScoredPassage, sort_best_first

NEAREST = 5
"""Passages of a language, nearest in meaning, whose mean share is subtracted."""


def subtract_lexical_baseline(passages: Iterable[ScoredPassage]) -> list[ScoredPassage]:
    """Lower every ``score`` by its language's baseline; the passages are returned best first."""
    by_language: dict[str, list[ScoredPassage]] = defaultdict(list)
    for passage in passages:
        by_language[passage.language].append(passage)
    for group in by_language.values():
        baseline = LEXICAL_WEIGHT * _mean_share_of_nearest(group)
        for passage in group:
            passage.score -= baseline
    return sort_best_first(passage for group in by_language.values() for passage in group)


def _mean_share_of_nearest(passages: Sequence[ScoredPassage]) -> float:
    """Where a language has fewer than ``NEAREST`` passages, the missing ones count as 0, so that a
    single passage is not measured against itself."""
    nearest = nlargest(NEAREST, passages, key=lambda passage: passage.cosine)
    return sum(map(_lexical_share, nearest)) / NEAREST


def _lexical_share(passage: ScoredPassage) -> float:
    """BM25 score ``s`` as ``s / (s + SATURATION)``, from 0 to 1."""
    bm25 = passage.scores.lexical or 0.0
    return bm25 / (bm25 + SATURATION)
