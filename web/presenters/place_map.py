"""The small map on the page of a practice: where it is, and where the reader's municipality is."""

from __future__ import annotations

from dataclasses import dataclass

from kb.places.areas import Point
from web.outlines import EXTENTS, WIDTH

WINDOW = {"italy": 620.0, "europe": 520.0, "world": WIDTH}
"""Width of what is shown of each outline, in its units: enough to recognise the country."""
SHAPE = 0.75
"""Height of the map divided by its width."""
DOT = 0.018
"""Radius of a marker divided by the map's width."""


@dataclass(frozen=True)
class PlaceMap:
    """``box``: left, top, width, height in units of the outline. ``home`` is the reader's
    municipality, where it lies on the map."""

    outline: str
    box: tuple[float, float, float, float]
    marker: tuple[float, float]
    home: tuple[float, float] | None

    @property
    def radius(self) -> float:
        return self.box[2] * DOT


def draw_place(point: Point | None, home: Point | None) -> PlaceMap | None:
    """The part of the narrowest outline around a place; None for a place without coordinates."""
    if point is None:
        return None
    latitude, longitude = point
    holding = (name for name in reversed(EXTENTS) if EXTENTS[name].holds(longitude, latitude))
    outline = next(holding, "")
    if not outline:
        return None
    extent = EXTENTS[outline]
    x, y = extent.project(longitude, latitude)
    width = WINDOW[outline]
    height = min(width * SHAPE, extent.height)
    box = (_begin(x, width, WIDTH), _begin(y, height, extent.height), width, height)
    own = extent.project(home[1], home[0]) if home else None
    return PlaceMap(outline, box, (x, y), own if own and _is_inside(box, own) else None)


def _begin(middle: float, length: float, most: float) -> float:
    """Where a window of ``length`` around ``middle`` begins that stays within 0 and ``most``."""
    return max(0.0, min(middle - length / 2, most - length))


def _is_inside(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    left, top, width, height = box
    return left <= point[0] <= left + width and top <= point[1] <= top + height
