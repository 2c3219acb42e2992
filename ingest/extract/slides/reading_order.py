"""Boxes of a slide in the order in which they are read: rows from top to bottom, each from left to
right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

SAME_LINE = 0.5
"""Share of the smaller of two extents that must overlap for boxes to stand in one row or column."""


@dataclass(frozen=True)
class ShapeBox:
    left: float
    top: float
    width: float = 0
    height: float = 0


T = TypeVar("T")
_Extent = tuple[float, float]


def in_reading_order(things: Iterable[T], box_of: Callable[[T], ShapeBox]) -> list[T]:
    """The things by rows. In a row those that stand above each other are one column."""
    placed = [(thing, box_of(thing)) for thing in things]
    ordered: list[T] = []
    for row in _grouped(placed, lambda box: (box.top, box.top + box.height)):
        for column in _grouped(row, lambda box: (box.left, box.left + box.width)):
            column.sort(key=lambda pair: pair[1].top)
            ordered += [thing for thing, _ in column]
    return ordered


def _grouped(
    placed: Sequence[tuple[T, ShapeBox]], extent_of: Callable[[ShapeBox], _Extent]
) -> list[list[tuple[T, ShapeBox]]]:
    """The boxes in groups that overlap along one direction, by where the groups begin."""
    groups: list[tuple[_Extent, list[tuple[T, ShapeBox]]]] = []
    for thing, box in sorted(placed, key=lambda pair: extent_of(pair[1])):
        extent = extent_of(box)
        if groups and _overlap(groups[-1][0], extent):
            (start, end), members = groups[-1]
            groups[-1] = ((start, max(end, extent[1])), [*members, (thing, box)])
        else:
            groups.append((extent, [(thing, box)]))
    return [members for _, members in groups]


def _overlap(one: _Extent, other: _Extent) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    smaller = min(one[1] - one[0], other[1] - other[0])
    return shared > SAME_LINE * smaller or (smaller == 0 and shared == 0)
