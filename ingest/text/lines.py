"""Join the lines of a printed page to paragraphs. Table rows stay lines of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ingest.text.alignment import Change

FULL_LINE = 0.6
"""Share of a full line's length below which a line ends a paragraph, unless a small letter
follows."""
CLOSED_LINE = 0.85
"""Share of a full line's length below which a line that ends a sentence ends a paragraph."""
ROW_FIGURES = 0.4
"""Share of numbers among the words of a row of figures."""
EDGE = 60
"""Characters at each end of a line by which its kind is told."""

_STARTS_BLOCK = re.compile(
    r"[•▪◦‣·●○■□▶➢➤✓✔»*+–—-]\s|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\d{1,2}(?:\.\d{1,2})+\s"
    r"|\(?[a-zA-Z][.)]\s"
    r"|\([ivx]{1,4}\)\s|[#|>]|[=~^*_`+\"'-]{3,}|\.\. |:\w+"
)
_ALONE_BY_START = re.compile(r"[#|]|[=~^*_`+\"'-]{3,}\s*$|\.\. ")
_ALONE_BY_END = re.compile(r"(?:\.[ ]?){4,}\s*\w*$|\|$")
_CELL_BORDER = " | "
_WIDE_GAP = re.compile(r"\S {3,}\S")
_FIGURE = re.compile(r"[\W_]*\d[\d.,:/’'-]*\W*(?:k?Wh?|km|h|m|t)?\W*")
_NO_FIGURE = re.compile(r"[-–—]|n\.?d\.?|n/?a")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")


def line_joins(text: str, titles: Mapping[int, int]) -> Iterator[Change]:
    """Replacements of line ends by spaces. Blank lines are kept.

    ``titles``: length of each heading by its offset; headings stay lines of their own.
    """
    lines = text.split("\n")
    full = _full_length(lines)
    start, title = 0, titles.get(0, 0)
    for (line, is_row), (following, row_follows) in pairwise(_mark_rows(lines)):
        end = start + len(line)
        joined = not row_follows and _runs_on(line.strip(), following.strip(), full)
        if is_row:
            joined = joined and following.strip()[:1].islower() and _CELL_BORDER not in line
        if title:
            title = max(0, title - len(line.strip()) - 1)
            joined = title > 0
        start = end + 1
        if start in titles:
            joined, title = False, titles[start]
        if joined and line.strip() and following.strip():
            yield end, start, " "


def _mark_rows(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is a table row. A row of figures counts only beside another one."""
    figures = [_is_of_figures(line) for line in lines]
    near = (any(pair) for pair in zip([False, *figures], [*figures[1:], False], strict=False))
    for line, of_figures, beside in zip(lines, figures, near, strict=True):
        yield line, _CELL_BORDER in line or (of_figures and beside)


def _is_of_figures(line: str) -> bool:
    """Whether the line looks like a row name followed by figures."""
    words = line.split()
    if len(words) < 2 or _SENTENCE_END.search(line[-EDGE:]):
        return False
    if _WIDE_GAP.search(line.strip()):
        return True
    figures = sum(bool(_FIGURE.fullmatch(word)) for word in words)
    blanks = sum(bool(_NO_FIGURE.fullmatch(word)) for word in words)
    return figures > 0 and figures + blanks >= max(2, ROW_FIGURES * len(words))


def _full_length(lines: Sequence[str]) -> int:
    """Typical length, in characters, of a line that fills its column."""
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
