"""Counts beside the filters: how many of the items found have each value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from kb.filters import AnyOf, Between, FilterField
from search.ranking.grouping import RankedItem
from search.results import FacetValue, Question


def is_used(field: FilterField, question: Question) -> bool:
    return field.name in question.filters


def without(field: FilterField, question: Question) -> Question:
    """The question without one of its filters."""
    kept = {name: one for name, one in question.filters.items() if name != field.name}
    return replace(question, filters=kept)


def count_values(
    field: FilterField, question: Question, items: Iterable[RankedItem]
) -> tuple[FacetValue, ...]:
    """The values of a filter, most frequent first; numbers largest first."""
    counts = Counter(value for item in items for value in _values_of(field, item) if value)
    by_count = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ordered = sorted(counts.items(), reverse=True) if field.is_range else by_count
    chosen = question.filters.get(field.name)
    return tuple(FacetValue(value, count, _is_chosen(chosen, value)) for value, count in ordered)


def _values_of(field: FilterField, item: RankedItem) -> Iterable[str]:
    return item.languages if field.of_passage else item.item.filter_values(field.name)


def _is_chosen(condition: AnyOf | Between | None, value: str) -> bool:
    if isinstance(condition, AnyOf):
        return value in condition.values
    if isinstance(condition, Between):
        low, high = condition.low, condition.high
        return (low is None or low <= int(value)) and (high is None or int(value) <= high)
    return False
