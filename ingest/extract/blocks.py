"""Text of formats without paper pages: blocks put together, headings found again, then cut into
sections that take the place of pages."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from operator import attrgetter

from ingest.extract.extracted import RawHeading, RawPage, storable
from ingest.extract.verdict import judge

MAX_SECTION = 20_000
"""Characters of a section; longer ones are cut between paragraphs so that a page stays a page."""


class Kind(Enum):
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True)
class Block:
    """A paragraph, list item or table row; with a ``level`` (from 1) a heading."""

    text: str
    kind: Kind = Kind.PARAGRAPH
    level: int = 0


@dataclass(frozen=True)
class Mark:
    """A heading at ``offset`` characters of a whole text."""

    level: int
    title: str
    offset: int


def assemble(blocks: Iterable[Block]) -> tuple[str, list[Mark]]:
    """One text, blank lines between paragraphs, and where its headings stand."""
    parts: list[str] = []
    marks: list[Mark] = []
    length, before = 0, Kind.PARAGRAPH
    for block in blocks:
        if not block.text.strip():
            continue
        if parts:
            joined = block.kind == before != Kind.PARAGRAPH
            parts.append("\n" if joined else "\n\n")
            length += len(parts[-1])
        if block.level:
            marks.append(Mark(block.level, " ".join(block.text.split()), length))
        parts.append(block.text)
        length += len(block.text)
        before = block.kind
    return "".join(parts), marks


def sections(
    text: str, marks: Sequence[Mark], first: int = 1
) -> tuple[list[RawPage], list[RawHeading]]:
    """The text cut before its chapters; pages are numbered from ``first``."""
    text = storable(text)
    chapter = chapter_level([mark.level for mark in marks])
    starts = sorted({0, *(mark.offset for mark in marks if mark.level <= chapter)})
    if len(starts) > 1 and _only_titles(text[: starts[1]], marks):
        del starts[1]
    cuts = sorted({*_short_enough(text, [*starts, len(text)])})
    pages, headings = [], []
    offset = attrgetter("offset")
    placed = sorted(marks, key=offset)
    for number, (start, end) in enumerate(pairwise(cuts), first):
        piece = text[start:end]
        pages.append(RawPage(number, piece, judge(piece)))
        within = slice(*(bisect_left(placed, edge, key=offset) for edge in (start, end)))
        headings += [
            RawHeading(mark.level, mark.title, number, mark.offset - start)
            for mark in placed[within]
        ]
    return pages, headings


def _only_titles(start: str, marks: Sequence[Mark]) -> bool:
    """Whether a text starts with headings only: they go with the first chapter."""
    titles = " ".join(mark.title for mark in marks if mark.offset < len(start))
    return len("".join(start.split())) <= len("".join(titles.split()))


def chapter_level(levels: Sequence[int]) -> int:
    """The outermost level with more than one heading: a lone one above it is the title."""
    counts = Counter(levels)
    return min(
        (level for level, count in counts.items() if count > 1), default=max(levels, default=0)
    )


def _short_enough(text: str, cuts: Sequence[int]) -> Iterator[int]:
    for start, end in pairwise(cuts):
        cut = start
        yield cut
        while end - cut > MAX_SECTION:
            cut = _last_break(text, cut + MAX_SECTION // 2, cut + MAX_SECTION)
            yield cut
    yield len(text)


def _last_break(text: str, low: int, high: int) -> int:
    """The best place to cut between two offsets: after a blank line, a line, a sentence, a word."""
    for separator in ("\n\n", "\n", ". ", " "):
        found = text.rfind(separator, low, high)
        if found >= 0:
            return found + len(separator)
    return high
