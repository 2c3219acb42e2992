"""Convert queries, conditions and points to Qdrant Edge types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import qdrant_edge as edge

from kb.filters import AnyOf
from kb.vectors.base import (
    DENSE,
    HNSW_EF,
    OVERSAMPLING,
    SPARSE,
    Point,
    Quantization,
    SparseVector,
    Vector,
)
from kb.vectors.conditions import AllOf, FieldCondition, payload
from kb.vectors.hybrid import Nearest

if TYPE_CHECKING:
    from qdrant_edge import ConditionType

_DENSE_PARAMS = edge.SearchParams(
    hnsw_ef=HNSW_EF,
    quantization=edge.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING),
)


def edge_point(point: Point) -> edge.Point:
    vectors: dict[str, Any] = {DENSE: _vector(point.dense), SPARSE: _vector(point.sparse)}
    return edge.Point(point.id, vectors, payload(point.filters))


def edge_quantization(
    kind: Quantization,
) -> edge.ScalarQuantizationConfig | edge.BinaryQuantizationConfig | None:
    """Quantization settings of a new shard: binary is applied at once, int8 when the search graph
    is built."""
    if kind is Quantization.INT8:
        return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, memory=edge.Memory.Pinned)
    if kind is Quantization.BINARY:
        return edge.BinaryQuantizationConfig(memory=edge.Memory.Pinned)
    return None


def edge_request(nearest: Nearest) -> edge.QueryRequest:
    arm = nearest.arm
    must = [edge_filter(nearest.where)]
    return edge.QueryRequest(
        limit=nearest.limit,
        query=edge.Query.Nearest(_vector(arm.vector), using=SPARSE if arm.sparse else DENSE),
        filter=edge.Filter(must=[*must, *_among(nearest.ids)]),
        params=None if arm.sparse else _DENSE_PARAMS,
    )


def edge_filter(where: AllOf) -> edge.Filter:
    return edge.Filter(
        must=[_condition(condition) for condition in where.must],
        must_not=[_condition(condition) for condition in where.must_not],
    )


def _condition(of_field: FieldCondition) -> ConditionType:
    key, condition = of_field.key, of_field.condition
    if isinstance(condition, AnyOf):
        return edge.FieldCondition(key, match=edge.MatchAny(list(condition.values)))
    return edge.FieldCondition(key, range=edge.RangeFloat(gte=condition.low, lte=condition.high))


def _among(ids: frozenset[str] | None) -> list[ConditionType]:
    return [] if ids is None else [edge.HasIdCondition(set(ids))]


def _vector(vector: Vector | SparseVector) -> list[float] | edge.SparseVector:
    if isinstance(vector, SparseVector):
        return edge.SparseVector(list(vector.indices), list(vector.values))
    return cast("list[float]", vector.tolist())
