"""Superscripts in a PDF, recognised by position and height of their characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ingest.extract.pdf.words import Boxes, Word
from ingest.extract.shared.raised import LONGEST_MARK, raised_text

LIFTED = 0.2
"""Least distance of a superscript above the baseline, in character heights of the line."""
SMALLER = 0.9
"""Largest height of a superscript, as a share of the height of other characters."""
ATTACHED = 0.4
"""Widest gap between a word and its superscript, in line heights."""
CONTEXT = 30

_WITHIN = re.compile(
    r"[^\W\d_][.,;:)\]»”\"’']?\d{1,3}\D|[%)\]»”\"’']\d{1,3}\D|(?<!\d)(?:19|20)\d\d\d{1,2}(?!\d)\D"
)
"""Words that may contain a superscript before their last character."""


class Run(NamedTuple):
    """Text and the offset of its first character in pdfium's text; -1 if inserted."""

    text: str
    origin: int


def ends_raised(word: Word) -> bool:
    """Whether the last character of the word is a superscript."""
    return (
        word.bottom - word.last_bottom >= LIFTED * word.size
        and word.last_bottom - word.last_top <= SMALLER * word.size
        and word.upright
    )


def stands_raised(word: Word, before: Word) -> bool:
    """Whether the whole word is a superscript of the one before it."""
    foot = before.last_bottom if not ends_raised(before) else before.bottom
    return (
        word.end - word.start <= LONGEST_MARK
        and foot - word.bottom >= LIFTED * before.size
        and word.bottom - word.top <= SMALLER * before.size
        and -before.size < word.left - before.right <= ATTACHED * before.size
    )


def may_hold_raised(text: str, word: Word) -> bool:
    return ends_raised(word) or may_hold_raised_within(text, word.start, word.end)


def may_hold_raised_within(text: str, start: int, end: int) -> bool:
    return _WITHIN.search(text, start, end) is not None


def write_word(boxes: Boxes, text: str, word: Word, before: str) -> list[Run]:
    """Runs of the word with superscripts as plain text. ``before``: the line up to it."""
    flags = list(_find_raised(boxes, word))
    runs: list[Run] = []
    offset = word.start
    for raised, group in groupby(flags):
        length = len(list(group))
        piece = text[offset : offset + length]
        runs += write_raised(before, piece, offset) if raised else [Run(piece, offset)]
        before = (before + piece)[-CONTEXT:]
        offset += length
    return runs


def _find_raised(boxes: Boxes, word: Word) -> Iterator[bool]:
    """For each character, whether it is a superscript relative to the word's first character."""
    foot = word.bottom
    for offset in range(word.start, word.end):
        box = boxes.of(offset)
        yield box is not None and (
            foot - box[3] >= LIFTED * word.size and box[3] - box[1] <= SMALLER * word.size
        )


def write_raised(before: str, raised: str, origin: int) -> list[Run]:
    """Runs of superscript characters as plain text, with their origin if the text is kept."""
    plain = raised_text(before, raised)
    if len(plain) == len(raised):
        return [Run(plain, origin)]
    start = plain.find(raised)
    if start < 0:
        return [Run(plain, -1)]
    parts = (
        Run(plain[:start], -1),
        Run(raised, origin),
        Run(plain[start + len(raised) :], -1),
    )
    return [part for part in parts if part.text]


def join_runs(runs: Sequence[Run]) -> str:
    return "".join(run.text for run in runs)
