"""Join letter-spaced titles ("P I A N O   E N E R G E T I C O")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ingest.extract.pdf.raised_marks import Run
from ingest.extract.pdf.words import Word

SPACED = re.compile(
    r"(?:^|(?<=\s))[^\W\d_](?:[ \t]+[\w.,:;’'()/-]){2,}(?:[ \t]+[^\W_])(?=\s|$)", re.M
)
"""Four single characters in a row, the first a letter."""
WORD_GAP = 1.5
"""Least ratio of the gap between words to the gap between letters."""


def join_spaced_letters(text: str, words: Sequence[Word]) -> list[Run]:
    """Join the letters of a line to words, which wider gaps separate."""
    letters = [word.end - word.start == 1 for word in words]
    gaps = [
        after.left - before.right
        for (before, after), single in zip(pairwise(words), pairwise(letters), strict=True)
        if all(single)
    ]
    usual = median(gaps) if gaps else 0.0
    runs = [Run(text[words[0].start : words[0].end], words[0].start)]
    for (before, word), single in zip(pairwise(words), pairwise(letters), strict=True):
        within = all(single) and word.left - before.right < max(WORD_GAP * usual, 0.1 * word.size)
        if not within:
            runs.append(Run(" ", -1))
        runs.append(Run(text[word.start : word.end], word.start))
    return runs
