"""The map of practices: which part of the world it shows, its markers, and the list beside it.

A marker stands for all practices of one spot and has the number that the list gives them, so that
the map can be read, printed and left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kb.places.distance import EARTH_RADIUS_KM, distance_km
from kb.places.municipalities import Place
from web.outlines import EXTENTS, WIDTH
from web.presenters.queries import MappedPractice
from web.rendering.i18n import Locale

NEAR = "near"
HOME_COUNTRY = "IT"
NEAR_KM = 75
"""Half the width of the map around the reader's municipality."""
MARKER_SHARE = 0.02
"""Radius of a marker as a share of the map's width."""
ENOUGH = 0.75
"""Share of the practices that a map must hold to be shown if none is asked for."""
VIEWS = (*EXTENTS, NEAR)
Degrees = tuple[float, float]
"""Latitude and longitude."""


@dataclass(frozen=True)
class MapEntry:
    """A practice in the list; ``km`` from the reader's municipality, where both have a place."""

    id: str
    title: str
    language: str
    place: str
    country: str
    outcome: str
    km: int | None


@dataclass
class Marker:
    """Practices of one spot, in units of the map; ``number`` from 1, in the order of the list."""

    x: float
    y: float
    number: int = 0
    entries: list[MapEntry] = field(default_factory=list)

    @property
    def places(self) -> str:
        return ", ".join(dict.fromkeys(entry.place for entry in self.entries))


@dataclass(frozen=True)
class PracticeMap:
    """A map to draw. ``box``: left, top, width and height of what is shown of the outline.

    ``outside`` lie beyond its edges, ``unplaced`` have no coordinates. ``home`` is the reader's
    municipality, in units of the map.
    """

    view: str
    outline: str
    box: tuple[float, float, float, float]
    markers: tuple[Marker, ...]
    outside: tuple[MapEntry, ...]
    unplaced: tuple[MapEntry, ...]
    home: tuple[float, float] | None

    @property
    def radius(self) -> float:
        return self.box[2] * MARKER_SHARE


def draw_map(
    practices: Sequence[MappedPractice], wanted: str, own: Place | None, reader: Locale
) -> PracticeMap:
    """The map named ``wanted``; if that is empty, the narrowest that holds most practices."""
    located = [one for one in practices if one.latitude is not None and one.longitude is not None]
    home = _home(own)
    if wanted == NEAR and home is None:
        wanted = ""
    view = wanted or narrowest_view(located)
    outline, box = _frame(view, home)
    markers: list[Marker] = []
    outside: list[MapEntry] = []
    for practice in located:
        entry = _entry(practice, home, reader)
        x, y = EXTENTS[outline].project(practice.longitude or 0, practice.latitude or 0)
        if not (box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]):
            outside.append(entry)
            continue
        _marker_at(markers, x, y, 2 * MARKER_SHARE * box[2]).entries.append(entry)
    return PracticeMap(
        view,
        outline,
        box,
        _numbered(markers, reader),
        tuple(sorted(outside, key=_by_distance)),
        tuple(_entry(one, None, reader) for one in practices if one not in located),
        EXTENTS[outline].project(home[1], home[0]) if home else None,
    )


def list_nearest(
    practices: Iterable[MappedPractice], own: Place | None, reader: Locale, most: int
) -> list[MapEntry]:
    """The practices nearest to the reader's municipality; empty if its place is not known."""
    home = _home(own)
    entries = [_entry(practice, home, reader) for practice in practices]
    return sorted((entry for entry in entries if entry.km is not None), key=_by_distance)[:most]


def narrowest_view(located: Iterable[MappedPractice]) -> str:
    """The narrowest of the fixed maps that holds ``ENOUGH`` of the practices, else the widest."""
    places = [(one.longitude or 0, one.latitude or 0) for one in located]
    for name, extent in reversed(EXTENTS.items()):
        held = sum(extent.holds(*place) for place in places)
        if places and held >= ENOUGH * len(places):
            return name
    return next(iter(EXTENTS))


def _frame(view: str, home: Degrees | None) -> tuple[str, tuple[float, float, float, float]]:
    """Name of the outline, and the part of it that is shown."""
    if view != NEAR or home is None:
        return view, (0.0, 0.0, WIDTH, EXTENTS[view].height)
    outline = next(reversed(EXTENTS))
    latitude, longitude = home
    x, y = EXTENTS[outline].project(longitude, latitude)
    south = latitude - math.degrees(NEAR_KM / EARTH_RADIUS_KM)
    half = EXTENTS[outline].project(longitude, south)[1] - y
    return outline, (x - half, y - half, 2 * half, 2 * half)


def _marker_at(markers: list[Marker], x: float, y: float, apart: float) -> Marker:
    """The nearest marker within ``apart`` units, or a new one."""
    near = min(markers, key=lambda marker: math.dist((marker.x, marker.y), (x, y)), default=None)
    if near is None or math.dist((near.x, near.y), (x, y)) > apart:
        near = Marker(x, y)
        markers.append(near)
    return near


def _numbered(markers: list[Marker], reader: Locale) -> tuple[Marker, ...]:
    """Nearest first where distances are known, else Italy first, then by country and place."""
    for marker in markers:
        marker.entries.sort(key=_by_distance)

    def place_in_list(marker: Marker) -> tuple[float, bool, str, str]:
        first = marker.entries[0]
        abroad = first.country != HOME_COUNTRY
        return _by_distance(first)[0], abroad, reader.country(first.country), marker.places

    ordered = sorted(markers, key=place_in_list)
    for number, marker in enumerate(ordered, start=1):
        marker.number = number
    return tuple(ordered)


def _by_distance(entry: MapEntry) -> tuple[float, str]:
    return (math.inf if entry.km is None else entry.km), entry.title


def _entry(practice: MappedPractice, home: Degrees | None, reader: Locale) -> MapEntry:
    english = reader.code == "en" and bool(practice.title_en)
    km = None
    if home and practice.latitude is not None and practice.longitude is not None:
        km = round(distance_km(home, (practice.latitude, practice.longitude)))
    return MapEntry(
        practice.id,
        practice.title_en if english else practice.title,
        "en" if english else "it",
        practice.place,
        practice.country,
        practice.outcome,
        km,
    )


def _home(own: Place | None) -> Degrees | None:
    if own is None or own.latitude is None or own.longitude is None:
        return None
    return own.latitude, own.longitude
