"""What a practice's place is like and what the practice cost, for questions that limit them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kb.places import municipalities

CURRENCY = "EUR"
LEAST_COST = 1_000
"""Euros; a card whose amounts are all smaller gives prices of one meal, day or family."""


@dataclass(frozen=True)
class PracticeTraits:
    """``territory``: a term of the list of territories, empty where it is not known. ``cost``: the
    largest amount of the card in euros, None where it gives none or another currency too."""

    territory: str = ""
    population: int | None = None
    cost: float | None = None


UNKNOWN = PracticeTraits()


def read_traits(record: Mapping[str, Any]) -> PracticeTraits:
    """Of a practice record as it is stored."""
    place = record["place"]
    return PracticeTraits(
        place.get("territory") or "", _population(place), _largest(record.get("costs") or ())
    )


def _population(place: Mapping[str, Any]) -> int | None:
    """As the card says, or else of its municipality."""
    given: int | None = place.get("population")
    if given is not None:
        return given
    known = municipalities.find(place.get("istat_code") or "")
    return known.population if known else None


def _largest(costs: Iterable[Mapping[str, Any]]) -> float | None:
    given = [cost for cost in costs if cost.get("amount") is not None]
    if any(cost.get("currency") != CURRENCY for cost in given):
        return None
    most = max((float(cost["amount"]) for cost in given), default=0.0)
    return most if most >= LEAST_COST else None
