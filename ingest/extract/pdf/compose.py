"""The text of a PDF page as it is seen. pdfium gives it in the order in which the file draws it;
here columns are put one after the other, rows of tables get their cells, raised figures are set
apart, what the page does not show is left out, and what was filled in is put in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any

from ingest.extract.pdf.filled import filled_in
from ingest.extract.pdf.grid import Grid, grids, words_in
from ingest.extract.pdf.raised_marks import (
    CONTEXT,
    Run,
    as_runs,
    ends_raised,
    may_hold_raised,
    may_hold_raised_within,
    raised_runs,
    stands_raised,
    text_of,
)
from ingest.extract.pdf.seen import Drawn, drawn_on, unseen_words
from ingest.extract.pdf.spaced import SPACED, joined_letters
from ingest.extract.pdf.strips import runs_to_running_text
from ingest.extract.pdf.words import Boxes, Word, words_of
from ingest.extract.pdf.write import ADDED, Ink, ink_of, write
from ingest.extract.shared.layout import MIN_GUTTER, Line, Piece, arranged
from kb.domain import Table

MOST_WORDS = 20_000
"""Pages with more are left in the order of the file, as are those whose lines run up or down."""
EVEN = 1.12
"""How much the gaps of a stretched line differ at most."""
TOUCHING = 0.12
"""Widest gap between parts of one word that the file draws apart, in line heights."""

Fragment = Sequence[Word]
"""Words of one line of pdfium's, or of several that stand side by side."""


@dataclass(frozen=True)
class Composed:
    """``origins``: for each character of the text its offset in pdfium's own text, or -1 for what
    was added; ``None`` where both texts are the same."""

    text: str
    origins: Sequence[int] | None
    boxes: Boxes
    drawn: Drawn
    tables: Sequence[Table] = ()


Cells = dict[tuple[int, int], list[int]]
"""Indexes of the words in each cell of a ruled table."""
RULED = 1_000_000
"""Numbers of ruled tables go from here, and those that ``arranged`` gives below."""


def composed(page: Any, textpage: Any, text: str, *, layers: bool = False) -> Composed:
    """Compose the text of a page.

    ``text`` is pdfium's own. ``layers``: whether some of the document's layers are off.
    """
    drawn = drawn_on(page)
    boxes = Boxes(page, textpage, text)
    same = Composed(text, None, boxes, drawn)
    added = [piece for piece in filled_in(page) if not _stands_in(piece.text, text)]
    hiding = layers or drawn.hides
    ruled = grids(page, drawn.paths)
    if not (added or hiding or ruled or SPACED.search(text)) and runs_to_running_text(
        page, textpage
    ):
        return same
    words = list(words_of(boxes, text))
    if len(words) > MOST_WORDS or 2 * sum(word.upright for word in words) < len(words):
        return same
    unseen = unseen_words(page, boxes, words, drawn, layers=layers)
    seen = [word for number, word in enumerate(words) if number not in unseen]
    fragments = _fragments(seen)
    tables = [(grid, cells) for grid in ruled if (cells := words_in(grid, seen))]
    if not (added or unseen or tables or _needs_work(fragments, text)):
        return same
    if tables:
        return _composed(list(_around_tables(boxes, text, seen, tables, added)), same)
    rows = [_pieces(boxes, text, words) for words in _side_by_side(fragments)]
    lines = arranged(_with_added(rows, added))
    if not (added or unseen) and _as_it_was(lines, rows):
        return same
    return _composed(lines, same)


def _composed(lines: Sequence[Line], same: Composed) -> Composed:
    text, origins, tables = write(lines)
    return Composed(text, origins, same.boxes, same.drawn, tables)


def _around_tables(
    boxes: Boxes,
    text: str,
    words: Sequence[Word],
    tables: Sequence[tuple[Grid, Cells]],
    added: Sequence[Piece],
) -> Iterator[Line]:
    """The lines of a page with ruled tables, each where the file begins to draw it."""
    begin = {min(chain.from_iterable(cells.values())): (grid, cells) for grid, cells in tables}
    inside = {number for _, cells in tables for number in chain.from_iterable(cells.values())}
    left = list(added)
    waiting: list[Word] = []
    for number in range(len(words) + 1):
        if number in begin or number == len(words):
            rows = [_pieces(boxes, text, row) for row in _side_by_side(_fragments(waiting))]
            if number == len(words):
                rows, left = _with_added(rows, left), []
            yield from arranged(rows)
            waiting = []
        if number in begin:
            grid, cells = begin[number]
            pieces = {
                place: [_piece(boxes, text, [words[n] for n in numbers])]
                for place, numbers in cells.items()
            }
            outside = []
            for piece in left:
                place = grid.place(piece)
                if place is None:
                    outside.append(piece)
                else:
                    pieces.setdefault(place, []).append(_as_added(piece))
            left = outside
            yield from _ruled(grid, pieces, RULED + number)
        elif number < len(words) and number not in inside:
            waiting.append(words[number])


def _ruled(
    grid: Grid, pieces: Mapping[tuple[int, int], Sequence[Piece]], table: int
) -> Iterator[Line]:
    """The rows of a ruled table. A cell over several rows is repeated in each, one over several
    columns stands in the first."""
    columns = sorted({column for _, column in pieces})
    for row in range(len(grid.ys) - 1):
        firsts = [grid.cells[row, column] for column in columns]
        line = tuple(
            tuple(pieces.get(first, ())) if first[1] == column else ()
            for first, column in zip(firsts, columns, strict=True)
        )
        if any(cell and first[0] == row for cell, first in zip(line, firsts, strict=True)):
            yield Line(line, table)


def _stands_in(words: str, text: str) -> bool:
    """Whether the page draws the words itself, as well as in a note."""
    plain = "".join(words.split())
    return len(plain) > 3 and plain in "".join(text.split())


def _fragments(words: Sequence[Word]) -> list[list[Word]]:
    fragments: list[list[Word]] = []
    line = -1
    for word in words:
        if word.line != line:
            fragments.append([])
            line = word.line
        fragments[-1].append(word)
    return fragments


def _needs_work(fragments: Sequence[Fragment], text: str) -> bool:
    """Whether there may be more on the page than lines of running text."""
    if SPACED.search(text):
        return True
    for fragment in fragments:
        before: Word | None = None
        for word in fragment:
            if word.last_bottom < word.bottom and ends_raised(word):
                return True
            if before is not None and word.size < before.size and stands_raised(word, before):
                return True
            before = word
    return _share_a_strip(fragments)


def _share_a_strip(fragments: Sequence[Fragment]) -> bool:
    """Whether lines close to each other leave the same strip empty between their words."""
    gaps = [list(_gaps(row)) for row in _side_by_side(fragments)]
    for number, mine in enumerate(gaps):
        for others in gaps[number + 1 : number + 4] if mine else ():
            for left, right in mine:
                if any(min(right, r) - max(left, x) > 0 for x, r in others):
                    return True
    return False


def _gaps(row: Fragment) -> Iterator[tuple[float, float]]:
    for word, following in pairwise(row):
        if following.left - word.right >= MIN_GUTTER * word.size:
            yield word.right, following.left


def _side_by_side(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Lines of pdfium's that stand at one height, from left to right, taken as one."""
    rows: list[list[Word]] = []
    for fragment in fragments:
        if rows and _goes_on_beside(rows[-1], fragment):
            rows[-1] += fragment
        else:
            rows.append([*fragment])
    return list(rows)


def _goes_on_beside(above: Fragment, below: Fragment) -> bool:
    last, first = above[-1], below[0]
    if first.left < last.right - 0.3 * last.size or not (last.upright and first.upright):
        return False
    tall = min(above[0].bottom - above[0].top, first.bottom - first.top)
    return min(above[0].bottom, first.bottom) - max(above[0].top, first.top) > tall / 2


def _pieces(boxes: Boxes, text: str, words: Fragment) -> list[Piece]:
    """The words of a line, parted where the gap is wide."""
    parted = [number for number in range(1, len(words)) if _parts(*words[number - 1 : number + 1])]
    if parted:
        spread = _evenly_spread(text, words)
        parted = [number for number in parted if number not in spread]
    edges = [0, *parted, len(words)]
    return [_piece(boxes, text, words[start:stop]) for start, stop in pairwise(edges)]


def _evenly_spread(text: str, words: Fragment) -> set[int]:
    """Words before which the gap is wide only because the line was stretched to the full width of
    its column: three words and more at the same distances."""
    gaps = [after.left - before.right for before, after in pairwise(words)]
    spread: set[int] = set()
    for number in range(len(gaps) - 1):
        near, far = sorted(gaps[number : number + 2])
        if near > 0 and far <= EVEN * near:
            three = words[number : number + 3]
            if all(sum(map(str.isalpha, text[w.start : w.end])) > 1 for w in three):
                spread |= {number + 1, number + 2}
    return spread


def _parts(word: Word, following: Word) -> bool:
    gap, size = following.left - word.right, max(word.size, following.size)
    if gap < MIN_GUTTER * size:
        return False
    spaced = following.end - following.start == word.end - word.start == 1
    return not spaced or gap >= 2 * MIN_GUTTER * size


def _piece(boxes: Boxes, text: str, words: Fragment) -> Piece:
    whole = text[words[0].start : words[-1].end]
    runs: list[Run] = []
    if len(words) > 3 and SPACED.search(whole):
        runs = joined_letters(text, words)
    elif words[0].line == words[-1].line and not _any_raised(text, words):
        runs = [Run(whole, words[0].start)]
    else:
        for before, word in zip((None, *words), words, strict=False):
            runs += _word_runs(boxes, text, before, word, runs)
    said = text_of(runs)
    ink = Ink(runs, words[0].line, words[-1].line, said != whole)
    _, _, _, _, tops, rights, bottoms, *_ = zip(*words, strict=True)
    return Piece(words[0].left, min(tops), max(rights), max(bottoms), said, ink)


def _any_raised(text: str, words: Fragment) -> bool:
    if may_hold_raised_within(text, words[0].start, words[-1].end):
        return True
    before = words[0]
    for word in words:
        if word.last_bottom < word.bottom and ends_raised(word):
            return True
        if word.size < before.size and stands_raised(word, before):
            return True
        before = word
    return False


def _word_runs(
    boxes: Boxes, text: str, before: Word | None, word: Word, written: Sequence[Run]
) -> list[Run]:
    """A word and the blank before it."""
    said = text_of(written[-8:])[-CONTEXT:]
    gap: list[Run] = []
    if before is not None and stands_raised(word, before):
        return as_runs(said, text[word.start : word.end], word.start)
    if before is not None:
        gap = [_gap(text, before, word)]
    if not may_hold_raised(text, word):
        return [*gap, Run(text[word.start : word.end], word.start)]
    return [*gap, *raised_runs(boxes, text, word, said + text_of(gap))]


def _gap(text: str, before: Word, word: Word) -> Run:
    if before.line == word.line:
        return Run(text[before.end : word.start], before.end)
    beside = min(before.bottom, word.bottom) - max(before.top, word.top) > 0
    touching = beside and -word.size < word.left - before.right < TOUCHING * word.size
    blank = text[before.end : word.start].strip("\r\n")
    return Run("", -1) if touching and not blank else Run(" ", -1)


def _with_added(rows: Sequence[Sequence[Piece]], added: Sequence[Piece]) -> list[list[Piece]]:
    """The rows with what was filled in: in the row at its height, or in one of its own."""
    filled = [list(row) for row in rows]
    for piece in sorted(added, key=lambda one: (one.top, one.left)):
        placed = _as_added(piece)
        row = next((row for row in filled if _at_height(row, piece)), None)
        if row is not None:
            row.append(placed)
            row.sort(key=lambda one: one.left)
        else:
            above = [n for n, row in enumerate(filled) if row[0].bottom <= piece.bottom]
            filled.insert(above[-1] + 1 if above else 0, [placed])
    return filled


def _as_added(piece: Piece) -> Piece:
    return replace(piece, key=Ink((Run(piece.text, -1),), ADDED, ADDED, changed=True))


def _at_height(row: Sequence[Piece], piece: Piece) -> bool:
    """Whether the piece stands beside the row: their middles are within each other's height."""
    return any(
        min(one.bottom, piece.bottom) - max(one.top, piece.top) > min(one.height, piece.height) / 2
        and min(one.right, piece.right) - max(one.left, piece.left) < one.height
        for one in row
    )


def _as_it_was(lines: Sequence[Line], rows: Sequence[Sequence[Piece]]) -> bool:
    before = [id(piece) for row in rows for piece in row]
    pieces = [piece for line in lines for cell in line.cells for piece in cell]
    return (
        not any(line.table for line in lines)
        and [id(piece) for piece in pieces] == before
        and not any(ink_of(piece).changed for piece in pieces)
    )
