"""Facts of a card's places: inside their country, and as dense as municipalities are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from babel import Locale

from kb.messages import N_
from kb.places import municipalities
from kb.places.countries import lies_in
from kb.practices.checks.findings import error, warning
from kb.practices.figure_rules import entries
from kb.practices.validation import Finding, Loc

DENSEST = {1: 25_000, 2: 5_000, 3: 1_500}
"""Most residents per km² of a municipality by degree of urbanisation: no European city has more
than the first; the others lie above what towns and rural municipalities have."""
SMALLEST_KM2 = 1.0
"""Few municipalities are smaller than this; a smaller one is a district or its built-up area."""
MOST_RESIDENTS = 15_000_000
OFTEN_DENSER = 3.0
"""A town is not this many times denser or more populous than its census says."""
_LANGUAGES = ("it", "en", "fr", "de", "es")


def check_places(values: Mapping[str, Any]) -> Iterator[Finding]:
    place = values.get("place")
    if isinstance(place, Mapping):
        yield from _check_place(("place",), place)
    for n, other in entries(values, "other_places"):
        yield from _check_place(("other_places", n), other)


def _check_place(where: Loc, place: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _check_point(where, place)
    yield from _check_population(where, place)
    yield from _check_density(where, place)


def _check_point(where: Loc, place: Mapping[str, Any]) -> Iterator[Finding]:
    latitude, longitude = _number(place, "latitude"), _number(place, "longitude")
    country = place.get("country")
    if latitude is None or longitude is None or not isinstance(country, str):
        return
    if not lies_in(country, latitude, longitude):
        template = N_("This point is not in the country: look at latitude and longitude again.")
        yield error((*where, "latitude"), template)
    elif _is_country(place):
        template = N_("A country has no point: leave latitude and longitude empty.")
        yield warning((*where, "latitude"), template)


def _check_population(where: Loc, place: Mapping[str, Any]) -> Iterator[Finding]:
    population = _number(place, "population")
    if population is None:
        return
    if population == 0:
        yield error((*where, "population"), N_("A place without residents: leave it empty."))
    elif population > MOST_RESIDENTS and place.get("degurba"):
        template = N_("So many residents are those of a country or region, not of a town.")
        yield warning((*where, "population"), template)
    known = municipalities.find(str(place.get("istat_code") or ""))
    if known and known.population and not _is_near(population, known.population):
        template = N_("At the census of 2011 the municipality had {number} residents.")
        yield warning((*where, "population"), template, number=known.population)


def _check_density(where: Loc, place: Mapping[str, Any]) -> Iterator[Finding]:
    density, population = _number(place, "density"), _number(place, "population")
    if density is None:
        return
    most = DENSEST.get(place.get("degurba") or 1, DENSEST[1])
    if density <= 0 or density > DENSEST[1]:
        yield error((*where, "density"), N_("No municipality is as dense as this."))
    elif density > most:
        template = N_(
            "So many residents per km² are those of a built-up area, not of a whole municipality "
            "of this degree of urbanisation."
        )
        yield warning((*where, "density"), template)
    elif population is not None and population / density < SMALLEST_KM2:
        template = N_(
            "With these residents the place would measure {area} km²: give the density of the "
            "whole municipality."
        )
        yield warning((*where, "density"), template, area=f"{population / density:.2f}")


def _is_country(place: Mapping[str, Any]) -> bool:
    code = str(place.get("country")).upper()
    names = {str(Locale(one).territories.get(code, "")).casefold() for one in _LANGUAGES}
    capitals_too = {"lussemburgo", "singapore", "monaco", "san marino"}
    return str(place.get("name", "")).casefold() in names - capitals_too


def _is_near(population: float, census: int) -> bool:
    return census / OFTEN_DENSER <= population <= census * OFTEN_DENSER


def _number(place: Mapping[str, Any], name: str) -> float | None:
    value = place.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
