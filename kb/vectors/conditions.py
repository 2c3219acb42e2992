"""Filters and payloads in the few plain terms that both Qdrant adapters translate one to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kb.domain import Facets
from kb.vectors.base import Arm, Field, Filter


@dataclass(frozen=True)
class AnyOf:
    """The field has one of the values; with no values, nothing matches."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """The number in the field lies between the bounds, inclusive; ``None`` is unbounded."""

    field: Field
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Conditions:
    """Every one of ``must`` holds and none of ``must_not``; without any, everything matches."""

    must: tuple[AnyOf | Between, ...] = ()
    must_not: tuple[AnyOf, ...] = ()

    def __and__(self, other: Conditions) -> Conditions:
        return Conditions(self.must + other.must, self.must_not + other.must_not)


def in_languages(arm: Arm) -> Conditions:
    """The language condition of an arm."""
    return Conditions(
        must=_any_of(Field.LANGUAGE, arm.languages),
        must_not=_any_of(Field.LANGUAGE, arm.except_languages or None),
    )


def conditions(filter: Filter) -> Conditions:
    """The filter in terms that an engine knows."""
    must: tuple[AnyOf | Between, ...] = (
        *_any_of(Field.VISIBILITY, filter.visibility),
        *_any_of(Field.KIND, filter.kinds),
        *_any_of(Field.LANGUAGE, filter.languages),
        *_any_of(Field.COUNTRY, filter.countries),
        *_any_of(Field.THEMES, filter.themes),
        *_any_of(Field.ITEM_ID, filter.item_ids),
    )
    if filter.year_from is not None or filter.year_to is not None:
        must += (Between(Field.YEAR, filter.year_from, filter.year_to),)
    return Conditions(must)


def of_items(item_ids: Iterable[str]) -> Conditions:
    """All points of the items, whoever may see them."""
    return conditions(Filter(visibility=None, item_ids=frozenset(item_ids)))


def _any_of(field: Field, values: frozenset[Any] | None) -> tuple[AnyOf, ...]:
    if values is None:
        return ()
    return (AnyOf(field, tuple(sorted(str(value) for value in values))),)


def changes(facets: Facets) -> tuple[dict[str, Any], list[str]]:
    """What to set and what to take away so that points have these facets but keep their language.

    The language belongs to the passage, all else to the item.
    """
    present = payload(facets)
    present.pop(Field.LANGUAGE, None)
    absent = [str(field) for field in Field if field not in present and field != Field.LANGUAGE]
    return present, absent


def payload(facets: Facets) -> dict[str, Any]:
    """What a point carries. Unknown values are left out, so that no count shows them."""
    values: dict[Field, Any] = {
        Field.ITEM_ID: facets.item_id,
        Field.VISIBILITY: str(facets.visibility),
        Field.KIND: str(facets.kind),
        Field.LANGUAGE: facets.language,
        Field.COUNTRY: facets.country,
        Field.THEMES: list(facets.themes),
        Field.YEAR: facets.year,
    }
    return {str(field): value for field, value in values.items() if value not in ("", [], None)}
