"""Put pieces of printed text into reading order: columns one after another, tables row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

MIN_GUTTER = 0.7
"""Least width of the empty strip between two columns, in line heights."""
LEAST_SHARED = 0.5
"""Share of the rows of a table or of columns that must have text in more than one column."""
COLUMN_ROWS = 4
"""Rows that columns of prose must share; fewer may be coincidence."""
COLUMN_WORDS = 3
"""Least words of a full line in a column of prose."""
COLUMN_FILLED = 0.7
"""Least median share of their column's width that lines of prose fill."""
COLUMN_DIGITS = 0.12
"""Share of digits above which columns are a table, not prose."""
CONTINUATION = 0.8
"""A row with empty cells continues the row above if its distance is at most this share of the usual
distance between rows."""

CELL_BORDER = " | "

_PAGE_NUMBER = re.compile(r"\.*(?:\d{1,4}|[ivxlc]{1,7})")
_LIST_MARK = re.compile(r"[\W_]{1,3}|\(?[\w]{1,3}[.)]|\d{1,2}(?:\.\d{1,2})*\.?|[-–—]")


@dataclass(frozen=True)
class LinePiece:
    """Text on one line without a wide gap. Coordinates with ``top`` < ``bottom``. ``key``:
    identifier chosen by the caller."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    key: object = None

    @property
    def height(self) -> float:
        return self.bottom - self.top


Row = Sequence[LinePiece]
"""Pieces side by side, from left to right."""


@dataclass(frozen=True)
class Line:
    """An output line: cells, each made of pieces. ``table``: number of the table of which it is a
    row; 0 for running text, which has one cell."""

    cells: tuple[tuple[LinePiece, ...], ...]
    table: int = 0


def group_rows(pieces: Sequence[LinePiece]) -> list[list[LinePiece]]:
    """Group unordered pieces into rows, from the top of the page."""
    rows: list[list[LinePiece]] = []
    for piece in sorted(pieces, key=lambda one: (one.top + one.bottom) / 2):
        row = next((row for row in reversed(rows[-3:]) if _beside(row, piece)), None)
        if row is None:
            rows.append([piece])
        else:
            row.append(piece)
    rows.sort(key=lambda row: min(piece.top for piece in row))
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _beside(row: Row, piece: LinePiece) -> bool:
    """Whether the piece has the row's height and does not overlap its pieces."""
    nearest = min(row, key=lambda one: abs(one.left - piece.left))
    overlap = min(nearest.bottom, piece.bottom) - max(nearest.top, piece.top)
    if overlap < min(nearest.height, piece.height) / 2:
        return False
    return all(_shared_height(one, piece) < min(one.height, piece.height) / 2 for one in row)


def _shared_height(one: LinePiece, other: LinePiece) -> float:
    return min(one.right, other.right) - max(one.left, other.left)


def arrange_rows(rows: Sequence[Row]) -> list[Line]:
    """Convert rows, from the top, to output lines: column after column, or as rows of a table."""
    lines: list[Line] = []
    tables = 0
    for whole, columns in _split_blocks(rows):
        alone = _count_leading(whole, columns)
        lines += (Line((tuple(row),)) for row in whole[:alone])
        block = whole[alone:]
        if len(columns) < 2 or not _in_columns(block, columns):
            lines += (Line((tuple(row),)) for row in block)
        elif _are_prose(block, columns):
            for number in range(len(columns)):
                of_column = [[p for p in row if _column(p, columns) == number] for row in block]
                lines += arrange_rows([row for row in of_column if row])
        else:
            tables += 1
            end = len(block) - _count_trailing(block, columns)
            lines += _table_lines(block[:end], columns, tables)
            lines += (Line((tuple(row),)) for row in block[end:])
    return _renumber_tables(lines)


def _count_leading(block: Sequence[Row], columns: Sequence[Strip]) -> int:
    """Number of rows at the start that stand in one column only, such as a paragraph above a
    table."""
    return next((n for n, row in enumerate(block) if _count_filled(row, columns) > 1), len(block))


def _count_trailing(block: Sequence[Row], columns: Sequence[Strip]) -> int:
    """Number of rows at the end that stand in one column only and do not continue the cells
    above."""
    goes_on = _continuations(block, columns)
    count = 0
    for row, continued in zip(reversed(block), reversed(goes_on), strict=True):
        if continued or _count_filled(row, columns) > 1:
            break
        count += 1
    return count


def _count_filled(row: Row, columns: Sequence[Strip]) -> int:
    return len({_column(piece, columns) for piece in row})


def _renumber_tables(lines: Sequence[Line]) -> list[Line]:
    """Give tables inside columns unique numbers."""
    numbered: list[Line] = []
    number, before = 0, 0
    for line in lines:
        if line.table and line.table != before:
            number += 1
        before = line.table
        numbered.append(Line(line.cells, number if line.table else 0))
    return numbered


Strip = tuple[float, float]
"""Left and right edge of a column."""


def _split_blocks(rows: Sequence[Row]) -> Iterator[tuple[list[Row], list[Strip]]]:
    """Rows that leave the same strips empty, with the columns between the strips."""
    block: list[Row] = []
    columns: list[Strip] = []
    for row in rows:
        joined = _add_to_columns(columns, row)
        if block and _fits(block, columns, row, joined):
            block.append(row)
            columns = joined
            continue
        if block:
            yield block, columns
        block, columns = [row], _add_to_columns([], row)
    if block:
        yield block, columns


def _fits(
    block: Sequence[Row], columns: Sequence[Strip], row: Row, joined: Sequence[Strip]
) -> bool:
    if len(joined) < max(2, len(columns)) or _is_apart(block[-1], row):
        return False
    parted = len(_add_to_columns([], row))
    return parted <= len(columns) or parted == len(joined) or len(block) > 2


def _is_apart(above: Row, row: Row) -> bool:
    """Whether there is room for several lines between two rows."""
    height = max(piece.height for piece in above)
    return min(piece.top for piece in row) - max(piece.bottom for piece in above) > 3 * height


def _add_to_columns(columns: Sequence[Strip], row: Row) -> list[Strip]:
    """The columns with the row's pieces added; columns without a gutter between them are merged."""
    least = MIN_GUTTER * median(piece.height for piece in row)
    spans = sorted([*columns, *((piece.left, piece.right) for piece in row)])
    joined = [spans[0]]
    for left, right in spans[1:]:
        if left - joined[-1][1] < least:
            joined[-1] = (joined[-1][0], max(joined[-1][1], right))
        else:
            joined.append((left, right))
    return joined


def _column(piece: LinePiece, columns: Sequence[Strip]) -> int:
    middle = (piece.left + piece.right) / 2
    return next((n for n, (_, right) in enumerate(columns) if middle <= right), len(columns) - 1)


def _in_columns(block: Sequence[Row], columns: Sequence[Strip]) -> bool:
    """Whether it is unlikely that the rows leave the same strips empty by chance."""
    shared = [row for row in block if _count_filled(row, columns) > 1]
    if len(shared) < max(2, LEAST_SHARED * len(block)):
        return False
    if _is_list(shared, columns) or _is_contents(shared, columns):
        return False
    return len(shared) > 2 or (
        len({_count_filled(row, columns) for row in shared}) == 1
        and any(c.isdigit() for row in shared for p in row[1:] for c in p.text)
    )


def _is_contents(rows: Sequence[Row], columns: Sequence[Strip]) -> bool:
    """Whether the rows are a table of contents: they end with page numbers."""
    last = [row[-1].text.split()[-1] for row in rows]
    if len(columns) > 3 or not all(_PAGE_NUMBER.fullmatch(word) for word in last):
        return False
    numbers = [int(word) for word in last if word.isdecimal()]
    rising = all(number <= following for number, following in pairwise(numbers))
    lettered = all(any(c.isalpha() for c in piece.text) for row in rows for piece in row[:1])
    return rising and lettered and len({*numbers}) > 1 and all(len(row) <= 3 for row in rows)


def _is_list(rows: Sequence[Row], columns: Sequence[Strip]) -> bool:
    """Whether the first of two columns holds only list marks or numbers."""
    return len(columns) == 2 and all(_LIST_MARK.fullmatch(row[0].text.strip()) for row in rows)


def _are_prose(block: Sequence[Row], columns: Sequence[Strip]) -> bool:
    """Whether the columns are running text, to be read one after another."""
    if len(columns) > 3 or len(block) < COLUMN_ROWS:
        return False
    for number, (left, right) in enumerate(columns):
        cells = [[p for p in row if _column(p, columns) == number] for row in block]
        texts = [" ".join(p.text for p in cell) for cell in cells if cell]
        if 2 * len(texts) < len(block):
            return False
        filled = [(cell[-1].right - cell[0].left) / (right - left) for cell in cells if cell]
        letters = "".join(texts)
        if median(len(text.split()) for text in texts) < COLUMN_WORDS:
            return False
        if median(filled) < COLUMN_FILLED:
            return False
        if sum(map(str.isdigit, letters)) > COLUMN_DIGITS * len(letters):
            return False
    return True


def _table_lines(block: Sequence[Row], columns: Sequence[Strip], number: int) -> Iterator[Line]:
    """One line per row, with as many cells as there are columns."""
    goes_on = _continuations(block, columns)
    cells: list[list[LinePiece]] = []
    for row, continued in zip(block, goes_on, strict=True):
        if not continued:
            if cells:
                yield Line(tuple(map(tuple, cells)), number)
            cells = [[] for _ in columns]
        for piece in row:
            cells[_column(piece, columns)].append(piece)
    yield Line(tuple(map(tuple, cells)), number)


def _continuations(block: Sequence[Row], columns: Sequence[Strip]) -> list[bool]:
    """For each row, whether it only continues the cells above it: such lines are closer together
    than rows."""
    pitches = [_middle_height(below) - _middle_height(above) for above, below in pairwise(block)]
    full = [_count_filled(row, columns) > 1 for row in block]
    usual = [pitch for pitch, whole in zip(pitches, full[1:], strict=True) if whole]
    if not usual:
        return [False] * len(block)
    least = CONTINUATION * median(usual)
    partial = [_count_filled(row, columns) < len(columns) for row in block]
    return [False] + [
        pitch < least and part for pitch, part in zip(pitches, partial[1:], strict=True)
    ]


def _middle_height(row: Row) -> float:
    return sum((piece.top + piece.bottom) / 2 for piece in row) / len(row)


def line_text(line: Line) -> str:
    """The line as text, cells separated by bars."""
    cells = [" ".join(piece.text for piece in cell) for cell in line.cells]
    if not line.table:
        return " ".join(cells)
    return CELL_BORDER.join(" ".join(cell.replace("|", "¦").split()) for cell in cells)
