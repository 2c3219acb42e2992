"""Context similarity: how alike the place or firm of a reader and that of a practice are.

Weighted Gower similarity (Gower 1971, A general coefficient of similarity and some of its
properties): the weighted mean similarity over the variables known of both. What is unknown lowers
the coverage, which is shown, and never the value. The lenses follow the topic models of the
Office for National Statistics (2025): the same variables, some of which count more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from kb.messages import N_, PermanentError
from kb.places import activities, municipalities
from kb.places.facts import CENSUS_YEAR, Facts, Variable, loaded, shipped
from kb.places.municipalities import Place
from kb.practices.practice import Practice, PracticePlace
from kb.practices.terms import Territory, Trend
from search.similarity.viewpoint import Lens, Viewpoint

FEWEST_KNOWN = 4
"""Below this many variables known of both there is no value."""
EMPHASIS = 3
"""How much more the variables of a lens count."""
TREND = 0.03
"""Change of population in ten years from which it counts as growth or decline."""
FEWEST_YEARS = 5
"""Between two populations that are to show a trend."""
HIGH_GROWTH_THEME = "high-growth-firms"

Value = float | str
ContextValues = Mapping[str, Value]
VariableSimilarity = Callable[[Value, Value], float]


@dataclass(frozen=True)
class SimilarityReason:
    """How one variable compares. Values are numbers, or slugs of the variable's vocabulary."""

    variable: str
    mine: float | str
    theirs: float | str
    similarity: float
    """From 0 (opposite) to 1 (equal)."""


@dataclass(frozen=True)
class Similarity:
    """Context similarity of the practice and the reader, never called transferability.

    ``value`` goes from 0 to 1, or is ``None`` where fewer than four variables are known of both.
    """

    value: float | None
    known: int
    of: int
    reasons: tuple[SimilarityReason, ...]
    missing: tuple[str, ...]
    """Variables that are not known of both."""


@dataclass(frozen=True)
class ComparedVariable:
    """A variable of Gower's coefficient: its weight, and the similarity of two values, 0 to 1."""

    weight: float
    similarity: VariableSimilarity


def _log_range(low: float, high: float) -> VariableSimilarity:
    width = math.log(high / low)
    return lambda a, b: 1 - min(1.0, abs(math.log(max(float(a), low) / max(float(b), low))) / width)


def _range(width: float) -> VariableSimilarity:
    return lambda a, b: 1 - min(1.0, abs(float(a) - float(b)) / width)


def _steps(*order: str) -> VariableSimilarity:
    """Of values in an order: 1 for the same, 0 for the two ends."""
    return lambda a, b: 1 - abs(order.index(str(a)) - order.index(str(b))) / (len(order) - 1)


def _same(a: Value, b: Value) -> float:
    return float(a == b)


def _kin(a: Value, b: Value) -> float:
    """The nearest pair of activities; a practice may be of several."""
    return max(activities.kinship(x, y) for x in str(a).split() for y in str(b).split())


_SHARED = {
    "governance": ComparedVariable(1, _same),
    "country": ComparedVariable(1, _same),
}
PLACE: Mapping[str, ComparedVariable] = {
    "population": ComparedVariable(3, _log_range(100, 1_000_000)),
    "density": ComparedVariable(2, _log_range(5, 10_000)),
    "elevation": ComparedVariable(2, _range(1200)),
    "degurba": ComparedVariable(2, _range(2)),
    "territory": ComparedVariable(2, _same),
    "coast": ComparedVariable(1, _same),
    "inner_area": ComparedVariable(2, _steps(*"ABCDEF")),
    "economy": ComparedVariable(2, _same),
    "trend": ComparedVariable(1, _steps(Trend.DECLINE, Trend.STABLE, Trend.GROWTH)),
    **_SHARED,
}
"""Population in residents, density in residents per km², elevation in metres."""
FIRM: Mapping[str, ComparedVariable] = {
    "sector": ComparedVariable(4, _kin),
    "strand": ComparedVariable(1, _same),
    "growth": ComparedVariable(2, _steps("shrinking", "stable", "growing", "high")),
    "size": ComparedVariable(1, _steps("micro", "small", "medium", "large")),
    **_SHARED,
}
VARIABLES: Mapping[str, ComparedVariable] = {**PLACE, **FIRM}
LENSES: Mapping[Lens, frozenset[str]] = {
    Lens.GENERAL: frozenset(),
    Lens.DEMOGRAPHIC: frozenset({"population", "density", "trend", "degurba"}),
    Lens.TERRITORIAL: frozenset(
        {"elevation", "territory", "coast", "inner_area", "density", "degurba"}
    ),
    Lens.ECONOMIC: frozenset({"economy", "sector", "strand", "growth", "size", "governance"}),
}
"""The variables that count more."""


def choose_weights(viewpoint: Viewpoint) -> Mapping[str, float]:
    """The variables that matter to this reader, and how much each counts."""
    chosen = {
        **(PLACE if viewpoint.is_place or not viewpoint.is_firm else {}),
        **(FIRM if viewpoint.is_firm else {}),
    }
    emphasised = LENSES[viewpoint.lens]
    return {
        name: one.weight * (EMPHASIS if name in emphasised else 1) for name, one in chosen.items()
    }


def context_of_reader(session: Session, viewpoint: Viewpoint) -> ContextValues | None:
    """What is known of the reader's municipality or firm; ``None`` when none was named.

    Raises:
        PermanentError: no municipality, or no activity, has the code.
    """
    if not (viewpoint.is_place or viewpoint.is_firm):
        return None
    known: dict[str, Value] = {"country": "IT"}
    if viewpoint.place:
        place = municipalities.named(viewpoint.place)
        facts = loaded(session, [place.istat_code]).get(place.istat_code, {})
        known |= {**_official(place, facts), "governance": "municipality"}
    if viewpoint.is_firm:
        known |= _firm(viewpoint)
    return known | _stated(viewpoint.territory) | _filled(economy=viewpoint.economy)


def context_of_place(place: PracticePlace, facts: Facts | None = None) -> ContextValues:
    """What is known of the place of a practice: the card's word before the loaded facts."""
    municipality = municipalities.find(place.istat_code) if place.istat_code else None
    return {
        **(_official(municipality, facts or {}) if municipality else {}),
        **_stated(place.territory),
        **_filled(
            population=place.population,
            density=place.density,
            elevation=place.elevation_m,
            degurba=place.degurba,
            economy=place.economy,
            trend=place.trend,
            governance=place.governance,
            country=place.country,
        ),
    }


class CardContext(BaseModel):
    """What is compared of a practice's card, read without the rest of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    place: PracticePlace
    themes: tuple[str, ...]
    ateco: tuple[str, ...] = ()
    strand: str


def context_of_practice(
    practice: Practice | CardContext, facts: Facts | None = None
) -> ContextValues:
    """What is known of the place of a practice, and of the firms it is for."""
    growth = "high" if HIGH_GROWTH_THEME in practice.themes else None
    sector = " ".join(practice.ateco) or None
    return {
        **context_of_place(practice.place, facts),
        **_filled(sector=sector, strand=practice.strand, growth=growth),
    }


def compare_contexts(
    mine: ContextValues, theirs: ContextValues, weights: Mapping[str, float]
) -> Similarity:
    """How alike two contexts are in the variables of ``weights``, with the reasons, most telling
    first."""
    shared = [name for name in weights if name in mine and name in theirs]
    reasons = [
        SimilarityReason(
            name, mine[name], theirs[name], VARIABLES[name].similarity(mine[name], theirs[name])
        )
        for name in shared
    ]
    reasons.sort(key=lambda reason: -weights[reason.variable] * abs(reason.similarity - 0.5))
    value = None
    if len(shared) >= FEWEST_KNOWN:
        total = sum(weights[name] for name in shared)
        value = sum(weights[r.variable] * r.similarity for r in reasons) / total
    missing = tuple(name for name in weights if name not in shared)
    return Similarity(value, len(shared), len(weights), tuple(reasons), missing)


def blend_scores(score: float, alike: Similarity | None, influence: float) -> float:
    """Relevance less the share λ · distance of it; relevance alone where there is nothing to
    compare."""
    if alike is None or alike.value is None:
        return score
    return score - influence * (1 - alike.value) * abs(score)


def _official(place: Place, loaded_facts: Facts) -> dict[str, Value]:
    """Facts of a municipality as the variables that are compared."""
    facts = {**shipped(place), **loaded_facts}
    text = {name: fact.value for name, fact in facts.items()}
    population, area, elevation, degurba = (
        float(text[name]) if name in text else None
        for name in (Variable.POPULATION, Variable.AREA, Variable.ELEVATION, Variable.DEGURBA)
    )
    zone = text.get(Variable.ALTIMETRIC_ZONE, "")
    return _filled(
        population=population,
        density=population / area if population and area else None,
        elevation=elevation,
        degurba=degurba,
        territory=TERRITORY_OF_ZONE.get(zone),
        coast=_COAST.get(text.get(Variable.COASTAL, "")) or ("yes" if zone in ("2", "4") else None),
        inner_area=text.get(Variable.INNER_AREA),
        trend=_trend(place, loaded_facts),
        country="IT",
    )


TERRITORY_OF_ZONE = {
    "1": Territory.MOUNTAIN,
    "2": Territory.MOUNTAIN,
    "3": Territory.HILL,
    "4": Territory.HILL,
    "5": Territory.PLAIN,
}
"""The altimetric zones of ISTAT; 2 and 4 are on the sea."""
_COAST = {"1": "yes", "0": "no"}


def _trend(place: Place, loaded_facts: Facts) -> Trend | None:
    """Change from the census of 2011 to a loaded population, as for ten years."""
    now = loaded_facts.get(Variable.POPULATION)
    if not place.population or now is None or now.year is None:
        return None
    years = now.year - CENSUS_YEAR
    if years < FEWEST_YEARS or float(now.value) == 0:
        return None
    change = (float(now.value) / place.population) ** (10 / years) - 1
    if abs(change) <= TREND:
        return Trend.STABLE
    return Trend.GROWTH if change > 0 else Trend.DECLINE


def _stated(territory: Territory | None) -> dict[str, Value]:
    """A territory in one word; the coast tells nothing of mountain, hill or plain."""
    if territory is Territory.COAST:
        return {"coast": "yes"}
    return _filled(territory=territory)


def _firm(viewpoint: Viewpoint) -> dict[str, Value]:
    """What is known of the reader's firm.

    Raises:
        PermanentError: there is no such activity.
    """
    sector = activities.activity(viewpoint.ateco) if viewpoint.ateco else None
    if viewpoint.ateco and sector is None:
        raise PermanentError(
            N_("“{code}” is not a code of ATECO 2025: look for the activity by its name."),
            code=viewpoint.ateco,
        )
    return _filled(
        sector=sector.code if sector else None,
        size=viewpoint.size,
        growth=viewpoint.growth,
        strand="enterprises",
        governance="firm",
    )


def _filled(**values: float | str | None) -> dict[str, Value]:
    return {
        name: str(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None
    }
