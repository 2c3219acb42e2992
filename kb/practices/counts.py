"""Counts of practices by their properties, to show what the base covers and lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kb.practices.practice import Practice, PracticePlace
from kb.vocabulary import vocabularies

SIZES = {
    "up-to-1000": 1_000,
    "up-to-5000": 5_000,
    "up-to-20000": 20_000,
    "up-to-100000": 100_000,
}
"""Largest number of residents by size class."""


@dataclass(frozen=True)
class Tally:
    """Counts by one property, as (value, count) pairs.

    ``vocabulary``: list with the labels of the values; empty for countries (ISO 3166 codes).
    """

    name: str
    vocabulary: str
    counts: tuple[tuple[str, int], ...]

    @property
    def most(self) -> int:
        return max((count for _, count in self.counts), default=0)


def size_of(place: PracticePlace) -> str:
    """The term of the vocabulary ``sizes`` for a place."""
    if place.population is None:
        return "not-given"
    within = (size for size, most in SIZES.items() if (place.population or 0) <= most)
    return next(within, "over-100000")


PROPERTIES: dict[str, tuple[str, Callable[[Practice], Iterable[str]]]] = {
    "theme": ("themes", lambda practice: practice.themes),
    "sector": ("sectors", lambda practice: practice.sectors),
    "strand": ("strands", lambda practice: (practice.strand,)),
    "country": ("", lambda practice: (practice.place.country,)),
    "size": ("sizes", lambda practice: (size_of(practice.place),)),
    "outcome": ("outcomes", lambda practice: (practice.outcome,)),
    "status": ("statuses", lambda practice: (practice.status,)),
    "evidence": ("evidence", lambda practice: practice.evidence_levels.elements()),
}
"""By name, the property's vocabulary and its values in a practice.

``evidence`` counts results, all others practices; a practice may have several themes and sectors.
"""


def tally(practices: Iterable[Practice]) -> tuple[Tally, ...]:
    """Counts by every property: terms in the order of their vocabulary, countries by count."""
    known = tuple(practices)
    return tuple(_tally(name, known) for name in PROPERTIES)


def _tally(name: str, practices: tuple[Practice, ...]) -> Tally:
    terms, values_of = PROPERTIES[name]
    counted = Counter(str(value) for practice in practices for value in values_of(practice))
    if not terms:
        by_number = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        return Tally(name, terms, tuple(by_number))
    return Tally(name, terms, tuple((slug, counted[slug]) for slug in vocabularies.load(terms)))
