"""The last word on the order of passages: words in common count only as far as they tell.

In a base of several languages any word in common pulls up the passages in the question's own
language. What the passages nearest in meaning have in common with the question anyway, language
by language, is therefore taken off again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kb.vectors import Hit
from search.query import SATURATION, WORDS

NEAREST = 10
"""Passages of a language, nearest in meaning, that say how many words in common are usual."""


def ranked(hits: Sequence[Hit]) -> list[Hit]:
    """Hits best first."""
    by_language: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_language[hit.language].append(hit)
    calibrated = [
        hit._replace(score=hit.score - usual)
        for group in by_language.values()
        for usual in [WORDS * _usual_share(group)]
        for hit in group
    ]
    return sorted(calibrated, key=lambda hit: (-hit.score, hit.id))


def likeness(hit: Hit) -> float:
    """Cosine of question and passage: the score of whichever dense arm the hit belongs to."""
    return max(score for score in (*hit.scores[:2], -1.0) if score is not None)


def _usual_share(hits: Sequence[Hit]) -> float:
    """Mean share of words of the hits nearest in meaning; where there are fewer, the missing ones
    count as having none, lest a lone hit be measured by itself."""
    nearest = sorted(hits, key=likeness, reverse=True)[:NEAREST]
    return sum(_share(hit) for hit in nearest) / NEAREST


def _share(hit: Hit) -> float:
    words = hit.scores[2] or 0.0
    return words / (words + SATURATION)
