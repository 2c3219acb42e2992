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
    field: FilterField,
    question: Question,
    items: Iterable[RankedItem],
    listed: Iterable[RankedItem] | None = None,
) -> tuple[FacetValue, ...]:
    """The values of a filter among ``items``, most frequent first; numbers largest first.

    Values that are chosen are counted in ``listed``, the items that the page shows: fewer compete
    where a filter is in use, so that more of them may be relevant than without it.
    """
    counts = dict(_count(field, items))
    chosen = question.filters.get(field.name)
    if isinstance(chosen, AnyOf) and listed is not None:
        shown = _count(field, listed)
        counts |= {value: shown[value] for value in chosen.values if value in {*counts, *shown}}
    by_count = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ordered = sorted(counts.items(), reverse=True) if field.is_range else by_count
    return tuple(FacetValue(value, count, _is_chosen(chosen, value)) for value, count in ordered)


def _count(field: FilterField, items: Iterable[RankedItem]) -> Counter[str]:
    return Counter(value for item in items for value in _values_of(field, item) if value)


def _values_of(field: FilterField, item: RankedItem) -> Iterable[str]:
    return item.languages if field.of_passage else item.item.filter_values(field.name)


def _is_chosen(condition: AnyOf | Between | None, value: str) -> bool:
    if isinstance(condition, AnyOf):
        return value in condition.values
    if isinstance(condition, Between):
        low, high = condition.low, condition.high
        return (low is None or low <= int(value)) and (high is None or int(value) <= high)
    return False
