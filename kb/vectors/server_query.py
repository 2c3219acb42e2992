"""Convert queries, conditions and points to qdrant-client types."""

from __future__ import annotations

from typing import cast

from qdrant_client import models

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

_DENSE_PARAMS = models.SearchParams(
    hnsw_ef=HNSW_EF,
    quantization=models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING),
)


def server_point(point: Point) -> models.PointStruct:
    return models.PointStruct(
        id=point.id,
        vector={DENSE: _vector(point.dense), SPARSE: _vector(point.sparse)},
        payload=payload(point.filters),
    )


def server_quantization(
    kind: Quantization,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    """Quantization settings of a new collection."""
    if kind is Quantization.INT8:
        return models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        )
    if kind is Quantization.BINARY:
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None


def server_request(nearest: Nearest) -> models.QueryRequest:
    arm = nearest.arm
    must: list[models.Condition] = [server_filter(nearest.where)]
    if nearest.ids is not None:
        must.append(models.HasIdCondition(has_id=list(nearest.ids)))
    return models.QueryRequest(
        query=models.NearestQuery(nearest=_vector(arm.vector)),
        using=SPARSE if arm.sparse else DENSE,
        filter=models.Filter(must=must),
        params=None if arm.sparse else _DENSE_PARAMS,
        limit=nearest.limit,
        with_payload=False,
    )


def server_filter(where: AllOf) -> models.Filter:
    return models.Filter(
        must=[_condition(condition) for condition in where.must],
        must_not=[_condition(condition) for condition in where.must_not],
    )


def _condition(of_field: FieldCondition) -> models.FieldCondition:
    key, condition = of_field.key, of_field.condition
    if isinstance(condition, AnyOf):
        match = models.MatchAny(any=list(condition.values))
        return models.FieldCondition(key=key, match=match)
    bounds = models.Range(gte=condition.low, lte=condition.high)
    return models.FieldCondition(key=key, range=bounds)


def _vector(vector: Vector | SparseVector) -> list[float] | models.SparseVector:
    if isinstance(vector, SparseVector):
        return models.SparseVector(indices=list(vector.indices), values=list(vector.values))
    return cast("list[float]", vector.tolist())
