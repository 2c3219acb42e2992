"""Compose the text of a PDF page in reading order.

pdfium gives the text in the order in which the file draws it. Here columns are put one after the
other, rows of tables are split into cells, superscripts are separated, hidden text is left out, and
values of form fields are inserted at their position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any

from ingest.extract.pdf.entered_text import read_entered_text
from ingest.extract.pdf.hidden_text import PageObjects, find_hidden_words, read_page_objects
from ingest.extract.pdf.letter_spacing import SPACED, join_spaced_letters
from ingest.extract.pdf.page_text import ADDED, PieceSource, source_of, write_lines
from ingest.extract.pdf.raised_marks import (
    CONTEXT,
    Run,
    ends_raised,
    join_runs,
    may_hold_raised,
    may_hold_raised_within,
    stands_raised,
    write_raised,
    write_word,
)
from ingest.extract.pdf.ruled_tables import RuledTable, assign_words, find_ruled_tables
from ingest.extract.pdf.running_text import is_running_text
from ingest.extract.pdf.words import Boxes, Word, read_words
from ingest.extract.shared.layout import MIN_GUTTER, Line, LinePiece, arrange_rows
from kb.domain import Table

MOST_WORDS = 20_000
"""Pages with more words keep the order of the file, as do pages with vertical text."""
EVEN = 1.12
"""Largest ratio between neighbouring gaps of a justified line."""
TOUCHING = 0.12
"""Widest gap between parts of one word that the file draws separately, in line heights."""

Fragment = Sequence[Word]
"""Words of one line in pdfium's text, or of several lines side by side."""


@dataclass(frozen=True)
class ComposedPage:
    """``origins``: offset of each character in pdfium's text, -1 for inserted characters; ``None``
    if both texts are equal."""

    text: str
    origins: Sequence[int] | None
    boxes: Boxes
    drawn: PageObjects
    tables: Sequence[Table] = ()


Cells = dict[tuple[int, int], list[int]]
"""Indexes of the words in each cell of a ruled table."""
RULED = 1_000_000
"""First number of a ruled table; ``arrange_rows`` numbers other tables from 1."""


def compose_page(page: Any, textpage: Any, text: str, *, layers: bool = False) -> ComposedPage:
    """Compose the text of a page from ``text``, the text in pdfium's order.

    ``layers``: whether some layers of the document are switched off.
    """
    drawn = read_page_objects(page)
    boxes = Boxes(page, textpage, text)
    same = ComposedPage(text, None, boxes, drawn)
    added = [piece for piece in read_entered_text(page) if not _is_in_text(piece.text, text)]
    hiding = layers or drawn.hides
    ruled = find_ruled_tables(page, drawn.paths)
    if not (added or hiding or ruled or SPACED.search(text)) and is_running_text(page, textpage):
        return same
    words = list(read_words(boxes, text))
    if len(words) > MOST_WORDS or 2 * sum(word.upright for word in words) < len(words):
        return same
    unseen = find_hidden_words(page, boxes, words, drawn, layers=layers)
    seen = [word for number, word in enumerate(words) if number not in unseen]
    fragments = _group_by_line(seen)
    tables = [(grid, cells) for grid in ruled if (cells := assign_words(grid, seen))]
    if not (added or unseen or tables or _needs_composing(fragments, text)):
        return same
    if tables:
        return _write_page(list(_compose_around_tables(boxes, text, seen, tables, added)), same)
    rows = [_split_at_gaps(boxes, text, words) for words in _join_side_by_side(fragments)]
    lines = arrange_rows(_insert_added(rows, added))
    if not (added or unseen) and _is_unchanged(lines, rows):
        return same
    return _write_page(lines, same)


def _write_page(lines: Sequence[Line], same: ComposedPage) -> ComposedPage:
    text, origins, tables = write_lines(lines)
    return ComposedPage(text, origins, same.boxes, same.drawn, tables)


def _compose_around_tables(
    boxes: Boxes,
    text: str,
    words: Sequence[Word],
    tables: Sequence[tuple[RuledTable, Cells]],
    added: Sequence[LinePiece],
) -> Iterator[Line]:
    """Lines of a page with ruled tables, each table where the file begins to draw it."""
    begin = {min(chain.from_iterable(cells.values())): (grid, cells) for grid, cells in tables}
    inside = {number for _, cells in tables for number in chain.from_iterable(cells.values())}
    left = list(added)
    waiting: list[Word] = []
    for number in range(len(words) + 1):
        if number in begin or number == len(words):
            rows = [
                _split_at_gaps(boxes, text, row)
                for row in _join_side_by_side(_group_by_line(waiting))
            ]
            if number == len(words):
                rows, left = _insert_added(rows, left), []
            yield from arrange_rows(rows)
            waiting = []
        if number in begin:
            grid, cells = begin[number]
            pieces = {
                place: [_make_piece(boxes, text, [words[n] for n in numbers])]
                for place, numbers in cells.items()
            }
            outside = []
            for piece in left:
                place = grid.place(piece)
                if place is None:
                    outside.append(piece)
                else:
                    pieces.setdefault(place, []).append(_mark_added(piece))
            left = outside
            yield from _list_table_lines(grid, pieces, RULED + number)
        elif number < len(words) and number not in inside:
            waiting.append(words[number])


def _list_table_lines(
    grid: RuledTable, pieces: Mapping[tuple[int, int], Sequence[LinePiece]], table: int
) -> Iterator[Line]:
    """The rows of a ruled table. A cell that spans rows is repeated in each; a cell that spans
    columns is in the first."""
    columns = sorted({column for _, column in pieces})
    for row in range(len(grid.ys) - 1):
        firsts = [grid.cells[row, column] for column in columns]
        line = tuple(
            tuple(pieces.get(first, ())) if first[1] == column else ()
            for first, column in zip(firsts, columns, strict=True)
        )
        if any(cell and first[0] == row for cell, first in zip(line, firsts, strict=True)):
            yield Line(line, table)


def _is_in_text(words: str, text: str) -> bool:
    """Whether the page itself draws the words of an annotation, blanks ignored."""
    plain = "".join(words.split())
    return len(plain) > 3 and plain in "".join(text.split())


def _group_by_line(words: Sequence[Word]) -> list[list[Word]]:
    fragments: list[list[Word]] = []
    line = -1
    for word in words:
        if word.line != line:
            fragments.append([])
            line = word.line
        fragments[-1].append(word)
    return fragments


def _needs_composing(fragments: Sequence[Fragment], text: str) -> bool:
    """Whether the page may have superscripts, letter-spaced titles, columns or tables."""
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
    """Whether two of four consecutive lines have a wide gap at the same horizontal position."""
    gaps = [list(_find_wide_gaps(row)) for row in _join_side_by_side(fragments)]
    for number, mine in enumerate(gaps):
        for others in gaps[number + 1 : number + 4] if mine else ():
            for left, right in mine:
                if any(min(right, r) - max(left, x) > 0 for x, r in others):
                    return True
    return False


def _find_wide_gaps(row: Fragment) -> Iterator[tuple[float, float]]:
    for word, following in pairwise(row):
        if following.left - word.right >= MIN_GUTTER * word.size:
            yield word.right, following.left


def _join_side_by_side(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Join consecutive lines of pdfium's text at the same height, from left to right."""
    rows: list[list[Word]] = []
    for fragment in fragments:
        if rows and _continues_beside(rows[-1], fragment):
            rows[-1] += fragment
        else:
            rows.append([*fragment])
    return list(rows)


def _continues_beside(above: Fragment, below: Fragment) -> bool:
    last, first = above[-1], below[0]
    if first.left < last.right - 0.3 * last.size or not (last.upright and first.upright):
        return False
    tall = min(above[0].bottom - above[0].top, first.bottom - first.top)
    return min(above[0].bottom, first.bottom) - max(above[0].top, first.top) > tall / 2


def _split_at_gaps(boxes: Boxes, text: str, words: Fragment) -> list[LinePiece]:
    """Split the words of a line at wide gaps."""
    parted = [
        number for number in range(1, len(words)) if _is_wide_gap(*words[number - 1 : number + 1])
    ]
    if parted:
        spread = _find_justified_words(text, words)
        parted = [number for number in parted if number not in spread]
    edges = [0, *parted, len(words)]
    return [_make_piece(boxes, text, words[start:stop]) for start, stop in pairwise(edges)]


def _find_justified_words(text: str, words: Fragment) -> set[int]:
    """Numbers of the words with a gap before them that is wide only because the line is justified:
    three or more words at equal distances."""
    gaps = [after.left - before.right for before, after in pairwise(words)]
    spread: set[int] = set()
    for number in range(len(gaps) - 1):
        near, far = sorted(gaps[number : number + 2])
        if near > 0 and far <= EVEN * near:
            three = words[number : number + 3]
            if all(sum(map(str.isalpha, text[w.start : w.end])) > 1 for w in three):
                spread |= {number + 1, number + 2}
    return spread


def _is_wide_gap(word: Word, following: Word) -> bool:
    gap, size = following.left - word.right, max(word.size, following.size)
    if gap < MIN_GUTTER * size:
        return False
    spaced = following.end - following.start == word.end - word.start == 1
    return not spaced or gap >= 2 * MIN_GUTTER * size


def _make_piece(boxes: Boxes, text: str, words: Fragment) -> LinePiece:
    whole = text[words[0].start : words[-1].end]
    runs: list[Run] = []
    if len(words) > 3 and SPACED.search(whole):
        runs = join_spaced_letters(text, words)
    elif words[0].line == words[-1].line and not _has_raised(text, words):
        runs = [Run(whole, words[0].start)]
    else:
        for before, word in zip((None, *words), words, strict=False):
            runs += _write_word(boxes, text, before, word, runs)
    said = join_runs(runs)
    ink = PieceSource(runs, words[0].line, words[-1].line, said != whole)
    _, _, _, _, tops, rights, bottoms, *_ = zip(*words, strict=True)
    return LinePiece(words[0].left, min(tops), max(rights), max(bottoms), said, ink)


def _has_raised(text: str, words: Fragment) -> bool:
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


def _write_word(
    boxes: Boxes, text: str, before: Word | None, word: Word, line_text: Sequence[Run]
) -> list[Run]:
    """Runs of a word and of the blank before it."""
    said = join_runs(line_text[-8:])[-CONTEXT:]
    gap: list[Run] = []
    if before is not None and stands_raised(word, before):
        return write_raised(said, text[word.start : word.end], word.start)
    if before is not None:
        gap = [_write_gap(text, before, word)]
    if not may_hold_raised(text, word):
        return [*gap, Run(text[word.start : word.end], word.start)]
    return [*gap, *write_word(boxes, text, word, said + join_runs(gap))]


def _write_gap(text: str, before: Word, word: Word) -> Run:
    if before.line == word.line:
        return Run(text[before.end : word.start], before.end)
    beside = min(before.bottom, word.bottom) - max(before.top, word.top) > 0
    touching = beside and -word.size < word.left - before.right < TOUCHING * word.size
    blank = text[before.end : word.start].strip("\r\n")
    return Run("", -1) if touching and not blank else Run(" ", -1)


def _insert_added(
    rows: Sequence[Sequence[LinePiece]], added: Sequence[LinePiece]
) -> list[list[LinePiece]]:
    """Insert form values: into the row at their height, or as a row of their own."""
    filled = [list(row) for row in rows]
    for piece in sorted(added, key=lambda one: (one.top, one.left)):
        placed = _mark_added(piece)
        row = next((row for row in filled if _is_beside(row, piece)), None)
        if row is not None:
            row.append(placed)
            row.sort(key=lambda one: one.left)
        else:
            above = [n for n, row in enumerate(filled) if row[0].bottom <= piece.bottom]
            filled.insert(above[-1] + 1 if above else 0, [placed])
    return filled


def _mark_added(piece: LinePiece) -> LinePiece:
    return replace(piece, key=PieceSource((Run(piece.text, -1),), ADDED, ADDED, changed=True))


def _is_beside(row: Sequence[LinePiece], piece: LinePiece) -> bool:
    """Whether the piece overlaps the height of a piece of the row by half, and not its width."""
    return any(
        min(one.bottom, piece.bottom) - max(one.top, piece.top) > min(one.height, piece.height) / 2
        and min(one.right, piece.right) - max(one.left, piece.left) < one.height
        for one in row
    )


def _is_unchanged(lines: Sequence[Line], rows: Sequence[Sequence[LinePiece]]) -> bool:
    before = [id(piece) for row in rows for piece in row]
    pieces = [piece for line in lines for cell in line.cells for piece in cell]
    return (
        not any(line.table for line in lines)
        and [id(piece) for piece in pieces] == before
        and not any(source_of(piece).changed for piece in pieces)
    )
