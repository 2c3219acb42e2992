"""Lines of a composed PDF page as text, with the origin of each character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from ingest.extract.pdf.raised_marks import Run
from ingest.extract.pdf.tables import table_at
from ingest.extract.shared.layout import CELL_BORDER, Line, Piece
from kb.domain import Table

ADDED = -1
"""Line of what was filled in."""


@dataclass(frozen=True)
class Ink:
    """What a piece consists of: its text by origin, the first and last of pdfium's lines that it
    is of, and whether the text is another than pdfium's."""

    runs: Sequence[Run]
    first_line: int
    last_line: int
    changed: bool


def write(lines: Sequence[Line]) -> tuple[str, list[int], list[Table]]:
    """The text, for each character its offset in pdfium's text (-1 for what was added), and where
    tables stand."""
    parts: list[str] = []
    origins: list[int] = []
    tables: list[tuple[int, int]] = []
    number = 0

    def put(text: str, origin: int) -> None:
        parts.append(text)
        origins.extend(range(origin, origin + len(text)) if origin >= 0 else [-1] * len(text))

    apart = False
    for line in lines:
        filled = not line.table and any(
            ink_of(piece).first_line == ADDED for cell in line.cells for piece in cell
        )
        if parts:
            put("\n\n" if apart or filled else "\n", -1)
        apart = filled
        start = len(origins)
        for run in _row_runs(line) if line.table else _line_runs(line):
            put(run.text, run.origin)
        if line.table:
            first = tables.pop()[0] if line.table == number else start
            tables.append((first, len(origins)))
        number = line.table
    text = "".join(parts)
    return text, origins, [table_at(text, start, end) for start, end in tables]


def _line_runs(line: Line) -> Iterator[Run]:
    """Running text: what stands apart on a line of its own in the file keeps it."""
    last: Ink | None = None
    for piece in chain.from_iterable(line.cells):
        ink = ink_of(piece)
        if last is not None:
            together = last.last_line == ink.first_line or ADDED in (last.last_line, ink.first_line)
            yield Run(" " if together else "\n", -1)
        yield from ink.runs
        last = ink


def _row_runs(line: Line) -> Iterator[Run]:
    for number, cell in enumerate(line.cells):
        if number:
            yield Run(CELL_BORDER, -1)
        for place, piece in enumerate(cell):
            if place:
                yield Run(" ", -1)
            yield from (Run(run.text.replace("|", "¦"), run.origin) for run in ink_of(piece).runs)


def ink_of(piece: Piece) -> Ink:
    if not isinstance(piece.key, Ink):
        raise TypeError(piece.key)
    return piece.key
