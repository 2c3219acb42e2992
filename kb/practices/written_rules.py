"""Rules for cards that are written: those stored before need not follow them to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kb.messages import N_
from kb.practices.figure_rules import entries, figure_rules
from kb.practices.rules import RuleError

REGION_CHARACTERS = 200
"""Most characters of the name of a region, by which cards are filtered."""


def written_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    """Broken rules about figures and about the names of regions."""
    yield from figure_rules(values)
    yield from _region_rules(values.get("place"), ("place",))
    for n, place in entries(values, "other_places"):
        yield from _region_rules(place, ("other_places", n))


def _region_rules(place: Any, where: tuple[str | int, ...]) -> Iterator[RuleError]:
    region = place.get("region") if isinstance(place, Mapping) else None
    if isinstance(region, str) and len(region) > REGION_CHARACTERS:
        template = N_("Too long: at most {max_length} characters.")
        yield RuleError(template, (*where, "region"), max_length=REGION_CHARACTERS)
