"""The text of a page as its page shows it: running text and tables, the passage marked.

Every character of the text is in what is shown, the bars between cells too, so that words that
are selected there can be found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_ROWS = 1500
"""Rows of a table that is drawn as one; a longer one stays lines of text."""
BAR = "|"

Range = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """A stretch of a page's text; ``marked`` when it belongs to the passage, ``first`` where that
    begins."""

    text: str
    marked: bool = False
    first: bool = False


@dataclass(frozen=True)
class CellShown:
    """A cell; ``bar`` is what stands between it and the next in the text."""

    pieces: tuple[Piece, ...]
    bar: str

    @property
    def marked(self) -> bool:
        return any(piece.marked for piece in self.pieces)


@dataclass(frozen=True)
class TableShown:
    """``header`` names the columns; empty where no row is known to."""

    header: tuple[tuple[CellShown, ...], ...]
    body: tuple[tuple[CellShown, ...], ...]


@dataclass(frozen=True)
class Stretch:
    """Running text, or a table."""

    pieces: tuple[Piece, ...] = ()
    table: TableShown | None = None


def stretches(text: str, tables: Iterable[Sequence[int]], spans: Sequence[Range]) -> list[Stretch]:
    """The text in order, cut where tables (``[start, end, header_end]``) begin and end. ``spans``
    are in order and do not overlap."""
    placed = [(start, end, header_end) for start, end, header_end in tables]
    marker = _Marker(text, spans, _anchor(placed, spans))
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
    """Where the passage begins: after the header rows that it repeats, if it does."""
    for number, (start, end) in enumerate(spans):
        repeats = any(first <= start and end <= header for first, _, header in tables)
        if not (repeats and number + 1 < len(spans)):
            return start
    return -1


def _running(pieces: Sequence[Piece]) -> list[Stretch]:
    if not any(piece.text.strip() or piece.marked for piece in pieces):
        return []
    return [Stretch(tuple(pieces))]


class _Marker:
    """Cuts stretches of a text at the borders of the marked spans, going forward."""

    def __init__(self, text: str, spans: Sequence[Range], anchor: int) -> None:
        self._text = text
        self._spans = spans
        self._anchor: int | None = anchor
        self._next = 0

    def between(self, start: int, end: int) -> list[Piece]:
        pieces: list[Piece] = []
        at = start
        while self._next < len(self._spans) and self._spans[self._next][0] < end:
            first, last = self._spans[self._next]
            first, stop = max(first, at), min(last, end)
            pieces.append(Piece(self._text[at:first]))
            if first < stop:
                pieces.append(Piece(self._text[first:stop], marked=True, first=self._begins(first)))
            at = max(at, stop)
            if last > end:
                break
            self._next += 1
        pieces.append(Piece(self._text[at:end]))
        return [piece for piece in pieces if piece.text]

    def _begins(self, place: int) -> bool:
        """Whether what is marked at ``place`` is the first at or after the anchor."""
        if self._anchor is None or place < self._anchor:
            return False
        self._anchor = None
        return True


def _rows(text: str, start: int, end: int, marker: _Marker) -> Iterator[tuple[CellShown, ...]]:
    """The rows of a table between two places, cell by cell."""
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
    """Where the next cell begins: after the bar and the blank that follows it."""
    return bar + 2 if text[bar + 1 : bar + 2] == " " and bar + 2 <= end else bar + 1
