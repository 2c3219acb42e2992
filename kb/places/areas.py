"""Areas that a question may name: municipalities, provinces, regions, landscapes, countries.

``provinces.csv``, ``regions.csv``, ``landscapes.csv`` and ``demonyms.csv`` have their names in
Italian and other languages and their adjectives; the names of countries come from the CLDR.
"""

from __future__ import annotations

import csv
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from babel import Locale

from kb.places import municipalities
from kb.text.folding import fold_text

LANGUAGES = ("it", "en", "fr", "de", "es")
"""Of the names of countries."""
HOME = "IT"
OTHER_NAMES = {
    "NL": ("Olanda", "Holland", "Hollande", "Holanda"),
    "GB": (
        *("Inghilterra", "England", "Angleterre", "Inglaterra", "Gran Bretagna", "Great Britain"),
        *("Grande-Bretagne", "Großbritannien", "Gran Bretaña", "Scozia", "Scotland", "Galles"),
        *("UK", "Wales"),
    ),
    "US": ("USA", "Stati Uniti d'America"),
    "CZ": ("Repubblica Ceca", "Czech Republic"),
}
"""Of countries, beside those of the CLDR."""
UNSURE = frozenset({"MC", "GE", "JE", "RE", "GU", "IO"})
"""Countries whose name more often means something else."""


WHERE_COUNTRY = {
    "US": "negli",
    "NL": "nei",
    "GB": "nel",
    "MT": "a",
    "CU": "a",
    "CY": "a",
    "PH": "nelle",
    "AE": "negli",
}
"""Italian preposition before a country; «in» before the others."""


class AreaKind(enum.StrEnum):
    MUNICIPALITY = "municipality"
    PROVINCE = "province"
    REGION = "region"
    LANDSCAPE = "landscape"
    """A part of a region, or several, with a name of its own: the Val d'Orcia, the Mezzogiorno."""
    COUNTRY = "country"


Point = tuple[float, float]
"""Latitude and longitude in WGS 84 degrees."""


@dataclass(frozen=True)
class Location:
    """Where something is, as far as it is known. ``country`` is an ISO 3166 code, ``region`` a
    name, ``istat_code`` that of an Italian municipality."""

    name: str
    country: str
    region: str = ""
    istat_code: str = ""
    point: Point | None = None


@dataclass(frozen=True)
class Area:
    """``code``: ISTAT code, plate of the province, ISO code of the country, or the name.

    ``where`` is the Italian preposition: «in» Toscana, «nel» Lazio. ``country`` is the one that it
    lies in. The next four fields say what it consists of; a place is in it if it is in any of
    them.
    """

    kind: AreaKind
    code: str
    name: str
    where: str = "in"
    point: Point | None = None
    country: str = HOME
    municipalities: frozenset[str] = field(default_factory=frozenset)
    provinces: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)
    countries: frozenset[str] = field(default_factory=frozenset)
    where_en: str = ""
    """In English, with the preposition: «in the Alps»; empty for «in» and the name."""
    words: frozenset[str] = field(default_factory=frozenset)
    """Folded; what is said to be so lies in the area: «alpino». Its name does where it has none."""

    @property
    def is_town(self) -> bool:
        return self.kind is AreaKind.MUNICIPALITY

    def contains(self, place: Location) -> bool:
        """Whether the place lies in the area, or its own name says so."""
        if place.country in self.countries:
            return True
        town = municipalities.find(place.istat_code) if place.istat_code else None
        if town is not None:
            return (
                town.istat_code in self.municipalities
                or town.province in self.provinces
                or town.region in self.regions
            )
        return place.region in self.regions or self._is_named_in(place)

    def _is_named_in(self, place: Location) -> bool:
        """«Provincia di Siena», «Bacino di Priula (Treviso)»."""
        if self.kind is AreaKind.COUNTRY:
            return False
        return f" {fold_text(self.name)} " in f" {fold_text(place.name)} "

    def holds(self, other: Area) -> bool:
        """Whether all of the other area lies in this one."""
        if self == other:
            return False
        if self.countries:
            return self.kind is AreaKind.COUNTRY and other.country in self.countries
        inner = _towns_of(other)
        return bool(inner) and inner < _towns_of(self)


@cache
def municipality(istat_code: str) -> Area:
    place = municipalities.named(istat_code)
    point = None
    if place.latitude is not None and place.longitude is not None:
        point = (place.latitude, place.longitude)
    codes = frozenset({place.istat_code})
    return Area(
        AreaKind.MUNICIPALITY, place.istat_code, place.name, "a", point, municipalities=codes
    )


@cache
def provinces() -> tuple[tuple[Area, tuple[str, ...]], ...]:
    """Every province with its adjectives; those with a star mean other things too."""
    return tuple(
        (
            Area(
                AreaKind.PROVINCE,
                row["plate"],
                row["name"],
                "in provincia di",
                _middle(place for place in _places() if place.province == row["plate"]),
                provinces=frozenset({row["plate"]}),
            ),
            _split(row["adjectives"]),
        )
        for row in _rows("provinces.csv")
    )


@cache
def regions() -> tuple[tuple[Area, tuple[str, ...], tuple[str, ...]], ...]:
    """Every Italian region with its names and its adjectives."""
    return tuple(
        (
            Area(
                AreaKind.REGION,
                row["name"],
                row["name"].split("/")[0],
                row["where_it"],
                _middle(place for place in _places() if place.region == row["name"]),
                regions=frozenset({row["name"], row["name"].split("/")[0]}),
            ),
            (row["name"].split("/")[0], *_split(row["others"])),
            _split(row["adjectives"]),
        )
        for row in _rows("regions.csv")
    )


class Landscape(NamedTuple):
    """``names`` are those of nothing else; ``directions`` may mean other things: «Sud»."""

    area: Area
    names: tuple[str, ...]
    directions: tuple[str, ...]


@cache
def landscapes() -> tuple[Landscape, ...]:
    """Every landscape with its names."""
    return tuple(_read_landscape(row) for row in _rows("landscapes.csv"))


def _read_landscape(row: dict[str, str]) -> Landscape:
    directions = _split(row["directions"])
    names = (row["name"], *_split(row["others"]))
    sure = tuple(name for name in names if name not in directions)
    return Landscape(_landscape(row), sure, directions)


def _landscape(row: dict[str, str]) -> Area:
    """With ``from_m``, it has the municipalities of provinces and regions whose main settlement is
    at least so high."""
    names = set(_split(row["municipalities"]))
    towns = {place.istat_code for place in _places() if place.name in names}
    plates, wide = frozenset(_split(row["provinces"])), frozenset(_split(row["regions"]))
    inside = [place for place in _places() if place.province in plates or place.region in wide]
    if row["from_m"]:
        least = int(row["from_m"])
        towns |= {one.istat_code for one in inside if (one.elevation_m or 0) >= least}
        plates, wide = frozenset(), wide - {one.region for one in inside}
    return _with_point(
        Area(
            AreaKind.LANDSCAPE,
            row["name"],
            row["name"],
            row["where_it"],
            municipalities=frozenset(towns),
            provinces=plates,
            regions=wide,
            countries=frozenset(_split(row["countries"])),
            where_en=row["where_en"],
            words=frozenset(_split(row["words"])),
        )
    )


def _with_point(area: Area) -> Area:
    codes = _towns_of(area)
    return replace(area, point=_middle(one for one in _places() if one.istat_code in codes))


@lru_cache(1000)
def narrow(area: Area, inner: Area, adjective: str) -> Area:
    """The part of a landscape that an adjective says: «Appennino bolognese». Of one abroad, the
    country; the whole landscape where the two have nothing in common."""
    if area.kind is not AreaKind.LANDSCAPE:
        return area
    if inner.countries:
        return inner
    towns = _towns_of(area) & _towns_of(inner)
    if not towns:
        return area
    name = f"{area.name} {adjective}"
    found = Area(AreaKind.LANDSCAPE, name, name, area.where, municipalities=frozenset(towns))
    return _with_point(found)


@cache
def countries() -> tuple[tuple[Area, tuple[str, ...]], ...]:
    """Every country with its names in ``LANGUAGES``."""
    territories = [Locale(language).territories for language in LANGUAGES]
    codes = [code for code in map(str, territories[0]) if len(code) == 2 and code.isalpha()]
    return tuple(
        (
            Area(
                AreaKind.COUNTRY,
                code,
                str(territories[0][code]),
                WHERE_COUNTRY.get(code, "in"),
                country=code,
                countries=frozenset({code}),
            ),
            tuple(
                dict.fromkeys(
                    [*(str(one[code]) for one in territories), *OTHER_NAMES.get(code, ())]
                )
            ),
        )
        for code in codes
        if code not in UNSURE
    )


@cache
def country(code: str) -> Area:
    return next(area for area, _ in countries() if area.code == code)


@cache
def demonyms() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(country, language, words) of the adjectives of countries."""
    return tuple(
        (row["country"], row["language"], _split(row["words"])) for row in _rows("demonyms.csv")
    )


@cache
def region_adjectives_en() -> tuple[tuple[Area, tuple[str, ...]], ...]:
    """The Italian regions with their English adjectives."""
    words = {row["name"]: _split(row["adjectives_en"]) for row in _rows("regions.csv")}
    return tuple((area, words[area.code]) for area, _, _ in regions())


@cache
def other_names() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Municipalities with their usual or foreign names: Reggio Emilia, Florence, Mailand."""
    return tuple((row["name"], _split(row["others"])) for row in _rows("other_names.csv"))


def foreign_region(name: str, country_code: str) -> Area:
    """A region outside Italy, as a card names it."""
    return Area(AreaKind.REGION, name, name, country=country_code, regions=frozenset({name}))


def _places() -> Iterable[municipalities.Place]:
    return municipalities.all_places()


def _middle(places: Iterable[municipalities.Place]) -> Point | None:
    points = [
        (place.latitude, place.longitude)
        for place in places
        if place.latitude is not None and place.longitude is not None
    ]
    if not points:
        return None
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


@cache
def _towns_of(area: Area) -> frozenset[str]:
    """ISTAT codes of the municipalities in an area."""
    return area.municipalities | {
        place.istat_code
        for place in _places()
        if place.province in area.provinces or place.region in area.regions
    }


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(files("kb.places").joinpath(name).read_text("utf-8").splitlines())


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)
