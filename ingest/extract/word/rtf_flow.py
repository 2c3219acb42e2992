"""Build paragraphs and tables of an RTF file from its control words."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.extract.shared.about import one_line
from ingest.extract.shared.blocks import Block, BlockKind
from ingest.extract.shared.bold_headings import BoldLine
from ingest.extract.shared.raised import raised_text
from ingest.extract.shared.tables import Cell, TableRow, table_blocks

BULLET = "•"
LONGEST_HEADING = 300
"""Characters; a longer paragraph with a heading style is text."""
SAME_EDGE = 30
"""Twips by which the edges of a column may differ between rows."""
_BULLETS = frozenset("•·-–—*o§▪●■○□➢❖✓→")


@dataclass
class _CellShape:
    """A cell's definition in its row: right edge, and whether it continues a cell merged downwards
    or sideways."""

    edge: int = 0
    continues: bool = False
    covered: bool = False


@dataclass
class _RowRead:
    cells: list[list[Block]]
    shapes: list[_CellShape]
    header: bool


@dataclass
class Looks:
    """Character formatting of a group. ``size`` in half points."""

    hidden: bool = False
    deleted: bool = False
    raised: bool = False
    bold: bool = False
    size: int = 24
    font: str = ""


@dataclass
class Shape:
    """The definition of the current row and its cells, reset by ``\trowd``."""

    cells: list[_CellShape] = field(default_factory=list)
    open: _CellShape = field(default_factory=_CellShape)
    header: bool = False

    def end_cell(self, edge: int) -> None:
        self.open.edge = edge
        self.cells.append(self.open)
        self.open = _CellShape()


class Flow:
    """A sequence of paragraphs and tables: body, note, page header or text box."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.level: int | None = None
        self.in_table = False
        self.contents = False
        self.label = ""
        self.shape = Shape()
        self._segments: list[tuple[list[str], bool]] = []
        self._letters = self._bold = 0
        self._size = 0
        self._make_cell: list[Block] = []
        self._cells: list[list[Block]] = []
        self._rows: list[_RowRead] = []
        self._after: list[Block] = []

    def add(self, text: str, looks: Looks) -> None:
        if not text or looks.hidden or looks.deleted:
            return
        if self._segments and self._segments[-1][1] == looks.raised:
            self._segments[-1][0].append(text)
        else:
            self._segments.append(([text], looks.raised))
        letters = sum(map(str.isalnum, text))
        self._letters += letters
        self._bold += letters if looks.bold else 0
        self._size = max(self._size, looks.size) if letters else self._size

    def mark(self, mark: str) -> None:
        """Add a note mark."""
        self._segments.append(([f"[{mark}]"], False))

    def put_after(self, blocks: list[Block]) -> None:
        """Place blocks below the paragraph or table being read."""
        self._after += blocks

    def end_paragraph(self) -> None:
        block = self._paragraph()
        if self.in_table:
            self._make_cell += [block] if block else []
            return
        self.end_table()
        self.blocks += [block] if block else []
        self._flush_after()

    def end_cell(self) -> None:
        block = self._paragraph()
        self._cells.append([*self._make_cell, block] if block else self._make_cell)
        self._make_cell = []

    def end_row(self) -> None:
        if self._cells:
            self._rows.append(_RowRead(self._cells, self.shape.cells, self.shape.header))
        self._cells, self._make_cell = [], []

    def end_table(self) -> None:
        if self._cells or self._make_cell:
            self.end_cell()
            self.end_row()
        if self._rows:
            self.blocks += table_blocks(_place_cells(self._rows))
            self._rows = []
            self._flush_after()

    def finish(self) -> list[Block]:
        """End what is open and return all blocks."""
        self.in_table = self.in_table and bool(self._cells or self._make_cell)
        self.end_paragraph()
        self.end_table()
        self._flush_after()
        return self.blocks

    def _flush_after(self) -> None:
        self.blocks += self._after
        self._after = []

    def _paragraph(self) -> Block | None:
        parts: list[str] = []
        before = ""
        for pieces, raised in self._segments:
            joined = "".join(pieces)
            written = raised_text(before, joined) if raised else joined
            parts.append(written)
            before = (before + written)[-40:]
        text, label, level = _combine_surrogates("".join(parts)).strip(), self._label(), self.level
        bold, size = 0 < self._letters == self._bold, self._size
        self._segments, self.label = [], ""
        self._letters = self._bold = self._size = 0
        if not text or self.contents:
            return None
        if level is not None and level < 9 and len(text) <= LONGEST_HEADING:
            number = "" if label == BULLET else label
            return Block(one_line(f"{number} {text}"), level=level + 1)
        kind = BlockKind.ITEM if label else BlockKind.PARAGRAPH
        return BoldLine(f"{label} {text}".strip(), kind, bold=bold, size=size)

    def _label(self) -> str:
        """The number of a list item as stored; any bullet sign becomes the same."""
        label = " ".join(self.label.split())
        is_bullet = label in _BULLETS or (len(label) == 1 and not label.isalnum())
        return BULLET if label and is_bullet else label


def _combine_surrogates(text: str) -> str:
    """The text with surrogate pairs combined to characters beyond U+FFFF."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _place_cells(rows: list[_RowRead]) -> list[TableRow]:
    """The rows with the columns spanned by each cell, computed from the edges of all cells."""
    edges: list[int] = []
    for edge in sorted({shape.edge for row in rows for shape in row.shapes}):
        if not edges or edge - edges[-1] > SAME_EDGE:
            edges.append(edge)
    return [
        TableRow([_make_cell(row, n, edges) for n in range(len(row.cells))], header=row.header)
        for row in rows
    ]


def _make_cell(row: _RowRead, place: int, edges: list[int]) -> Cell:
    if place >= len(row.shapes):
        return Cell(row.cells[place])
    shape = row.shapes[place]
    before = row.shapes[place - 1].edge if place else -(10**9)
    columns = sum(before + SAME_EDGE < edge <= shape.edge + SAME_EDGE for edge in edges)
    blocks = [] if shape.covered else row.cells[place]
    return Cell(blocks, max(columns, 1), continues=shape.continues)
