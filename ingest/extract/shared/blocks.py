"""Text of formats without pages: join blocks to one text, then cut it into sections, which serve as
pages."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from ingest.extract.extracted import RawHeading, RawPage
from ingest.extract.shared.verdict import judge
from kb.domain import Table
from kb.text.storable import storable

MAX_SECTION = 20_000
"""Characters of a section; longer ones are cut between paragraphs, because a section is shown as a
page."""


class BlockKind(Enum):
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True)
class Block:
    """A paragraph, list item or table row, or with ``level`` (from 1) a heading.

    For rows, see ``shared/tables.py``: ``header`` marks rows that name the columns, ``begins`` the
    first row of a table, which separates neighbouring tables.
    """

    text: str
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    header: bool = False
    begins: bool = False


@dataclass(frozen=True)
class HeadingMark:
    """A heading at character ``offset`` of a text."""

    level: int
    title: str
    offset: int


class Assembled(NamedTuple):
    """A joined text with the places of its headings and tables."""

    text: str
    marks: list[HeadingMark]
    tables: list[Table]


def join_blocks(blocks: Iterable[Block]) -> Assembled:
    """Join blocks to one text, with blank lines between paragraphs and between tables."""
    parts: list[str] = []
    marks: list[HeadingMark] = []
    tables: list[Table] = []
    length, before = 0, BlockKind.PARAGRAPH
    for block in blocks:
        if not block.text.strip():
            continue
        continues = block.kind == before != BlockKind.PARAGRAPH and not block.begins
        if parts:
            parts.append("\n" if continues else "\n\n")
            length += len(parts[-1])
        if block.level:
            marks.append(HeadingMark(block.level, " ".join(block.text.split()), length))
        parts.append(block.text)
        end = length + len(block.text)
        if block.kind is BlockKind.ROW:
            _add_row(tables, block, length, end, continues=continues)
        length, before = end, block.kind
    return Assembled("".join(parts), marks, tables)


def _add_row(tables: list[Table], row: Block, start: int, end: int, *, continues: bool) -> None:
    """Add a row to the last table, or start a new table."""
    if continues:
        last = tables[-1]
        header_end = end if row.header and last.header_end == last.end else last.header_end
        tables[-1] = replace(last, end=end, header_end=header_end)
    else:
        tables.append(Table(start, end, end if row.header else start))


def cut_sections(
    text: str, marks: Sequence[HeadingMark], tables: Sequence[Table] = (), first: int = 1
) -> tuple[list[RawPage], list[RawHeading]]:
    """Cut the text before its chapters into pages numbered from ``first``. If a cut is inside a
    table, the table's header rows are repeated at the top of the next page."""
    text = storable(text)
    chapter = chapter_level([mark.level for mark in marks])
    starts = sorted({0, *(mark.offset for mark in marks if mark.level <= chapter)})
    if len(starts) > 1 and _has_only_titles(text[: starts[1]], marks):
        del starts[1]
    cuts = sorted({*_limit_lengths(text, [*starts, len(text)])})
    pages, headings = [], []
    offset = attrgetter("offset")
    placed = sorted(marks, key=offset)
    for number, (start, end) in enumerate(pairwise(cuts), first):
        repeated = _header_above(text, start, tables)
        piece = repeated + text[start:end]
        shift = len(repeated) - start
        within = slice(*(bisect_left(placed, edge, key=offset) for edge in (start, end)))
        headings += [
            RawHeading(mark.level, mark.title, number, mark.offset + shift)
            for mark in placed[within]
        ]
        of_page = tuple(_tables_between(start, end, len(repeated), tables))
        pages.append(RawPage(number, piece, judge(piece), tables=of_page))
    return pages, headings


def _header_above(text: str, cut: int, tables: Sequence[Table]) -> str:
    """Header rows, with a line end, of the table in whose body the cut is; else empty."""
    for table in tables:
        if table.start < table.header_end <= cut < table.end:
            return text[table.start : table.header_end] + "\n"
    return ""


def _tables_between(
    start: int, end: int, repeated: int, tables: Sequence[Table]
) -> Iterator[Table]:
    """The tables between two offsets, relative to a page that begins with ``repeated`` characters
    of header rows."""
    shift = repeated - start
    for table in tables:
        last = min(table.end, end) + shift
        if start <= table.start < end:
            yield Table(table.start + shift, last, min(table.header_end + shift, last))
        elif table.start < start < table.end:
            yield Table(0, last, max(repeated - 1, 0))


def _has_only_titles(start: str, marks: Sequence[HeadingMark]) -> bool:
    """Whether a text starts with headings only, which then belong to the first chapter."""
    titles = " ".join(mark.title for mark in marks if mark.offset < len(start))
    return len("".join(start.split())) <= len("".join(titles.split()))


def chapter_level(levels: Sequence[int]) -> int:
    """The outermost level with more than one heading; a single heading above it is the title."""
    counts = Counter(levels)
    return min(
        (level for level, count in counts.items() if count > 1), default=max(levels, default=0)
    )


def _limit_lengths(text: str, cuts: Sequence[int]) -> Iterator[int]:
    for start, end in pairwise(cuts):
        cut = start
        yield cut
        while end - cut > MAX_SECTION:
            cut = _find_last_break(text, cut + MAX_SECTION // 2, cut + MAX_SECTION)
            yield cut
    yield len(text)


def _find_last_break(text: str, low: int, high: int) -> int:
    """The best offset for a cut between two offsets: after a blank line, else a line, a sentence, a
    word."""
    for separator in ("\n\n", "\n", ". ", " "):
        found = text.rfind(separator, low, high)
        if found >= 0:
            return found + len(separator)
    return high
