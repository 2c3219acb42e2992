"""How well the verdict on a question fits whether anything in a test set answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.results import AnswerVerdict

BINS = 10
"""Of the reliability table, equally wide."""


@dataclass(frozen=True)
class JudgedQuery:
    """``relevance`` is that of the most relevant item found, 0 where none was."""

    relevance: float
    verdict: AnswerVerdict
    answerable: bool


@dataclass(frozen=True)
class VerdictCount:
    """How many queries got a verdict, of those that something answers and of the others."""

    verdict: AnswerVerdict
    answerable: int
    unanswerable: int


@dataclass(frozen=True)
class ReliabilityBin:
    """Queries whose relevance lies between ``low`` and ``high``: the mean of it, and the share of
    them that something answers."""

    low: float
    high: float
    queries: int
    mean: float
    answerable: float


@dataclass(frozen=True)
class VerdictQuality:
    """``auc``: the probability that a query that something answers has the higher relevance than
    one that nothing answers; None where there are not both."""

    answerable: int
    unanswerable: int
    auc: float | None
    counts: tuple[VerdictCount, ...]
    reliability: tuple[ReliabilityBin, ...]

    def precision(self, verdict: AnswerVerdict) -> float | None:
        """Of the queries with the verdict, the share it is right for: those that something answers,
        for “nothing” the others. None where no query has it."""
        count = self._count(verdict)
        total = count.answerable + count.unanswerable
        return self._right(count) / total if total else None

    def recall(self, verdict: AnswerVerdict) -> float | None:
        """Of the queries that the verdict is right for, the share that gets it."""
        of = self.unanswerable if verdict is AnswerVerdict.NOTHING else self.answerable
        return self._right(self._count(verdict)) / of if of else None

    def _count(self, verdict: AnswerVerdict) -> VerdictCount:
        return next(count for count in self.counts if count.verdict is verdict)

    @staticmethod
    def _right(count: VerdictCount) -> int:
        nothing = count.verdict is AnswerVerdict.NOTHING
        return count.unanswerable if nothing else count.answerable


def measure_verdicts(judged: Sequence[JudgedQuery]) -> VerdictQuality:
    answerable = np.array([one.answerable for one in judged], bool)
    relevance = np.array([one.relevance for one in judged], float)
    counts = tuple(
        VerdictCount(
            verdict,
            sum(one.answerable for one in judged if one.verdict is verdict),
            sum(not one.answerable for one in judged if one.verdict is verdict),
        )
        for verdict in AnswerVerdict
    )
    return VerdictQuality(
        int(answerable.sum()),
        int((~answerable).sum()),
        area_under_curve(relevance, answerable),
        counts,
        _reliability(relevance, answerable),
    )


def area_under_curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve, by the rank sum (Mann and Whitney 1947); ties count half."""
    above, below = scores[positive], scores[~positive]
    if not len(above) or not len(below):
        return None
    difference = above[:, np.newaxis] - below[np.newaxis, :]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def _reliability(
    relevance: NDArray[np.float64], answerable: NDArray[np.bool_]
) -> tuple[ReliabilityBin, ...]:
    """The bins that have queries."""
    numbers = np.minimum((relevance * BINS).astype(int), BINS - 1)
    return tuple(
        ReliabilityBin(
            number / BINS,
            (number + 1) / BINS,
            int(inside.sum()),
            float(relevance[inside].mean()),
            float(answerable[inside].mean()),
        )
        for number in range(BINS)
        if (inside := numbers == number).any()
    )
