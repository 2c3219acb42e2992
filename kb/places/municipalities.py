"""Italian municipalities: lookup by ISTAT code, search by the beginning of a name."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from kb.messages import N_, PermanentError
from kb.text.folding import fold_text


@dataclass(frozen=True)
class Place:
    """A municipality. Coordinates in WGS 84 degrees; ``population`` of the census of 9 October
    2011.

    Sources, years and licences are in ``SOURCES.md`` in this folder.
    """

    istat_code: str
    name: str
    province: str
    region: str
    nuts3: str
    population: int | None
    latitude: float | None
    longitude: float | None
    elevation_m: int | None


def find(istat_code: str) -> Place | None:
    """The municipality with this code, or the one into which it was merged; None if unknown."""
    places, merged = _table()
    return places.get(merged.get(istat_code, istat_code))


def named(istat_code: str) -> Place:
    """The municipality with this code.

    Raises:
        PermanentError: there is no such municipality.
    """
    place = find(istat_code)
    if place is None:
        raise PermanentError(
            N_("No Italian municipality has the ISTAT code {code}: check its six digits."),
            code=istat_code,
        )
    return place


def search(beginning: str, limit: int | None = None) -> list[Place]:
    """Municipalities of whose name, or a word of it, ``beginning`` is a prefix; case and accents
    are ignored.

    Order: equal names, prefixes of names, prefixes of later words; the most populous first.
    ``limit``: number of results.
    """
    typed = fold_text(beginning)
    if not typed:
        return []
    hits = [(rank, place) for name, place in _names() if (rank := _rank(typed, name)) is not None]
    hits.sort(key=lambda hit: (hit[0], -(hit[1].population or 0), hit[1].name))
    return [place for _, place in hits[:limit]]


def all_places() -> Collection[Place]:
    """Every municipality of today."""
    return _table()[0].values()


def _rank(typed: str, name: str) -> int | None:
    if name == typed:
        return 0
    if name.startswith(typed):
        return 1
    return 2 if f" {typed}" in name else None


@cache
def _names() -> tuple[tuple[str, Place], ...]:
    return tuple((fold_text(place.name), place) for place in _table()[0].values())


@cache
def _table() -> tuple[Mapping[str, Place], Mapping[str, str]]:
    """Places by code, and present code by merged code."""
    places = {row["istat_code"]: _place(row) for row in _rows("comuni.csv")}
    merged: dict[str, str] = {}
    for row in _rows("corrections.csv"):
        gone = [places.pop(code) for code in row["replaces"].split()]
        merged |= {place.istat_code: row["istat_code"] for place in gone}
        before = [place for place in (places.get(row["istat_code"]), *gone) if place]
        places[row["istat_code"]] = _fill_missing(row, before)
    return places, merged


def _fill_missing(row: dict[str, str], before: list[Place]) -> Place:
    """The row's values, with missing ones taken from the most populous place merged into it."""
    given = _place({"population_2011": "", **row})
    if not before:
        return given
    base = max(before, key=lambda place: place.population or 0)
    known = {name: value for name, value in vars(given).items() if value not in ("", None)}
    return replace(base, **known, population=sum(place.population or 0 for place in before))


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(files("kb.places").joinpath(name).read_text("utf-8").splitlines())


def _place(row: dict[str, str]) -> Place:
    return Place(
        istat_code=row["istat_code"],
        name=row["name"],
        province=row["province"],
        region=row["region"],
        nuts3=row["nuts3_2024"],
        population=int(row["population_2011"]) if row["population_2011"] else None,
        latitude=float(row["latitude"]) if row["latitude"] else None,
        longitude=float(row["longitude"]) if row["longitude"] else None,
        elevation_m=int(row["elevation_m"]) if row["elevation_m"] else None,
    )
