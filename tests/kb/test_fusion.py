"""The weighted sum of what the arms of a hybrid query find, with an engine made of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from kb.domain import Visibility
from kb.vectors.base import Arm, Filter, HybridQuery, SparseVector
from kb.vectors.hybrid import Nearest, Scored, search

SATURATION = 40.0
DENSE = np.ones(2, np.float32)
WORDS = SparseVector([1], [1.0])
OWN = Arm(DENSE, 0.85, languages=frozenset({"it"}))
OTHERS = Arm(DENSE, 1.0, except_languages=frozenset({"it"}))
LEXICAL = Arm(WORDS, 0.5)

Table = Mapping[int, Mapping[str, float]]


class Engine:
    """Answers from a table: number of the arm → id → score. Keeps what it was asked."""

    def __init__(self, arms: Sequence[Arm], table: Table) -> None:
        self.by_arm = {id(arm): table.get(number, {}) for number, arm in enumerate(arms)}
        self.asked: list[list[Nearest]] = []

    def __call__(self, questions: Sequence[Nearest]) -> list[list[Scored]]:
        self.asked.append(list(questions))
        return [self._nearest(question) for question in questions]

    def _nearest(self, question: Nearest) -> list[Scored]:
        scores = self.by_arm[id(question.arm)]
        among = [pair for pair in scores.items() if question.ids is None or pair[0] in question.ids]
        return sorted(among, key=lambda pair: -pair[1])[: question.limit]


def query(*arms: Arm, limit: int = 10, depth: int = 10, saturation: float = SATURATION):
    where = Filter(frozenset(Visibility), {}, None)
    return HybridQuery(arms=arms, filter=where, limit=limit, depth=depth, saturation=saturation)


def fused(arms: Sequence[Arm], table: Table, **fields) -> dict[str, float]:
    (hits,) = search(Engine(arms, table), [query(*arms, **fields)])
    return {hit.id: hit.score for hit in hits}


def test_the_score_is_the_weighted_sum_with_bm25_saturated() -> None:
    """40 is half of what words can add: 0.85 · 0.6 + 0.5 · 40 / (40 + 40)."""
    arms = (OWN, OTHERS, LEXICAL)
    scores = fused(arms, {0: {"a": 0.6}, 1: {"b": 0.6}, 2: {"a": 40.0}})
    assert scores == pytest.approx({"a": 0.85 * 0.6 + 0.5 * 0.5, "b": 0.6})


def test_the_best_come_first_and_equal_ones_by_id() -> None:
    scores = fused((OTHERS,), {0: {"c": 0.9, "b": 0.5, "a": 0.5, "d": -0.2}})
    assert list(scores) == ["c", "a", "b", "d"]


def test_words_add_at_most_the_weight_of_their_arm() -> None:
    arms = (OTHERS, LEXICAL)
    scores = fused(arms, {0: {"a": 0.0}, 1: {"a": 1e9}})
    assert scores["a"] == pytest.approx(0.5, abs=1e-6)


def test_more_words_never_count_less() -> None:
    arms = (OTHERS, LEXICAL)
    table = {0: dict.fromkeys("abc", 0.3), 1: {"a": 5.0, "b": 20.0, "c": 80.0}}
    scores = fused(arms, table)
    assert scores["a"] < scores["b"] < scores["c"]


def test_without_saturation_scores_are_added_as_they_are() -> None:
    scores = fused((OTHERS, LEXICAL), {0: {"a": 0.3}, 1: {"a": 2.0}}, saturation=0.0)
    assert scores == pytest.approx({"a": 0.3 + 0.5 * 2.0})


def test_what_only_words_found_is_also_scored_by_meaning() -> None:
    """Beyond the depth of the dense arm, yet not treated as having no likeness."""
    arms = (OTHERS, LEXICAL)
    scores = fused(arms, {0: {"a": 0.9, "b": 0.4}, 1: {"b": 40.0}}, depth=1)
    assert scores == pytest.approx({"a": 0.9, "b": 0.4 + 0.25})


def test_a_hit_says_which_arm_found_it_with_which_score() -> None:
    arms = (OWN, OTHERS, LEXICAL)
    (hits,) = search(Engine(arms, {0: {"a": 0.6}, 2: {"a": 7.0}}), [query(*arms)])
    assert [hit.scores for hit in hits] == [(0.6, None, 7.0)]


def test_only_the_limit_comes_back() -> None:
    scores = fused((OTHERS,), {0: {"a": 0.1, "b": 0.3, "c": 0.2}}, limit=2)
    assert list(scores) == ["b", "c"]


def test_a_question_without_words_does_not_ask_for_them() -> None:
    empty = Arm(SparseVector([], []), 0.5)
    engine = Engine((OTHERS, empty), {0: {"a": 0.5}})
    search(engine, [query(OTHERS, empty)])
    assert all(one.arm is not empty for asked in engine.asked for one in asked)


def test_arms_of_different_languages_are_not_asked_about_each_others_points() -> None:
    engine = Engine((OWN, OTHERS), {0: {"a": 0.5}, 1: {"b": 0.5}})
    search(engine, [query(OWN, OTHERS)])
    assert all(one.ids is None for asked in engine.asked for one in asked)
