"""Find tables of a PDF page by the ruled lines around their cells."""

from __future__ import annotations

import ctypes
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from ingest.extract.pdf.pdfium_calls import Floats, calls
from ingest.extract.pdf.words import Word, rotation_of
from ingest.extract.shared.layout import LEAST_SHARED, LinePiece

NEAR = 2.5
"""Points: lines so close are one, and lines that miss each other by so much meet."""
NARROWEST = 7.0
LOWEST = 5.0
"""Columns and rows are wider and higher: edges so close are those of one border."""
SHORTEST = 6.0
THIN = 2.0
MOST_PATHS = 800
MOST_RULES = 4000
"""With more it is a drawing."""
MOST_SEGMENTS = 400
LARGEST_SHARE = 0.6
"""Share of a table's words that may stand in one cell: with more it is a frame."""
LONGEST_CELL = 80
"""Words of a cell; with more the lines only lay out the page."""
CLOSE = 0.4
"""Line heights between words of one line of text."""
MOST_CROSSING = 0.04
"""Share of neighbouring words that may stand close together on both sides of an edge."""
MOST_CELLS = 5000
MOVE, LINE = 2, 0
"""Kinds of segments, as pdfium numbers them."""


class Rule(NamedTuple):
    """A horizontal or vertical line as the page is shown, ``top`` less than ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def flat(self) -> bool:
        return self.bottom - self.top <= self.right - self.left


@dataclass
class RuledTable:
    """A table: the edges of its columns and rows, and which cells are one. ``cells`` leads from
    row and column to those of the cell's first field, from the top and left."""

    xs: Sequence[float]
    ys: Sequence[float]
    cells: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def place(self, word: Word | LinePiece) -> tuple[int, int] | None:
        """The cell that the middle of the word is in."""
        row = _find_interval(self.ys, (word.top + word.bottom) / 2)
        if row is None:
            return None
        column = _find_interval(self.xs, (word.left + word.right) / 2)
        return None if column is None else self.cells[row, column]


def find_ruled_tables(page: Any, paths: Sequence[int]) -> list[RuledTable]:
    """The ruled tables of the page, whose path objects are given."""
    if not 2 <= len(paths) <= MOST_PATHS:
        return []
    rules = []
    for rule in _read_rules(page, paths):
        rules.append(rule)
        if len(rules) > MOST_RULES:
            return []
    return [
        grid for group in _group_touching(rules) if len(group) > 5 and (grid := _build_grid(group))
    ]


def _read_rules(page: Any, paths: Iterable[int]) -> Iterator[Rule]:
    lib, turn = calls(), rotation_of(page)
    place = Floats(4, ctypes.c_float)
    for path in paths:
        count = lib.segments(path)
        if not 2 <= count <= MOST_SEGMENTS or not lib.bounds(path, *place.places):
            continue
        x1, y1, x2, y2 = place.values()
        if max(x2 - x1, y2 - y1) < SHORTEST:
            continue
        sides = _read_strokes(path, count) if count >= 6 else _rectangle_sides(x1, y1, x2, y2)
        for from_x, from_y, to_x, to_y in sides:
            width, height = abs(to_x - from_x), abs(to_y - from_y)
            if (width <= 1 or height <= 1) and (width >= SHORTEST or height >= SHORTEST):
                left, low = min(from_x, to_x), min(from_y, to_y)
                yield Rule(*turn(left, low, left + width, low + height))


def _rectangle_sides(x1: float, y1: float, x2: float, y2: float) -> Iterator[Sequence[float]]:
    """The sides of a rectangle, of which a thin one is a line."""
    if y2 - y1 <= THIN:
        across = (y1 + y2) / 2
        yield x1, across, x2, across
    elif x2 - x1 <= THIN:
        yield x1, y1, x1, y2
    else:
        yield from ((x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2))


def _read_strokes(path: int, count: int) -> Iterator[Sequence[float]]:
    """The straight parts of a path, on the page."""
    lib = calls()
    matrix, point = Floats(6, ctypes.c_float), Floats(2, ctypes.c_float)
    if not lib.matrix(path, matrix.places[0]):
        return
    a, b, c, d, e, f = matrix.values()
    start = last = (0.0, 0.0)
    for number in range(count):
        segment = lib.segment(path, number)
        lib.point(segment, *point.places)
        x, y = point.values()
        at = (a * x + c * y + e, b * x + d * y + f)
        kind = lib.segment_kind(segment)
        if kind == MOVE:
            start = at
        elif kind == LINE:
            yield *last, *at
        last = at
        if lib.closes(segment):
            yield *last, *start
            last = start


def _group_touching(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules that meet, directly or through others."""
    groups: list[tuple[Rule, list[Rule]]] = []
    for rule in sorted(rules, key=lambda one: (one.top, one.left)):
        left, top, right, bottom = rule
        apart, group = [], [rule]
        for other in groups:
            box = other[0]
            if (
                rule.left > box.right + NEAR
                or rule.right < box.left - NEAR
                or rule.top > box.bottom + NEAR
                or rule.bottom < box.top - NEAR
            ):
                apart.append(other)
                continue
            left, top = min(left, box.left), min(top, box.top)
            right, bottom = max(right, box.right), max(bottom, box.bottom)
            group += other[1]
        groups = [*apart, (Rule(left, top, right, bottom), group)]
    return [group for _, group in groups]


def _build_grid(rules: Sequence[Rule]) -> RuledTable | None:
    flat = [rule for rule in rules if rule.flat]
    upright = [rule for rule in rules if not rule.flat]
    xs = _merge_near((rule.left for rule in upright), NARROWEST)
    ys = _merge_near((rule.top for rule in flat), LOWEST)
    if len(xs) < 3 or len(ys) < 3:
        return None
    flat = [r for r in flat if _is_near(r.left, xs) or _is_near(r.right, xs)]
    upright = [r for r in upright if _is_near(r.top, ys) or _is_near(r.bottom, ys)]
    xs = _merge_near((rule.left for rule in upright), NARROWEST)
    ys = _merge_near((rule.top for rule in flat), LOWEST)
    if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > MOST_CELLS:
        return None
    grid = RuledTable(xs, ys)
    above = _is_covered(ys, xs, LOWEST, ((r.top, r.left, r.right) for r in flat))
    before = _is_covered(xs, ys, NARROWEST, ((r.left, r.top, r.bottom) for r in upright))
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            if column and (column, row) not in before:
                first = grid.cells[row, column - 1]
            elif row and (row, column) not in above:
                first = grid.cells[row - 1, column]
            else:
                first = (row, column)
            grid.cells[row, column] = first
    return grid


def _is_covered(
    edges: Sequence[float],
    others: Sequence[float],
    near: float,
    rules: Iterable[tuple[float, float, float]],
) -> set[tuple[int, int]]:
    """Edges, and the fields along them that a rule parts. ``others`` are the edges between these
    fields; a rule is where it stands and the places between which it runs."""
    middles = [(low + high) / 2 for low, high in pairwise(others)]
    covered: set[tuple[int, int]] = set()
    for place, start, end in rules:
        fields = range(bisect_left(middles, start), bisect_right(middles, end))
        for edge in range(bisect_left(edges, place - near), bisect_right(edges, place + near)):
            covered.update((edge, number) for number in fields)
    return covered


def _is_near(value: float, edges: Sequence[float]) -> bool:
    """Whether a rule ends at one of the edges, as those around cells do and underlines do not."""
    return any(abs(value - edge) <= LOWEST for edge in edges)


def _merge_near(edges: Iterable[float], least: float) -> list[float]:
    distinct: list[float] = []
    for edge in sorted(edges):
        if not distinct or edge - distinct[-1] > least:
            distinct.append(edge)
    return distinct


def _find_interval(edges: Sequence[float], value: float) -> int | None:
    number = max(bisect_left(edges, value) - 1, 0)
    return number if edges[number] <= value <= edges[-1] else None


def assign_words(grid: RuledTable, words: Sequence[Word]) -> dict[tuple[int, int], list[int]]:
    """Indexes of the words in each cell; empty if the lines are not those of a table."""
    places = list(map(grid.place, words))
    cells: dict[tuple[int, int], list[int]] = {}
    for number, place in enumerate(places):
        if place is not None:
            cells.setdefault(place, []).append(number)
    if _crosses(words, places):
        return {}
    total = sum(map(len, cells.values()))
    rows, columns = {row for row, _ in cells}, {column for _, column in cells}
    if len(rows) < 2 or len(columns) < 2:
        return {}
    shared = [
        len({grid.cells[row, n] for n in range(len(grid.xs) - 1)} & cells.keys()) > 1
        for row in rows
    ]
    if sum(shared) < LEAST_SHARED * len(rows):
        return {}
    largest = max(map(len, cells.values()))
    return {} if largest > max(LARGEST_SHARE * total, 3) or largest > LONGEST_CELL else cells


def _crosses(words: Sequence[Word], places: Sequence[tuple[int, int] | None]) -> bool:
    """Whether lines of text run on through the edges of the cells."""
    crossing = inside = 0
    for number, (first, second) in enumerate(pairwise(places)):
        word, following = words[number], words[number + 1]
        if first is None or word.line != following.line:
            continue
        inside += 1
        close = following.left - word.right < CLOSE * word.size
        crossing += close and second is not None and second[1] != first[1]
    return crossing > MOST_CROSSING * inside
