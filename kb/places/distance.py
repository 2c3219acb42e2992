"""Distances on the globe."""

from __future__ import annotations

import math

EARTH_RADIUS_KM = 6371.0
"""Mean radius (IUGG)."""


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle distance of two points (latitude, longitude in degrees): haversine formula."""
    (lat, lon), (to_lat, to_lon) = (tuple(map(math.radians, point)) for point in (here, there))
    height = math.sin((to_lat - lat) / 2) ** 2
    width = math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(height + width)))
