"""Titles set with a blank after every letter ("P I A N O   E N E R G E T I C O")."""

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
"""How much wider the gap between words is at least than that between their letters."""


def joined_letters(text: str, words: Sequence[Word]) -> list[Run]:
    """The line with its letters joined to words, told by the wider gaps between these."""
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
