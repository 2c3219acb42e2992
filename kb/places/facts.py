"""Facts about municipalities with their sources: shipped ones, overridden by loaded tables."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.messages import N_
from kb.places import municipalities
from kb.places.municipalities import Place
from kb.storage.places import PlaceFact


class Variable(enum.StrEnum):
    """A kind of fact about a municipality. Values are stored as text, in the form described
    here."""

    POPULATION = "population"
    """Residents, digits only."""
    AREA = "area_km2"
    """Square kilometres, decimal point."""
    ELEVATION = "elevation_m"
    """Metres above sea level of the main settlement."""
    ALTIMETRIC_ZONE = "altimetric_zone"
    """ISTAT code: 1 inner mountain, 2 coastal mountain, 3 inner hill, 4 coastal hill, 5 plain."""
    COASTAL = "coastal"
    """1 if the municipality touches the sea, else 0."""
    DEGURBA = "degurba"
    """Eurostat degree of urbanisation: 1 city, 2 town or suburb, 3 rural."""
    INNER_AREA = "inner_area"
    """Class on the national map of inner areas, A (centre) to F (most remote)."""


NAMES: Mapping[Variable, str] = {
    Variable.POPULATION: N_("Residents"),
    Variable.AREA: N_("Area in km²"),
    Variable.ELEVATION: N_("Elevation in metres"),
    Variable.ALTIMETRIC_ZONE: N_("Altimetric zone"),
    Variable.COASTAL: N_("On the sea"),
    Variable.DEGURBA: N_("Degree of urbanisation"),
    Variable.INNER_AREA: N_("Class of inner area"),
}
CENSUS = "ISTAT, Censimento della popolazione 9 ottobre 2011"
CENSUS_YEAR = 2011
"""Year of the shipped population figures."""
GEONAMES = "GeoNames (CC BY 4.0)"


@dataclass(frozen=True)
class Fact:
    value: str
    source: str
    year: int | None = None


Facts = Mapping[Variable, Fact]


def facts_of(session: Session, place: Place) -> Facts:
    """Facts about a municipality; loaded ones override shipped ones."""
    return {
        **shipped_facts(place),
        **load_facts(session, [place.istat_code]).get(place.istat_code, {}),
    }


def shipped_facts(place: Place) -> Facts:
    known: dict[Variable, Fact] = {}
    if place.population is not None:
        known[Variable.POPULATION] = Fact(str(place.population), CENSUS, CENSUS_YEAR)
    if place.elevation_m is not None:
        known[Variable.ELEVATION] = Fact(str(place.elevation_m), GEONAMES)
    return known


def load_facts(session: Session, codes: Iterable[str]) -> Mapping[str, Facts]:
    """Loaded facts of several municipalities in one query, by code as given; without entries for
    municipalities without facts. Former codes are resolved to the present municipality."""
    present = {code: current_code(code) for code in codes}
    found: dict[str | None, dict[Variable, Fact]] = {}
    wanted = {code for code in present.values() if code}
    rows = session.scalars(select(PlaceFact).where(PlaceFact.istat_code.in_(wanted)))
    for row in rows:
        fact = Fact(row.value, row.source, row.year)
        found.setdefault(row.istat_code, {})[Variable(row.variable)] = fact
    return {code: found[today] for code, today in present.items() if today in found}


def current_code(istat_code: str) -> str | None:
    """The present code for a code of any year; ``None`` if no municipality ever had it."""
    place = municipalities.find(istat_code)
    return place.istat_code if place else None
