"""Words in common count only as far as they tell.

In a base of several languages any word in common pulls up the passages in the question's own
language. What the passages nearest in meaning have in common with the question anyway, language
by language, is therefore taken off again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nlargest

from search.query import SATURATION, WORDS
from search.ranking.scored_passage import Found, best_first

NEAREST = 10
"""Passages of a language, nearest in meaning, that say how many words in common are usual."""


def calibrated(found: Iterable[Found]) -> list[Found]:
    """The passages, best first, with their new scores."""
    by_language: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_language[one.language].append(one)
    for group in by_language.values():
        usual = WORDS * _usual_share(group)
        for one in group:
            one.score -= usual
    return sorted((one for group in by_language.values() for one in group), key=best_first)


def _usual_share(found: Sequence[Found]) -> float:
    """Mean share of words of the passages nearest in meaning; where there are fewer, the missing
    ones count as having none, lest a lone one be measured by itself."""
    nearest = nlargest(NEAREST, found, key=lambda one: one.cosine)
    return sum(_share(one) for one in nearest) / NEAREST


def _share(found: Found) -> float:
    words = found.scores[2] or 0.0
    return words / (words + SATURATION)
