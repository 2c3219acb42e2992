"""Text edits with alignment: every change is kept as an ``Edit`` between raw and cleaned text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kb.domain import Edit, Page

Change = tuple[int, int, str]
"""Replace characters ``start`` to ``end`` of a text by the string."""


@dataclass(frozen=True)
class Draft:
    """A page's text during cleaning. ``edits`` lead from the raw text to ``text``."""

    text: str
    edits: tuple[Edit, ...] = ()

    def sub(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> Draft:
        """Like ``pattern.sub``, recording the edits."""
        replace = new if callable(new) else lambda match: new
        return self.apply((*match.span(), replace(match)) for match in pattern.finditer(self.text))

    def apply(self, changes: Iterable[Change]) -> Draft:
        """Apply changes, which must be in order and not overlap."""
        parts: list[str] = []
        edits: list[Edit] = []
        done, length = 0, 0
        for start, end, new in changes:
            if self.text[start:end] == new:
                continue
            parts += (self.text[done:start], new)
            length += start - done
            edits.append(Edit(start, end, length, length + len(new)))
            length += len(new)
            done = end
        if not edits:
            return self
        parts.append(self.text[done:])
        return Draft("".join(parts), compose(self.edits, edits))


def compose(first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """Compose two lists of edits: the result does what ``first`` and then ``second`` do.

    Edits that touch in the text between them are merged.
    """
    moves = sorted(
        [(e.start, e.end, 0, e.start - e.end + e.raw_end - e.raw_start) for e in first]
        + [(e.raw_start, e.raw_end, e.end - e.start - e.raw_end + e.raw_start, 0) for e in second]
    )
    composed: list[Edit] = []
    text_shift = raw_shift = 0  # offset after the edits so far minus offset in the middle text
    index = 0
    while index < len(moves):
        start, end, *_ = moves[index]
        raw_start, text_start = start + raw_shift, start + text_shift
        while index < len(moves) and moves[index][0] <= end:
            _, move_end, text_growth, raw_growth = moves[index]
            end = max(end, move_end)
            text_shift += text_growth
            raw_shift += raw_growth
            index += 1
        composed.append(Edit(raw_start, end + raw_shift, text_start, end + text_shift))
    return tuple(composed)


def to_raw(page: Page, start: int, end: int) -> tuple[int, int]:
    """Range of ``page.raw`` from which ``page.text[start:end]`` comes: all of it and as little more
    as possible."""
    before = bisect_right(page.edits, start, key=lambda edit: edit.start) - 1
    raw_start = start
    if before >= 0:
        edit = page.edits[before]
        raw_start = edit.raw_start if start < edit.end else edit.raw_end + start - edit.end
    after = bisect_left(page.edits, end, key=lambda edit: edit.end)
    raw_end = len(page.raw) - (len(page.text) - end)
    if after < len(page.edits):
        edit = page.edits[after]
        raw_end = edit.raw_end if end > edit.start else edit.raw_start - (edit.start - end)
    return raw_start, max(raw_start, raw_end)


def to_text(edits: Sequence[Edit], raw_offset: int) -> int:
    """Offset in the cleaned text of an offset in the raw text; inside removed text, where it was
    removed."""
    before = bisect_right(edits, raw_offset, key=lambda edit: edit.raw_start) - 1
    if before < 0:
        return raw_offset
    edit = edits[before]
    return edit.start if raw_offset < edit.raw_end else edit.end + raw_offset - edit.raw_end
