"""Lines of a printed page into paragraphs: which line ends are only where the paper ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.alignment import Change

FULL_LINE = 0.6
"""A line shorter than this share of a full one ended on purpose, unless a small letter follows."""
CLOSED_LINE = 0.85
"""A sentence end before this share of a full line ends a paragraph."""

_STARTS_BLOCK = re.compile(
    r"[•▪◦‣·●○■□▶➢➤✓✔»*+–—-]\s|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\d{1,2}(?:\.\d{1,2})+\s|\(?[a-zA-Z][.)]\s"
    r"|\([ivx]{1,4}\)\s|[#|>]|[=~^*_`+\"'-]{3,}|\.\. |:\w+"
)
_STANDS_ALONE = re.compile(r"[#|]|[=~^*_`+\"'-]{3,}\s*$|\.\. |.*(?:\.[ ]?){4,}\s*\w*$|.*\|$")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")


def line_joins(text: str) -> Iterator[Change]:
    """The line ends of ``text`` to be replaced by a space. Blank lines are left alone."""
    lines = text.split("\n")
    full = _full_length(lines)
    end = -1
    for line, following in pairwise(lines):
        end += len(line) + 1
        if _runs_on(line.strip(), following.strip(), full):
            yield end, end + 1, " "


def _full_length(lines: Sequence[str]) -> int:
    """Length of a line that fills its column, in characters."""
    lengths = sorted(length for line in lines if (length := len(line.strip())) >= 20)
    return max(40, lengths[len(lengths) * 7 // 10]) if lengths else 40


def _runs_on(line: str, following: str, full: int) -> bool:
    if not line or not following:
        return False
    if _STANDS_ALONE.match(line) or _STARTS_BLOCK.match(following):
        return False
    if _SENTENCE_END.search(line):
        return len(line) >= CLOSED_LINE * full
    return len(line) >= FULL_LINE * full or following[0].islower()
