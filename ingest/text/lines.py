"""Lines of a printed page into paragraphs: which line ends are only where the paper ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ingest.text.alignment import Change

FULL_LINE = 0.6
"""A line shorter than this share of a full one ended on purpose, unless a small letter follows."""
CLOSED_LINE = 0.85
"""A sentence end before this share of a full line ends a paragraph."""
EDGE = 60
"""Characters at each end of a line that tell what kind of line it is."""

_STARTS_BLOCK = re.compile(
    r"[•▪◦‣·●○■□▶➢➤✓✔»*+–—-]\s|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\d{1,2}(?:\.\d{1,2})+\s"
    r"|\(?[a-zA-Z][.)]\s"
    r"|\([ivx]{1,4}\)\s|[#|>]|[=~^*_`+\"'-]{3,}|\.\. |:\w+"
)
_ALONE_BY_START = re.compile(r"[#|]|[=~^*_`+\"'-]{3,}\s*$|\.\. ")
_ALONE_BY_END = re.compile(r"(?:\.[ ]?){4,}\s*\w*$|\|$")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")


def line_joins(text: str, titles: Mapping[int, int]) -> Iterator[Change]:
    """The line ends of ``text`` to be replaced by a space. Blank lines are left alone.

    ``titles``: where headings start and how long they are; they stay lines of their own.
    """
    lines = text.split("\n")
    full = _full_length(lines)
    start, title = 0, titles.get(0, 0)
    for line, following in pairwise(lines):
        end = start + len(line)
        joined = _runs_on(line.strip(), following.strip(), full)
        if title:
            title = max(0, title - len(line.strip()) - 1)
            joined = title > 0
        start = end + 1
        if start in titles:
            joined, title = False, titles[start]
        if joined and line.strip() and following.strip():
            yield end, start, " "


def _full_length(lines: Sequence[str]) -> int:
    """Length of a line that fills its column, in characters."""
    lengths = sorted(length for line in lines if (length := len(line.strip())) >= 20)
    return max(40, lengths[len(lengths) * 7 // 10]) if lengths else 40


def _runs_on(line: str, following: str, full: int) -> bool:
    if not line or not following:
        return False
    beginning, ending = line[:EDGE], line[-EDGE:]
    if _ALONE_BY_START.match(beginning) or _ALONE_BY_END.search(ending):
        return False
    if _STARTS_BLOCK.match(following[:EDGE]):
        return False
    if _SENTENCE_END.search(ending):
        return len(line) >= CLOSED_LINE * full
    return len(line) >= FULL_LINE * full or following[0].islower()
