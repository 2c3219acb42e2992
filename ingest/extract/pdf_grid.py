"""Tables of a PDF page by the lines that are ruled around their cells."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from ingest.extract.layout import LEAST_SHARED, Piece
from ingest.extract.pdf_words import Word, shown_box

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
class Grid:
    """A table: the edges of its columns and rows, and which cells are one. ``cells`` leads from
    row and column to those of the cell's first field, from the top and left."""

    xs: Sequence[float]
    ys: Sequence[float]
    cells: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def place(self, word: Word | Piece) -> tuple[int, int] | None:
        """The cell that the middle of the word is in."""
        across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        row, column = _between(self.ys, down), _between(self.xs, across)
        return None if row is None or column is None else self.cells[row, column]


def grids(page: Any, paths: Sequence[Any]) -> list[Grid]:
    """The ruled tables of the page, whose path objects are given."""
    if not 2 <= len(paths) <= MOST_PATHS:
        return []
    rules = []
    for rule in _rules(page, paths):
        rules.append(rule)
        if len(rules) > MOST_RULES:
            return []
    return [grid for group in _touching(rules) if (grid := _grid(group))]


def _rules(page: Any, paths: Iterable[Any]) -> Iterator[Rule]:
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    for path in paths:
        count = raw.FPDFPath_CountSegments(path)
        if not 2 <= count <= MOST_SEGMENTS:
            continue
        for x1, y1, x2, y2 in _sides(path) if count < 6 else _strokes(path, matrix, count):
            if min(abs(x2 - x1), abs(y2 - y1)) <= 1 and max(abs(x2 - x1), abs(y2 - y1)) >= SHORTEST:
                left, right = sorted((x1, x2))
                low, high = sorted((y1, y2))
                yield Rule(*shown_box(page, left, low, right, high))


def _sides(path: Any) -> Iterator[tuple[float, float, float, float]]:
    """The sides of a rectangle, of which a thin one is a line."""
    from pypdfium2 import raw

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(path, left, bottom, right, top):
        return
    x1, y1, x2, y2 = left.value, bottom.value, right.value, top.value
    if min(x2 - x1, y2 - y1) <= THIN:
        across = (y1 + y2) / 2 if y2 - y1 <= THIN else None
        yield (x1, across, x2, across) if across is not None else (x1, y1, x1, y2)
        return
    yield from ((x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2))


def _strokes(path: Any, matrix: Any, count: int) -> Iterator[tuple[float, float, float, float]]:
    """The straight parts of a path, on the page."""
    from pypdfium2 import raw

    if not raw.FPDFPageObj_GetMatrix(path, matrix):
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    start = last = (0.0, 0.0)
    for number in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield (*last, *point)
        last = point
        if raw.FPDFPathSegment_GetClose(segment):
            yield (*last, *start)
            last = start


def _touching(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules that meet, directly or through others."""
    groups: list[tuple[list[float], list[Rule]]] = []
    for rule in sorted(rules, key=lambda one: (one.top, one.left)):
        met = [g for g in groups if _meets(g[0], rule)]
        box, group = [*rule], [rule]
        for other in met:
            groups.remove(other)
            box = [
                min(box[0], other[0][0]), min(box[1], other[0][1]),
                max(box[2], other[0][2]), max(box[3], other[0][3]),
            ]  # fmt: skip
            group += other[1]
        groups.append((box, group))
    return [group for _, group in groups]


def _meets(box: Sequence[float], rule: Rule) -> bool:
    return (
        rule.left <= box[2] + NEAR
        and rule.right >= box[0] - NEAR
        and rule.top <= box[3] + NEAR
        and rule.bottom >= box[1] - NEAR
    )


def _grid(rules: Sequence[Rule]) -> Grid | None:
    flat = [rule for rule in rules if rule.flat]
    upright = [rule for rule in rules if not rule.flat]
    xs = _distinct((rule.left for rule in upright), NARROWEST)
    ys = _distinct((rule.top for rule in flat), LOWEST)
    if len(xs) < 3 or len(ys) < 3:
        return None
    flat = [r for r in flat if _is_near(r.left, xs) or _is_near(r.right, xs)]
    upright = [r for r in upright if _is_near(r.top, ys) or _is_near(r.bottom, ys)]
    xs = _distinct((rule.left for rule in upright), NARROWEST)
    ys = _distinct((rule.top for rule in flat), LOWEST)
    if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > MOST_CELLS:
        return None
    grid = Grid(xs, ys)
    by_x = [[r for r in upright if abs(r.left - x) <= NARROWEST] for x in xs]
    by_y = [[r for r in flat if abs(r.top - y) <= LOWEST] for y in ys]
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            grid.cells[row, column] = _first_field(grid, row, column, by_y[row], by_x[column])
    return grid


def _first_field(
    grid: Grid, row: int, column: int, above: Sequence[Rule], before: Sequence[Rule]
) -> tuple[int, int]:
    """The field itself, or that of the cell to the left or above when none of the rules at the
    field's left or upper edge parts them."""
    across = (grid.xs[column] + grid.xs[column + 1]) / 2
    down = (grid.ys[row] + grid.ys[row + 1]) / 2
    if column and not any(rule.top <= down <= rule.bottom for rule in before):
        return grid.cells[row, column - 1]
    if row and not any(rule.left <= across <= rule.right for rule in above):
        return grid.cells[row - 1, column]
    return row, column


def _is_near(value: float, edges: Sequence[float]) -> bool:
    """Whether a rule ends at one of the edges, as those around cells do and underlines do not."""
    return any(abs(value - edge) <= LOWEST for edge in edges)


def _distinct(edges: Iterable[float], least: float) -> list[float]:
    distinct: list[float] = []
    for edge in sorted(edges):
        if not distinct or edge - distinct[-1] > least:
            distinct.append(edge)
    return distinct


def _between(edges: Sequence[float], value: float) -> int | None:
    return next((n for n in range(len(edges) - 1) if edges[n] <= value <= edges[n + 1]), None)


def words_in(grid: Grid, words: Sequence[Word]) -> dict[tuple[int, int], list[int]]:
    """Indexes of the words in each cell; none where the lines are no table's."""
    cells: dict[tuple[int, int], list[int]] = {}
    for number, word in enumerate(words):
        if (place := grid.place(word)) is not None:
            cells.setdefault(place, []).append(number)
    if _crosses(grid, words):
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


def _crosses(grid: Grid, words: Sequence[Word]) -> bool:
    """Whether lines of text run on through the edges of the cells."""
    crossing = inside = 0
    for word, following in pairwise(words):
        first = grid.place(word)
        if first is None or word.line != following.line:
            continue
        inside += 1
        second = grid.place(following)
        close = following.left - word.right < CLOSE * word.size
        crossing += close and second is not None and second[1] != first[1]
    return crossing > MOST_CROSSING * inside
