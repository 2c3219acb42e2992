"""Plans, conditions and points in the words of Qdrant Edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import qdrant_edge as edge

from kb.vectors.base import Point, SparseVector, Vector
from kb.vectors.plan import (
    DENSE,
    SPARSE,
    AnyOf,
    Between,
    Conditions,
    Nearest,
    Ranks,
    Stage,
    Term,
    WeightedSum,
    payload,
)

if TYPE_CHECKING:
    from qdrant_edge import ConditionType, ScoringQueryType


def edge_point(point: Point) -> edge.Point:
    vectors: dict[str, Any] = {DENSE: point.dense.tolist(), SPARSE: _vector(point.sparse)}
    return edge.Point(point.id, vectors, payload(point.facets))


def edge_request(stage: Stage, with_payload: list[str]) -> edge.QueryRequest:
    return edge.QueryRequest(
        limit=stage.limit,
        query=_score(stage),
        prefetches=[_prefetch(inner) for inner in stage.inner],
        filter=edge_filter(stage.where),
        with_payload=with_payload,
    )


def edge_filter(where: Conditions) -> edge.Filter:
    return edge.Filter(
        must=[_condition(condition) for condition in where.must],
        must_not=[_condition(condition) for condition in where.must_not],
    )


def _condition(condition: AnyOf | Between) -> ConditionType:
    if isinstance(condition, AnyOf):
        return edge.FieldCondition(condition.field, match=edge.MatchAny(list(condition.values)))
    return edge.FieldCondition(
        condition.field, range=edge.RangeFloat(gte=condition.low, lte=condition.high)
    )


def _prefetch(stage: Stage) -> edge.Prefetch:
    return edge.Prefetch(
        limit=stage.limit,
        query=_score(stage),
        prefetches=[_prefetch(inner) for inner in stage.inner],
        filter=edge_filter(stage.where),
    )


def _score(stage: Stage) -> ScoringQueryType:
    score = stage.score
    if isinstance(score, Nearest):
        return edge.Query.Nearest(_vector(score.vector), using=score.using)
    if isinstance(score, Ranks):
        # Qdrant counts ranks from 0.
        rrf: Any = edge.Fusion.Rrf(k=score.k + 1)  # the stub hides that it is a Fusion
        return cast("edge.Fusion", rrf)
    return _formula(score)


def _formula(score: WeightedSum) -> edge.Formula:
    return edge.Formula(
        edge.Expression.Sum([_term(term) for term in score.terms]),
        defaults={_variable(term): 0.0 for term in score.terms},
    )


def _term(term: Term) -> edge.Expression:
    score = edge.Expression.Variable(_variable(term))
    if term.saturation > 0:
        half = edge.Expression.Constant(term.saturation)
        score = edge.Expression.Div(score, edge.Expression.Sum([score, half]), 0.0)
    factors = [edge.Expression.Constant(term.weight), score]
    if term.where:
        factors.append(edge.Expression.Condition(edge_filter(term.where)))
    return edge.Expression.Mult(factors)


def _variable(term: Term) -> str:
    return f"$score[{term.stage}]"


def _vector(vector: Vector | SparseVector) -> list[float] | edge.SparseVector:
    if isinstance(vector, SparseVector):
        return edge.SparseVector(list(vector.indices), list(vector.values))
    return cast("list[float]", vector.tolist())
