"""The text of a page for display: running text and tables, with the passage marked.

Every character of the text is kept, cell separators included, so that selected words can be found
in the text again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_ROWS = 1500
"""Longest table drawn as a table; a longer one is shown as lines of text."""
BAR = "|"

Range = tuple[int, int]


@dataclass(frozen=True)
class ShownPiece:
    """A part of the text; ``marked`` inside the passage, ``first`` where the passage begins."""

    text: str
    marked: bool = False
    first: bool = False


@dataclass(frozen=True)
class CellShown:
    """A cell; ``bar`` is the separator between it and the next one in the text."""

    pieces: tuple[ShownPiece, ...]
    bar: str

    @property
    def marked(self) -> bool:
        return any(piece.marked for piece in self.pieces)


@dataclass(frozen=True)
class TableShown:
    """``header`` has the column names; empty if the header row is not known."""

    header: tuple[tuple[CellShown, ...], ...]
    body: tuple[tuple[CellShown, ...], ...]


@dataclass(frozen=True)
class Stretch:
    """Running text or a table."""

    pieces: tuple[ShownPiece, ...] = ()
    table: TableShown | None = None


def split_at_tables(
    text: str,
    tables: Iterable[Sequence[int]],
    spans: Sequence[Range],
    begins: int | None = None,
) -> list[Stretch]:
    """Cut the text at tables, given as ``[start, end, header_end]``.

    ``spans`` to mark are sorted and do not overlap; the one at ``begins`` is the one to go to, the
    first of them if None. All positions are character offsets.
    """
    placed = [(start, end, header_end) for start, end, header_end in tables]
    marker = _Marker(text, spans, _anchor(placed, spans) if begins is None else begins)
    shown: list[Stretch] = []
    at = 0
    for start, end, header_end in placed:
        if start < at or text.count("\n", start, end) >= MOST_ROWS:
            continue
        shown += _running(marker.between(at, start))
        names_end = header_end + text.startswith("\n", header_end) if header_end > start else start
        header = list(_rows(text, start, names_end, marker))
        body = list(_rows(text, names_end, end, marker))
        shown.append(Stretch(table=TableShown(tuple(header), tuple(body))))
        at = end
    return shown + _running(marker.between(at, len(text)))


def _anchor(tables: Sequence[tuple[int, int, int]], spans: Sequence[Range]) -> int:
    """The offset where the passage begins, after header rows that it repeats."""
    for number, (start, end) in enumerate(spans):
        repeats = any(first <= start and end <= header for first, _, header in tables)
        if not (repeats and number + 1 < len(spans)):
            return start
    return -1


def _running(pieces: Sequence[ShownPiece]) -> list[Stretch]:
    if not any(piece.text.strip() or piece.marked for piece in pieces):
        return []
    return [Stretch(tuple(pieces))]


class _Marker:
    """Splits text at the borders of the marked spans; calls must go forward."""

    def __init__(self, text: str, spans: Sequence[Range], anchor: int) -> None:
        self._text = text
        self._spans = spans
        self._anchor: int | None = anchor
        self._next = 0

    def between(self, start: int, end: int) -> list[ShownPiece]:
        pieces: list[ShownPiece] = []
        at = start
        while self._next < len(self._spans) and self._spans[self._next][0] < end:
            first, last = self._spans[self._next]
            first, stop = max(first, at), min(last, end)
            pieces.append(ShownPiece(self._text[at:first]))
            if first < stop:
                pieces.append(
                    ShownPiece(self._text[first:stop], marked=True, first=self._begins(first))
                )
            at = max(at, stop)
            if last > end:
                break
            self._next += 1
        pieces.append(ShownPiece(self._text[at:end]))
        return [piece for piece in pieces if piece.text]

    def _begins(self, place: int) -> bool:
        """Whether the span at ``place`` is the first one at or after the anchor."""
        if self._anchor is None or place < self._anchor:
            return False
        self._anchor = None
        return True


def _rows(text: str, start: int, end: int, marker: _Marker) -> Iterator[tuple[CellShown, ...]]:
    """The rows of a table between two offsets, cell by cell."""
    for line in text[start:end].splitlines(keepends=True):
        stop = start + len(line)
        if line.strip():
            yield tuple(_cells(text, start, stop, marker))
        start = stop


def _cells(text: str, start: int, end: int, marker: _Marker) -> Iterator[CellShown]:
    at = start
    while True:
        found = text.find(BAR, at, end)
        stop = found if found >= 0 else end
        last = at + len(text[at:stop].rstrip())
        following = _after_bar(text, found, end) if found >= 0 else end
        yield CellShown(tuple(marker.between(at, last)), text[last:following])
        if found < 0:
            return
        at = following


def _after_bar(text: str, bar: int, end: int) -> int:
    """The offset where the next cell begins, after the separator and its blank."""
    return bar + 2 if text[bar + 1 : bar + 2] == " " and bar + 2 <= end else bar + 1
