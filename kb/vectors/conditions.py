"""Filters and payloads in terms common to both Qdrant adapters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kb.domain import FilterValues, Visibility
from kb.filters import BY_NAME, FILTERS, AnyOf, Between
from kb.vectors.base import DENSE, ITEM_ID, SPARSE, VISIBILITY, Arm, Filter, Point, SparseVector

PAYLOAD = {ITEM_ID: False, VISIBILITY: False, **{field.key: field.is_range for field in FILTERS}}
"""Every key of the payload, and whether its values are numbers."""
_LANGUAGE = BY_NAME["language"].key


@dataclass(frozen=True)
class FieldCondition:
    """A condition on the values of a payload key."""

    key: str
    condition: AnyOf | Between


@dataclass(frozen=True)
class AllOf:
    """All of ``must`` and none of ``must_not`` hold; without conditions, everything matches."""

    must: tuple[FieldCondition, ...] = ()
    must_not: tuple[FieldCondition, ...] = ()

    def __and__(self, other: AllOf) -> AllOf:
        return AllOf(self.must + other.must, self.must_not + other.must_not)


def in_languages(arm: Arm) -> AllOf:
    """The language condition of an arm."""
    return AllOf(
        must=_any_of(_LANGUAGE, arm.languages),
        must_not=_any_of(_LANGUAGE, arm.except_languages or None),
    )


def conditions(filter: Filter) -> AllOf:
    """The conditions of a filter."""
    return AllOf(
        (
            *_any_of(VISIBILITY, filter.visibility),
            *_any_of(ITEM_ID, filter.item_ids),
            *(
                FieldCondition(BY_NAME[name].key, condition)
                for name, condition in filter.conditions.items()
            ),
        )
    )


def of_items(item_ids: Iterable[str]) -> AllOf:
    """All points of the items, whatever their visibility."""
    return conditions(Filter(visibility=None, item_ids=frozenset(item_ids)))


def _any_of(key: str, values: frozenset[Any] | None) -> tuple[FieldCondition, ...]:
    if values is None:
        return ()
    return (FieldCondition(key, AnyOf(tuple(sorted(str(value) for value in values)))),)


def changes(filters: FilterValues) -> tuple[dict[str, Any], list[str]]:
    """Payload values to set and keys to delete, so that points have these values.

    Values of single passages are not touched.
    """
    of_passage = {field.key for field in FILTERS if field.of_passage}
    present = {key: value for key, value in payload(filters).items() if key not in of_passage}
    absent = [key for key in PAYLOAD if key not in present and key not in of_passage]
    return present, absent


def payload(filters: FilterValues) -> dict[str, Any]:
    """The payload of a point; unknown values are left out, so that facets do not count them."""
    values: dict[str, Any] = {ITEM_ID: filters.item_id, VISIBILITY: str(filters.visibility)}
    for field in FILTERS:
        own = [value for value in filters.values.get(field.name, ()) if value]
        if own:
            values[field.key] = int(own[0]) if field.is_range else own
    return values


def read_payload(values: Mapping[str, Any]) -> FilterValues:
    """The filter values of a point with this payload: the inverse of ``payload``."""
    read = {field.name: _as_texts(values[field.key]) for field in FILTERS if field.key in values}
    return FilterValues(values[ITEM_ID], Visibility(values[VISIBILITY]), read)


def read_point(record: Any) -> Point:
    """The point of a record of either adapter, which has id, payload and both vectors."""
    sparse = record.vector[SPARSE]
    return Point(
        id=str(record.id),
        dense=np.array(record.vector[DENSE], np.float32),
        sparse=SparseVector(tuple(sparse.indices), tuple(sparse.values)),
        filters=read_payload(record.payload or {}),
    )


def _as_texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
