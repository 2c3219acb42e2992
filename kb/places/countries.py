"""Where countries lie: boxes around their parts, to find coordinates that cannot be right."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

MARGIN = 0.2
"""Degrees around a box that still belong to it: coasts of the outline are simplified."""

Box = tuple[float, float, float, float]
"""South, west, north, east, in WGS 84 degrees."""


def lies_in(country: str, latitude: float, longitude: float) -> bool:
    """Whether the point is in a box of the country (ISO 3166 code), or the country is unknown."""
    boxes = _boxes().get(country.upper())
    return boxes is None or any(_is_inside(box, latitude, longitude) for box in boxes)


def _is_inside(box: Box, latitude: float, longitude: float) -> bool:
    south, west, north, east = box
    return (
        south - MARGIN <= latitude <= north + MARGIN and west - MARGIN <= longitude <= east + MARGIN
    )


@cache
def _boxes() -> Mapping[str, tuple[Box, ...]]:
    text = files("kb.places").joinpath("country_boxes.csv").read_text("utf-8")
    found: dict[str, list[Box]] = defaultdict(list)
    for row in csv.DictReader(text.splitlines()):
        south, west, north, east = (float(row[n]) for n in ("south", "west", "north", "east"))
        found[row["country"]].append((south, west, north, east))
    return {country: tuple(boxes) for country, boxes in found.items()}
