"""Counts beside the filters: how many of the items found have each value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from search.ranking.grouping import RankedItem
from search.results import FacetValue, Question


@dataclass(frozen=True)
class Facet:
    """One filter: the fields of the question that set it, and what an item has to offer for it."""

    name: str
    cleared: dict[str, Any]
    """The fields of a question that does not use the filter."""
    values: Callable[[RankedItem], Iterable[str]]
    selected: Callable[[Question, str], bool]

    def is_used(self, question: Question) -> bool:
        return any(getattr(question, name) != empty for name, empty in self.cleared.items())

    def without(self, question: Question) -> Question:
        return replace(question, **self.cleared)


def _in_years(question: Question, year: str) -> bool:
    low, high = question.year_from, question.year_to
    if low is None and high is None:
        return False
    return (low is None or low <= int(year)) and (high is None or int(year) <= high)


FACETS = (
    Facet("kind", {"kinds": ()}, lambda one: (one.item.kind,), lambda q, value: value in q.kinds),
    Facet("theme", {"themes": ()}, lambda one: one.item.themes, lambda q, value: value in q.themes),
    Facet(
        "country",
        {"countries": ()},
        lambda one: (one.item.country,),
        lambda q, value: value in q.countries,
    ),
    Facet(
        "language",
        {"languages": ()},
        lambda one: one.languages,
        lambda q, value: value in q.languages,
    ),
    Facet(
        "year",
        {"year_from": None, "year_to": None},
        lambda one: (str(one.item.year or ""),),
        _in_years,
    ),
)
"""Every filter of the search page, in its order there."""


def count_values(
    facet: Facet, question: Question, items: Iterable[RankedItem]
) -> tuple[FacetValue, ...]:
    """The values of one facet, most frequent first; years newest first."""
    counts = Counter(value for item in items for value in facet.values(item) if value)
    by_count = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ordered = sorted(counts.items(), reverse=True) if facet.name == "year" else by_count
    return tuple(
        FacetValue(value, number, facet.selected(question, value)) for value, number in ordered
    )
