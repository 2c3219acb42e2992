"""Context similarity: how alike the place of a practice and the reader's own place are.

Weighted Gower similarity (Gower 1971, A general coefficient of similarity and some of its
properties): the weighted mean likeness over the variables known of both. What is unknown lowers
the coverage, which is shown, and never the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb import places
from kb.messages import N_, PermanentError
from kb.practice import PracticePlace
from search.results import Reason, Similarity

FEWEST_KNOWN = 4
"""Below this many variables known of both places there is no value."""
INFLUENCE = 0.35
"""Share of a result's score that complete unlikeness costs."""

Value = float | str
Known = Mapping[str, Value]


@dataclass(frozen=True)
class Variable:
    weight: float
    likeness: Callable[[Value, Value], float]


def _log_range(low: float, high: float) -> Callable[[Value, Value], float]:
    width = math.log(high / low)
    return lambda a, b: 1 - min(1.0, abs(math.log(max(float(a), low) / max(float(b), low))) / width)


def _range(width: float) -> Callable[[Value, Value], float]:
    return lambda a, b: 1 - min(1.0, abs(float(a) - float(b)) / width)


def _same(a: Value, b: Value) -> float:
    return float(a == b)


VARIABLES: Mapping[str, Variable] = {
    "population": Variable(3, _log_range(100, 1_000_000)),
    "density": Variable(2, _log_range(5, 10_000)),
    "elevation": Variable(2, _range(1200)),
    "degurba": Variable(2, _range(2)),
    "territory": Variable(2, _same),
    "economy": Variable(2, _same),
    "trend": Variable(1, _same),
    "governance": Variable(1, _same),
    "country": Variable(1, _same),
}
"""Population in residents, density in residents per km², elevation in metres."""


def place_of(istat_code: str | None) -> Known | None:
    """What is known of the reader's municipality; ``None`` when none was named.

    Raises:
        PermanentError: no municipality has the code.
    """
    if not istat_code:
        return None
    place = places.find(istat_code)
    if place is None:
        raise PermanentError(
            N_("No Italian municipality has the ISTAT code {code}: check its six digits."),
            code=istat_code,
        )
    return _filled(
        population=place.population,
        elevation=place.elevation_m,
        governance="municipality",
        country="IT",
    )


def known_of(place: PracticePlace) -> Known:
    """What is known of the place of a practice."""
    return _filled(
        population=place.population,
        density=place.density,
        elevation=place.elevation_m,
        degurba=place.degurba,
        territory=place.territory,
        economy=place.economy,
        trend=place.trend,
        governance=place.governance,
        country=place.country,
    )


def similarity(mine: Known, theirs: Known) -> Similarity:
    """How alike two places are, with the reasons, most telling first."""
    shared = [name for name in VARIABLES if name in mine and name in theirs]
    reasons = [
        Reason(name, mine[name], theirs[name], VARIABLES[name].likeness(mine[name], theirs[name]))
        for name in shared
    ]
    reasons.sort(key=lambda reason: -VARIABLES[reason.variable].weight * abs(reason.likeness - 0.5))
    value = None
    if len(shared) >= FEWEST_KNOWN:
        weights = sum(VARIABLES[name].weight for name in shared)
        value = sum(VARIABLES[r.variable].weight * r.likeness for r in reasons) / weights
    return Similarity(value, len(shared), len(VARIABLES), tuple(reasons))


def blended(score: float, alike: Similarity | None) -> float:
    """Relevance lowered by unlikeness; whatever cannot be compared counts as half alike."""
    value = 0.5 if alike is None or alike.value is None else alike.value
    return score * (1 - INFLUENCE * (1 - value))


def _filled(**values: float | str | None) -> Known:
    return {name: value for name, value in values.items() if value is not None}
