"""Context similarity between a reader's place or firm and that of a practice.

Weighted Gower similarity (Gower 1971, A general coefficient of similarity and some of its
properties): the weighted mean similarity over the variables known of both. Unknown variables lower
the coverage, which is shown, not the value. The lenses follow the topic models of the Office for
National Statistics (2025): the same variables with other weights.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from kb.messages import N_, PermanentError
from kb.places import activities, municipalities
from kb.places.facts import CENSUS_YEAR, Facts, Variable, load_facts, shipped_facts
from kb.places.municipalities import Place
from kb.practices.practice import Practice, PracticePlace
from kb.practices.terms import Territory, Trend
from search.similarity.viewpoint import Lens, Viewpoint

FEWEST_KNOWN = 4
"""Variables known of both below which no value is computed."""
FEWEST_FOR_NUMBER = 6
"""Variables known of both below which the value orders results but is not shown as a number."""
SIZES = (1_000, 3_000, 5_000, 15_000, 50_000, 100_000, 250_000)
"""Upper limits, in residents, of the classes of size that Italian law and statistics go by."""
SAME_SIZE = 0.75
"""Least similarity of two populations of one class of size."""
ANOTHER_SCALE = 10
"""Factor of two populations from which they are not alike at all."""
MOST_AT_ANOTHER_SCALE = 0.4
"""Highest value of two places whose populations differ by ``ANOTHER_SCALE`` or more."""
UNKNOWN = 0.4
"""Value that an item counts with where too little is known of its place: behind alike places."""
EMPHASIS = 3
"""Factor of the weights of a lens's variables."""
TREND = 0.03
"""Relative population change in ten years above which it counts as growth or decline."""
FEWEST_YEARS = 5
"""Years between two populations needed to derive a trend."""
HIGH_GROWTH_THEME = "high-growth-firms"

Value = float | str
ContextValues = Mapping[str, Value]
VariableSimilarity = Callable[[Value, Value], float]


@dataclass(frozen=True)
class SimilarityReason:
    """Comparison of one variable. Values are numbers, or slugs of the variable's vocabulary."""

    variable: str
    mine: float | str
    theirs: float | str
    similarity: float
    """From 0 (opposite) to 1 (equal)."""


@dataclass(frozen=True)
class Similarity:
    """Context similarity of practice and reader; never called transferability.

    ``value`` is from 0 to 1, or None with fewer than ``FEWEST_KNOWN`` variables known of both.
    """

    value: float | None
    known: int
    of: int
    reasons: tuple[SimilarityReason, ...]
    missing: tuple[str, ...]
    """Variables that are not known of both."""

    @property
    def is_number(self) -> bool:
        """Whether enough is known for the value to be shown as a number."""
        return self.value is not None and self.known >= FEWEST_FOR_NUMBER


@dataclass(frozen=True)
class ComparedVariable:
    """A variable of Gower's coefficient: weight, and similarity (0..1) of two values."""

    weight: float
    similarity: VariableSimilarity


def _log_range(low: float, high: float) -> VariableSimilarity:
    width = math.log(high / low)
    return lambda a, b: 1 - min(1.0, abs(math.log(max(float(a), low) / max(float(b), low))) / width)


def _compare_populations(a: Value, b: Value) -> float:
    """By the logarithm of their factor, 0 from ``ANOTHER_SCALE``; in one class of size at least
    ``SAME_SIZE``."""
    one, other = max(float(a), 1), max(float(b), 1)
    by_factor = 1 - min(1.0, abs(math.log(one / other)) / math.log(ANOTHER_SCALE))
    return max(by_factor, SAME_SIZE) if size_class(one) == size_class(other) else by_factor


def size_class(population: float) -> int:
    """The number of limits in ``SIZES`` that a population reaches."""
    return bisect.bisect_right(SIZES, population)


def _range(width: float) -> VariableSimilarity:
    return lambda a, b: 1 - min(1.0, abs(float(a) - float(b)) / width)


def _steps(*order: str) -> VariableSimilarity:
    """Similarity of ordered values: 1 for equal ones, 0 for the two ends."""
    return lambda a, b: 1 - abs(order.index(str(a)) - order.index(str(b))) / (len(order) - 1)


def _equal(a: Value, b: Value) -> float:
    return float(a == b)


def _activity_similarity(a: Value, b: Value) -> float:
    """The highest kinship (0..1) of two activity codes; each side may have several."""
    return max(activities.kinship(x, y) for x in str(a).split() for y in str(b).split())


_SHARED = {
    "governance": ComparedVariable(1, _equal),
    "country": ComparedVariable(1, _equal),
}
PLACE: Mapping[str, ComparedVariable] = {
    "population": ComparedVariable(3, _compare_populations),
    "density": ComparedVariable(2, _log_range(5, 10_000)),
    "elevation": ComparedVariable(2, _range(1200)),
    "degurba": ComparedVariable(2, _range(2)),
    "territory": ComparedVariable(2, _equal),
    "coast": ComparedVariable(1, _equal),
    "inner_area": ComparedVariable(2, _steps(*"ABCDEF")),
    "economy": ComparedVariable(2, _equal),
    "trend": ComparedVariable(1, _steps(Trend.DECLINE, Trend.STABLE, Trend.GROWTH)),
    **_SHARED,
}
"""Population in residents, density in residents per km², elevation in metres."""
FIRM: Mapping[str, ComparedVariable] = {
    "sector": ComparedVariable(4, _activity_similarity),
    "strand": ComparedVariable(1, _equal),
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
"""Variables whose weights are multiplied by ``EMPHASIS``."""


def choose_weights(viewpoint: Viewpoint) -> Mapping[str, float]:
    """Weight of each variable to compare, by the reader's place, firm and lens."""
    chosen = {
        **(PLACE if viewpoint.is_place or not viewpoint.is_firm else {}),
        **(FIRM if viewpoint.is_firm else {}),
    }
    emphasised = LENSES[viewpoint.lens]
    return {
        name: one.weight * (EMPHASIS if name in emphasised else 1) for name, one in chosen.items()
    }


def context_of_reader(session: Session, viewpoint: Viewpoint) -> ContextValues | None:
    """Known values of the reader's municipality or firm; None if neither was named.

    Raises:
        PermanentError: no municipality, or no activity, has the code.
    """
    if not (viewpoint.is_place or viewpoint.is_firm):
        return None
    known: dict[str, Value] = {"country": "IT"}
    if viewpoint.place:
        place = municipalities.named(viewpoint.place)
        facts = load_facts(session, [place.istat_code]).get(place.istat_code, {})
        known |= {**_official_values(place, facts), "governance": "municipality"}
    if viewpoint.is_firm:
        known |= _firm_values(viewpoint)
    return known | _territory_values(viewpoint.territory) | _drop_none(economy=viewpoint.economy)


def context_of_place(place: PracticePlace, facts: Facts | None = None) -> ContextValues:
    """Known values of a practice's place; those of the card take precedence over official facts."""
    municipality = municipalities.find(place.istat_code) if place.istat_code else None
    return {
        **(_official_values(municipality, facts or {}) if municipality else {}),
        **_territory_values(place.territory),
        **_drop_none(
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
    """The fields of a card that are compared, parsed without the rest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    place: PracticePlace
    themes: tuple[str, ...]
    ateco: tuple[str, ...] = ()
    strand: str


def context_of_practice(
    practice: Practice | CardContext, facts: Facts | None = None
) -> ContextValues:
    """Known values of a practice's place and of the firms that it is for."""
    growth = "high" if HIGH_GROWTH_THEME in practice.themes else None
    sector = " ".join(practice.ateco) or None
    return {
        **context_of_place(practice.place, facts),
        **_drop_none(sector=sector, strand=practice.strand, growth=growth),
    }


def compare_contexts(
    mine: ContextValues, theirs: ContextValues, weights: Mapping[str, float]
) -> Similarity:
    """Similarity of two contexts in the variables of ``weights``.

    Reasons are ordered by weight times distance from 0.5, largest first.
    """
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
        if any(r.variable == "population" and r.similarity == 0 for r in reasons):
            value = min(value, MOST_AT_ANOTHER_SCALE)
    missing = tuple(name for name in weights if name not in shared)
    return Similarity(value, len(shared), len(weights), tuple(reasons), missing)


def blend_scores(score: float, alike: Similarity | None, influence: float) -> float:
    """Subtract the fraction influence · (1 - similarity) from the score. An item of which too
    little is known, or that has no place (``alike`` None), counts as ``UNKNOWN``."""
    value = UNKNOWN if alike is None or alike.value is None else alike.value
    return score - influence * (1 - value) * abs(score)


def _official_values(place: Place, loaded_facts: Facts) -> dict[str, Value]:
    """Official facts of a municipality as comparable values."""
    facts = {**shipped_facts(place), **loaded_facts}
    text = {name: fact.value for name, fact in facts.items()}
    population, area, elevation, degurba = (
        float(text[name]) if name in text else None
        for name in (Variable.POPULATION, Variable.AREA, Variable.ELEVATION, Variable.DEGURBA)
    )
    zone = text.get(Variable.ALTIMETRIC_ZONE, "")
    return _drop_none(
        population=population,
        density=population / area if population and area else None,
        elevation=elevation,
        degurba=degurba,
        territory=TERRITORY_OF_ZONE.get(zone),
        coast=_COAST.get(text.get(Variable.COASTAL, "")) or ("yes" if zone in ("2", "4") else None),
        inner_area=text.get(Variable.INNER_AREA),
        trend=_compute_trend(place, loaded_facts),
        country="IT",
    )


TERRITORY_OF_ZONE = {
    "1": Territory.MOUNTAIN,
    "2": Territory.MOUNTAIN,
    "3": Territory.HILL,
    "4": Territory.HILL,
    "5": Territory.PLAIN,
}
"""By ISTAT altimetric zone; zones 2 and 4 are coastal."""
_COAST = {"1": "yes", "0": "no"}


def _compute_trend(place: Place, loaded_facts: Facts) -> Trend | None:
    """Change from the 2011 census to a loaded population, scaled to ten years."""
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


def _territory_values(territory: Territory | None) -> dict[str, Value]:
    """A stated territory as values; coast leaves mountain, hill or plain unknown."""
    if territory is Territory.COAST:
        return {"coast": "yes"}
    return _drop_none(territory=territory)


def _firm_values(viewpoint: Viewpoint) -> dict[str, Value]:
    """Known values of the reader's firm.

    Raises:
        PermanentError: no activity has the code.
    """
    sector = activities.activity(viewpoint.ateco) if viewpoint.ateco else None
    if viewpoint.ateco and sector is None:
        raise PermanentError(
            N_("“{code}” is not a code of ATECO 2025: look for the activity by its name."),
            code=viewpoint.ateco,
        )
    return _drop_none(
        sector=sector.code if sector else None,
        size=viewpoint.size,
        growth=viewpoint.growth,
        strand="enterprises",
        governance="firm",
    )


def _drop_none(**values: float | str | None) -> dict[str, Value]:
    return {
        name: str(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None
    }
