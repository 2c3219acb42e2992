"""Write the lines of a composed PDF page as text, with the origin of each character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from ingest.extract.pdf.raised_marks import Run
from ingest.extract.pdf.tables import table_at
from ingest.extract.shared.layout import CELL_BORDER, Line, LinePiece
from kb.domain import Table

ADDED = -1
"""Line number of inserted form values."""


@dataclass(frozen=True)
class PieceSource:
    """Where the text of a piece comes from: runs with their origin, numbers of the first and last
    line in pdfium's text, and whether the text differs from pdfium's."""

    runs: Sequence[Run]
    first_line: int
    last_line: int
    changed: bool


def write_lines(lines: Sequence[Line]) -> tuple[str, list[int], list[Table]]:
    """The text, the offset of each character in pdfium's text (-1 if inserted), and the tables."""
    parts: list[str] = []
    origins: list[int] = []
    tables: list[tuple[int, int]] = []
    number = 0

    def append(text: str, origin: int) -> None:
        parts.append(text)
        origins.extend(range(origin, origin + len(text)) if origin >= 0 else [-1] * len(text))

    apart = False
    for line in lines:
        filled = not line.table and any(
            source_of(piece).first_line == ADDED for cell in line.cells for piece in cell
        )
        if parts:
            append("\n\n" if apart or filled else "\n", -1)
        apart = filled
        start = len(origins)
        for run in _write_row(line) if line.table else _write_line(line):
            append(run.text, run.origin)
        if line.table:
            first = tables.pop()[0] if line.table == number else start
            tables.append((first, len(origins)))
        number = line.table
    text = "".join(parts)
    return text, origins, [table_at(text, start, end) for start, end in tables]


def _write_line(line: Line) -> Iterator[Run]:
    """Running text; pieces from different lines of the file stay on separate lines."""
    last: PieceSource | None = None
    for piece in chain.from_iterable(line.cells):
        ink = source_of(piece)
        if last is not None:
            together = last.last_line == ink.first_line or ADDED in (last.last_line, ink.first_line)
            yield Run(" " if together else "\n", -1)
        yield from ink.runs
        last = ink


def _write_row(line: Line) -> Iterator[Run]:
    for number, cell in enumerate(line.cells):
        if number:
            yield Run(CELL_BORDER, -1)
        for place, piece in enumerate(cell):
            if place:
                yield Run(" ", -1)
            yield from (
                Run(run.text.replace("|", "¦"), run.origin) for run in source_of(piece).runs
            )


def source_of(piece: LinePiece) -> PieceSource:
    if not isinstance(piece.key, PieceSource):
        raise TypeError(piece.key)
    return piece.key
