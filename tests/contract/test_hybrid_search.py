"""What every vector index finds, against the definitions of cosine, BM25 and the fusions."""

import math
from collections import Counter

import numpy as np
import pytest

from kb.vectors.opening import EVERYTHING, Arm, Filter, HybridQuery, Point, SparseVector
from tests.contract.points import DIMENSION, PUBLIC, admits, random_points, terms, unit

POINTS = random_points(300)


def language_of(point: Point) -> str:
    return "".join(point.filters.values.get("language", ()))


def arm_scores(arm: Arm, admitted: list[Point], everything: list[Point]) -> dict[str, float]:
    confined = [
        p
        for p in admitted
        if (arm.languages is None or language_of(p) in arm.languages)
        and language_of(p) not in arm.except_languages
    ]
    if not arm.sparse:
        return {p.id: float(unit(arm.vector) @ p.dense) for p in confined}
    frequency = Counter(term for p in everything for term in p.sparse.indices)

    def score(p: Point) -> float:
        weights = dict(zip(p.sparse.indices, p.sparse.values, strict=True))
        return sum(
            weights[term]
            * math.log(1 + (len(everything) - frequency[term] + 0.5) / (frequency[term] + 0.5))
            for term in arm.vector.indices
            if term in weights
        )

    return {p.id: score(p) for p in confined if set(p.sparse.indices) & set(arm.vector.indices)}


def expected_hits(query: HybridQuery, points: list[Point]) -> dict[str, float]:
    admitted = [p for p in points if admits(query.filter, p.filters)]
    scores = [arm_scores(arm, admitted, points) for arm in query.arms]
    best = [sorted(found, key=lambda id: -found[id])[: query.depth] for found in scores]
    totals: Counter = Counter()
    for id in {id for ids in best for id in ids}:
        for arm, found in zip(query.arms, scores, strict=True):
            share = found.get(id, 0)
            if arm.sparse and query.saturation:
                share /= share + query.saturation
            totals[id] += arm.weight * share
    return dict(totals.most_common(query.limit))


def arms_of(seed: int) -> tuple[Arm, ...]:
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=DIMENSION).astype(np.float32)
    italian = frozenset({"it"})
    words = terms(rng, 5, query=True)
    return (
        Arm(dense),
        Arm(words, 0.4, languages=italian),
        Arm(words, 0.05, except_languages=italian),
    )


@pytest.mark.parametrize("saturation", [0.0, 4.0])
@pytest.mark.parametrize("depth", [10, 400])
def test_hits_and_scores_are_those_of_the_definition(filled, saturation, depth):
    queries = [
        HybridQuery(arms_of(seed), Filter(PUBLIC), 20, depth, saturation) for seed in range(6)
    ]
    for query, hits in zip(queries, filled.search_batch(queries), strict=True):
        expected = expected_hits(query, POINTS)
        assert [h.score for h in hits] == pytest.approx(list(expected.values()), abs=1e-4)
        assert [hit.score for hit in hits] == sorted((h.score for h in hits), reverse=True)
        assert {h.id: h.score for h in hits} == pytest.approx(expected, abs=1e-4)


def test_each_hit_says_what_each_arm_gave(filled):
    arms = arms_of(2)
    scores = [arm_scores(arm, POINTS, POINTS) for arm in arms]
    query = HybridQuery(arms, EVERYTHING, 30, 30)
    for hit in filled.search(query):
        told = [s for s in hit.scores if s is not None]
        assert told == pytest.approx([s[hit.id] for s in scores if hit.id in s], abs=1e-4)
        assert hit.score == pytest.approx(
            sum(arm.weight * (s or 0) for arm, s in zip(arms, hit.scores, strict=True))
        )


def test_an_arm_without_words_leaves_the_others_alone(filled):
    dense, *_ = arms_of(1)
    silent = Arm(SparseVector((), ()))
    alone = filled.search(HybridQuery((dense,), EVERYTHING))
    assert [h.id for h in filled.search(HybridQuery((dense, silent), EVERYTHING))] == [
        h.id for h in alone
    ]
    assert filled.search(HybridQuery((silent,), EVERYTHING)) == []


def test_a_batch_answers_like_its_queries_one_by_one(filled):
    queries = [HybridQuery(arms_of(seed), Filter(PUBLIC)) for seed in range(4)]
    for together, query in zip(filled.search_batch(queries), queries, strict=True):
        alone = filled.search(query)
        assert [hit.id for hit in together] == [hit.id for hit in alone]
        # A matrix product may sum in another order than a vector product.
        assert [hit.score for hit in together] == pytest.approx([h.score for h in alone], abs=1e-6)
    assert filled.search_batch([]) == []


def test_nothing_is_near_a_vector_of_zeros(filled):
    words = terms(np.random.default_rng(1), 5, query=True)
    nowhere = Arm(np.zeros(DIMENSION, np.float32))
    by_words = HybridQuery((Arm(words, 0.4),), Filter(PUBLIC), 20)
    with_nowhere = HybridQuery((nowhere, Arm(words, 0.4)), Filter(PUBLIC), 20)
    alone, both, nothing = filled.search_batch(
        [by_words, with_nowhere, HybridQuery((nowhere,), Filter(PUBLIC), 20)]
    )
    assert [(hit.id, hit.score) for hit in both] == [(hit.id, hit.score) for hit in alone]
    assert all(hit.scores[0] is None for hit in both)
    assert nothing == []
