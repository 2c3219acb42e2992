"""Subtract, per language, the BM25 share that is usual for passages near the question in meaning.

In a base of several languages any shared word pulls up passages in the question's own language. The
share of those that have most words in common, of the passages nearest in meaning, is therefore
subtracted language by language, so that sharing the question's language alone earns nothing. A card
says the same in two languages: neither of them may pass for one in which it has few words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nlargest

from kb.domain import Kind
from search.query import LEXICAL_WEIGHT, SATURATION
from search.ranking.scored_passage import ScoredPassage, sort_best_first

NEAREST = 10
"""Passages of a language, nearest in meaning, whose shares are looked at."""
LARGEST = 3
"""Of these shares, the largest, whose mean is subtracted."""


def subtract_lexical_baseline(
    passages: Iterable[ScoredPassage], question_language: str
) -> list[ScoredPassage]:
    """Lower every ``score`` by its language's baseline, those of cards at least by that of the
    question's language; the passages are returned best first."""
    by_language: dict[str, list[ScoredPassage]] = defaultdict(list)
    for passage in passages:
        by_language[passage.language].append(passage)
    baselines = {
        language: LEXICAL_WEIGHT * _usual_share(group) for language, group in by_language.items()
    }
    of_cards = baselines.get(question_language, 0.0)
    for language, group in by_language.items():
        for passage in group:
            is_card = passage.item.kind is Kind.PRACTICE
            passage.score -= max(baselines[language], of_cards if is_card else 0.0)
    return sort_best_first(passage for group in by_language.values() for passage in group)


def _usual_share(passages: Sequence[ScoredPassage]) -> float:
    """Where a language has fewer than ``LARGEST`` passages, the missing ones count as 0, so that a
    single passage is not measured against itself."""
    nearest = nlargest(NEAREST, passages, key=lambda passage: passage.cosine)
    return sum(nlargest(LARGEST, map(_lexical_share, nearest))) / LARGEST


def _lexical_share(passage: ScoredPassage) -> float:
    """BM25 score ``s`` as ``s / (s + SATURATION)``, from 0 to 1."""
    bm25 = passage.scores.lexical or 0.0
    return bm25 / (bm25 + SATURATION)
