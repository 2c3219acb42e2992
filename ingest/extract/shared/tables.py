"""Convert tables to lines of text: one line per row, cells separated by " | ", columns aligned by
position.

Empty cells stay empty. A cell spanning rows is repeated in each; a cell spanning columns is written
once and followed by empty cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.extract.shared.blocks import Block, BlockKind
from ingest.extract.shared.headers import count_headers

MAX_COLUMNS = 1000
"""Columns that a cell may span (HTML, 4.9.11: colspan)."""
MAX_CELLS = 500_000
"""Cells that all spans of a table may cover; beyond, spans are ignored."""
LONG_CELL = 2000
"""Characters from which a cell is prose, so that the table is only layout."""
FEW_ROWS = 2
"""Rows up to which a table with tables in its cells is only layout."""
_SPACE = re.compile(r"\s+")


@dataclass
class Cell:
    """A cell of the file. ``columns`` and ``rows``: its spans. ``continues``: it is the lower part
    of a merged cell and repeats the cell above."""

    blocks: list[Block] = field(default_factory=list)
    columns: int = 1
    rows: int = 1
    continues: bool = False


@dataclass
class TableRow:
    """A row of the file. ``header``: marked as naming the columns. ``hidden``: not displayed."""

    cells: list[Cell] = field(default_factory=list)
    header: bool = False
    hidden: bool = False


def row_line(cells: Sequence[str]) -> str:
    """One line with the cells side by side: "Montalto | 41 | | 58"."""
    plain = (_SPACE.sub(" ", cell.replace("|", "¦")).strip() for cell in cells)
    return " | ".join(plain).replace("|  |", "| |").replace("|  |", "| |").strip()


def text_rows(rows: Sequence[Sequence[str]], headers: int | None = None) -> list[Block]:
    """The blocks of a table of plain text cells. ``headers``: number of header rows at the top;
    None to detect it.

    Empty rows and columns are dropped; a single column gives paragraphs.
    """
    width = max(map(len, rows), default=0)
    cells = [[*row, *[""] * (width - len(row))] for row in rows]
    used = [n for n in range(width) if any(row[n].strip() for row in cells)]
    filled = [
        (number, [row[n] for n in used])
        for number, row in enumerate(cells)
        if any(cell.strip() for cell in row)
    ]
    if len(used) < 2:
        return [Block(row[0].strip()) for _, row in filled]
    kept = [row for _, row in filled]
    if headers is None:
        names = count_headers(kept)
    else:
        names = sum(number < headers for number, _ in filled)
    return [
        Block(row_line(row), BlockKind.ROW, header=n < names < len(kept), begins=n == 0)
        for n, row in enumerate(kept)
    ]


def table_blocks(rows: Sequence[TableRow]) -> list[Block]:
    """The blocks of a table: its rows, or the contents of its cells if it is only layout."""
    rows = [row for row in rows if not row.hidden]
    if _is_layout(rows):
        return [block for row in rows for cell in row.cells for block in cell.blocks]
    marked = next((n for n, row in enumerate(rows) if not row.header), len(rows))
    return text_rows(_grid(rows), marked or None)


def _is_layout(rows: Sequence[TableRow]) -> bool:
    """Whether the cells hold headings, prose or whole columns of a page."""
    filled = [[cell for cell in row.cells if cell.blocks] for row in rows]
    if max(map(len, filled), default=0) < 2:
        return True
    cells = [cell.blocks for row in filled for cell in row]
    if len(rows) <= FEW_ROWS and any(b.kind is BlockKind.ROW for blocks in cells for b in blocks):
        return True
    return any(map(_is_prose, cells))


def _is_prose(blocks: Sequence[Block]) -> bool:
    length = sum(len(block.text) for block in blocks)
    return length > LONG_CELL or any(block.level for block in blocks)


def _grid(rows: Sequence[TableRow]) -> list[list[str]]:
    """The texts of all cells with spans resolved: a list for each row, of any length."""
    grid: list[list[str]] = []
    below: dict[int, tuple[str, int]] = {}
    cells = 0
    for row in rows:
        line: list[str] = []
        for cell in row.cells:
            _take_from_above(line, below)
            column = len(line)
            above = grid[-1][column] if grid and column < len(grid[-1]) else ""
            text = above if cell.continues else _text(cell)
            within = cells < MAX_CELLS and column < MAX_COLUMNS
            for n in range(max(1, min(cell.columns, MAX_COLUMNS)) if within else 1):
                line.append("" if n else text)
                if cell.rows > 1 and within:
                    below[column + n] = (line[-1], cell.rows - 1)
        _take_from_above(line, below, to_end=True)
        cells += len(line)
        if cells > MAX_CELLS:
            below.clear()
        grid.append(line)
    return grid


def _take_from_above(
    line: list[str], below: dict[int, tuple[str, int]], *, to_end: bool = False
) -> None:
    """Fill the next columns with cells of rows above that span down to this row."""
    last = max(below, default=-1) if to_end else -1
    while len(line) in below or len(line) <= last:
        text, rows = below.pop(len(line), ("", 0))
        if rows > 1:
            below[len(line)] = (text, rows - 1)
        line.append(text)


def _text(cell: Cell) -> str:
    return " ".join(block.text for block in cell.blocks)


class Tables:
    """Collects nested tables from a stream.

    Call ``start_table``, ``start_row`` and ``start_cell`` at the tags, ``take`` with every block,
    and ``end_table``, which returns the blocks of the finished table. Properties known later are
    set on ``cell`` (spans) and ``row`` (header).
    """

    def __init__(self) -> None:
        self._open: list[list[TableRow]] = []

    @property
    def row(self) -> TableRow | None:
        """The open row of the innermost table."""
        return self._open[-1][-1] if self._open and self._open[-1] else None

    @property
    def cell(self) -> Cell | None:
        """The open cell of the innermost table."""
        return self.row.cells[-1] if self.row and self.row.cells else None

    def start_table(self) -> None:
        self._open.append([])

    def start_row(self, *, header: bool = False) -> None:
        if self._open:
            self._open[-1].append(TableRow(header=header))

    def start_cell(self, *, columns: int = 1, rows: int = 1, continues: bool = False) -> None:
        if self.row is not None:
            self.row.cells.append(Cell([], columns, rows, continues))

    def take(self, block: Block) -> list[Block]:
        """Store the block in the open cell and return nothing; outside cells, return it."""
        for rows in reversed(self._open):
            if rows and rows[-1].cells:
                rows[-1].cells[-1].blocks.append(block)
                return []
        return [block]

    def end_table(self) -> list[Block]:
        """The blocks of the table; empty for a nested table, whose blocks are stored in its
        cell."""
        blocks = table_blocks(self._open.pop()) if self._open else []
        return [kept for block in blocks for kept in self.take(block)]
