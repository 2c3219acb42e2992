"""The Italian municipalities: by ISTAT code, and by the beginning of a name as people type it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from kb.messages import N_, PermanentError
from kb.text.folding import fold_text


@dataclass(frozen=True)
class Place:
    """A municipality. Degrees are WGS 84; ``population`` is of the census of 9 October 2011.

    Origin, year and licence of each fact are in ``SOURCES.md`` beside this file.
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
    """The municipality with the code, or the one that a merged municipality went into."""
    places, merged = _table()
    return places.get(merged.get(istat_code, istat_code))


def named(istat_code: str) -> Place:
    """The municipality with the code.

    Raises:
        PermanentError: no municipality has the code.
    """
    place = find(istat_code)
    if place is None:
        raise PermanentError(
            N_("No Italian municipality has the ISTAT code {code}: check its six digits."),
            code=istat_code,
        )
    return place


def search(beginning: str, limit: int | None = None) -> list[Place]:
    """Municipalities with a name, or a word of it, that begins so; case and accents do not matter.

    Whole names first, then names that begin so, then words inside; the most populous first.
    ``limit``: no more than so many.
    """
    typed = fold_text(beginning)
    if not typed:
        return []
    hits = [(rank, place) for name, place in _names() if (rank := _rank(typed, name)) is not None]
    hits.sort(key=lambda hit: (hit[0], -(hit[1].population or 0), hit[1].name))
    return [place for _, place in hits[:limit]]


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
    """Places by code, and the code that each merged code went into."""
    places = {row["istat_code"]: _place(row) for row in _rows("comuni.csv")}
    merged: dict[str, str] = {}
    for row in _rows("corrections.csv"):
        gone = [places.pop(code) for code in row["replaces"].split()]
        merged |= {place.istat_code: row["istat_code"] for place in gone}
        before = [place for place in (places.get(row["istat_code"]), *gone) if place]
        places[row["istat_code"]] = _corrected(row, before)
    return places, merged


def _corrected(row: dict[str, str], before: list[Place]) -> Place:
    """The row's values where it has any, else those of the most populous place it comes from."""
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
