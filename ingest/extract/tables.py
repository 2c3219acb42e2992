"""Table rows as lines of text, in formats where cells hold paragraphs."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.extract.blocks import Block, Kind

LONG_CELL = 400
"""Characters of a cell that is prose: the table only lays out the page."""


def row_blocks(cells: Iterable[list[Block]]) -> list[Block]:
    """One line with the cells side by side; what they hold, where it is prose."""
    filled = [cell for cell in cells if cell]
    if len(filled) == 1 or any(sum(len(b.text) for b in cell) > LONG_CELL for cell in filled):
        return [block for cell in filled for block in cell]
    line = " | ".join(" ".join(" ".join(b.text.split()) for b in cell) for cell in filled)
    return [Block(line, Kind.ROW)]


class Rows:
    """The row being read; a table within a cell is part of the cell."""

    def __init__(self) -> None:
        self._depth = 0
        self._cells: list[list[Block]] = []

    def start_row(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._cells = []

    def start_cell(self) -> None:
        if self._depth == 1:
            self._cells.append([])

    def take(self, block: Block) -> list[Block]:
        """The block back, unless it belongs to a cell."""
        if not self._cells:
            return [block]
        self._cells[-1].append(block)
        return []

    def end_row(self) -> list[Block]:
        self._depth -= 1
        if self._depth:
            return []
        cells, self._cells = self._cells, []
        return row_blocks(cells)
