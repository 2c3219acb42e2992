"""A hybrid query as the stages and the formula that both Qdrant adapters translate one to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kb.domain import Facets
from kb.vectors.base import (
    Arm,
    Field,
    Filter,
    HybridQuery,
    RankFusion,
    SparseVector,
    Vector,
)

DENSE, SPARSE = "dense", "bm25"


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
    must: tuple[AnyOf | Between, ...] = ()
    must_not: tuple[AnyOf, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.must or self.must_not)


@dataclass(frozen=True)
class Nearest:
    vector: Vector | SparseVector

    @property
    def using(self) -> str:
        return SPARSE if isinstance(self.vector, SparseVector) else DENSE


@dataclass(frozen=True)
class Ranks:
    """Reciprocal rank in the one inner stage: 1 / (k + rank), rank from 1."""

    k: int


@dataclass(frozen=True)
class Term:
    """``weight`` × the score of inner stage ``stage``, counted where the conditions hold."""

    stage: int
    weight: float
    where: Conditions
    saturation: float = 0.0


@dataclass(frozen=True)
class WeightedSum:
    """The sum of the terms; a point that a stage did not find scores 0 there."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Stage:
    """Scores all points, or, when there are ``inner`` stages, the points that those found."""

    score: Nearest | Ranks | WeightedSum
    limit: int
    where: Conditions = Conditions()
    inner: tuple[Stage, ...] = ()


def plan(query: HybridQuery) -> Stage:
    """The whole query as one tree, whose root carries the filter that the engine hands down.

    Qdrant's own weighted fusion divides ranks by weights (1 / (k + rank / weight)), which at
    k = 60 makes weights all but powerless at the top, so each arm is ranked alone and the formula
    adds the ranks up.
    """
    found = tuple(Stage(Nearest(arm.vector), query.depth, confined(arm)) for arm in query.arms)
    if isinstance(query.fusion, RankFusion):
        k = query.fusion.k
        stages = tuple(Stage(Ranks(k), query.depth, inner=(stage,)) for stage in found)
    else:
        total = query.depth * len(found)
        stages = tuple(Stage(stage.score, total, inner=found) for stage in found)
    terms = tuple(_term(query, number) for number in range(len(query.arms)))
    return Stage(WeightedSum(terms), query.limit, conditions(query.filter), stages)


def _term(query: HybridQuery, number: int) -> Term:
    arm = query.arms[number]
    if isinstance(query.fusion, RankFusion):
        return Term(number, arm.weight, Conditions())
    sparse = isinstance(arm.vector, SparseVector)
    return Term(number, arm.weight, confined(arm), query.fusion.saturation if sparse else 0.0)


def confined(arm: Arm) -> Conditions:
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
    return Conditions(must, _any_of(Field.ITEM_ID, filter.without_item_ids or None))


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
