"""Outlines of land and borders for the map of practices: SVG from the TopoJSON of world-atlas
(Natural Earth, public domain), and the projection that places points on them.

A map is drawn in units of its own: 1000 wide, its height by the extent, y downwards. The projection
is equirectangular with the extent's middle latitude as standard parallel (Snyder 1987, chapter 12),
which keeps shapes near that latitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

WIDTH = 1000.0
"""Units from the western to the eastern edge of a map."""
LEAST_STEP = 0.7
"""Units. Points of an outline that lie nearer to the one before are left out."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Extent:
    """The rectangle of a map, in degrees."""

    west: float
    south: float
    east: float
    north: float

    @cached_property
    def _units_per_degree(self) -> Point:
        """Of longitude and of latitude."""
        across = WIDTH / (self.east - self.west)
        return across, across / math.cos(math.radians((self.south + self.north) / 2))

    @property
    def height(self) -> float:
        """Units from the northern to the southern edge."""
        return (self.north - self.south) * self._units_per_degree[1]

    def project(self, longitude: float, latitude: float) -> Point:
        """Units from the western and from the northern edge."""
        across, down = self._units_per_degree
        return (longitude - self.west) * across, (self.north - latitude) * down

    def holds(self, longitude: float, latitude: float) -> bool:
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


EXTENTS = {
    "world": Extent(-170, -56, 180, 74),
    "europe": Extent(-25, 34, 42, 70),
    "italy": Extent(6, 36, 19, 47.5),
}
"""The maps, from the widest to the narrowest."""
OUTLINES = {
    "world": "countries-110m.json",
    "europe": "countries-50m.json",
    "italy": "countries-10m.json",
}
"""File of world-atlas for each map: the scale that its size asks for."""


def draw_outline(topology: dict[str, Any], extent: Extent) -> str:
    """An SVG document with one symbol, ``land``: the countries cut at the edges of the extent."""
    path = "".join(
        _path([extent.project(*point) for point in cut])
        for ring in _rings(topology)
        if len(cut := _cut(ring, extent)) > 2
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {extent.height:.0f}">'
        f'<path id="land" vector-effect="non-scaling-stroke" d="{path}"/></svg>\n'
    )


def _path(points: Iterable[Point]) -> str:
    """Path data of a closed ring; empty if all of it is smaller than a step."""
    kept: list[Point] = []
    for point in points:
        if not kept or math.dist(point, kept[-1]) >= LEAST_STEP:
            kept.append(point)
    if len(kept) < 3:
        return ""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept) + "Z"


def _rings(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """Rings of all countries, as points (longitude, latitude)."""
    arcs = [list(_decode(arc, topology["transform"])) for arc in topology["arcs"]]
    for geometry in topology["objects"]["countries"]["geometries"]:
        match geometry["type"]:
            case "Polygon":
                polygons = [geometry["arcs"]]
            case "MultiPolygon":
                polygons = geometry["arcs"]
            case _:
                continue
        for polygon in polygons:
            for ring in polygon:
                yield list(_unwrap(point for index in ring for point in _arc(arcs, index)))


def _unwrap(ring: Iterable[Point]) -> Iterator[Point]:
    """A ring that crosses the antimeridian goes on past 180 degrees instead of jumping to -180."""
    turns, before = 0, None
    for x, y in ring:
        if before is not None and abs(x - before) > 180:
            turns += 360 if x < before else -360
        before = x
        yield x + turns, y


def _arc(arcs: list[list[Point]], index: int) -> list[Point]:
    """``~index`` means the arc in the opposite direction (TopoJSON specification, 2.1.4)."""
    return arcs[index] if index >= 0 else arcs[~index][::-1]


def _decode(arc: list[list[int]], transform: dict[str, list[float]]) -> Iterator[Point]:
    """Degrees from the quantised differences of an arc."""
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        yield x * scale_x + move_x, y * scale_y + move_y


def _cut(ring: list[Point], extent: Extent) -> list[Point]:
    """The part of a ring inside the extent (Sutherland and Hodgman 1974), edge by edge."""
    edges = ((0, extent.west, 1), (0, extent.east, -1), (1, extent.south, 1), (1, extent.north, -1))
    for axis, limit, sign in edges:
        out: list[Point] = []
        for before, point in zip([ring[-1], *ring[:-1]], ring, strict=True):
            inside = [(place[axis] - limit) * sign >= 0 for place in (before, point)]
            if inside[0] != inside[1]:
                share = (limit - before[axis]) / (point[axis] - before[axis])
                out.append(
                    (
                        before[0] + share * (point[0] - before[0]),
                        before[1] + share * (point[1] - before[1]),
                    )
                )
            if inside[1]:
                out.append(point)
        ring = out
        if not ring:
            break
    return ring
