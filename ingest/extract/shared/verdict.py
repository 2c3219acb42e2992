"""Judge whether a page's text is language, empty, or garbage from a font without character map."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from kb.domain import Verdict

_BLANK = re.compile(r"\s")
_ALNUM = re.compile(r"[^\W_]")
_BROKEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\uffff\ufdd0-\ufdef\ue000-\uf8ff"
    "\ud800-\udfff\U000f0000-\U0010ffff]"
)
_RULE = re.compile(r"([^\w\s]|_)(?:\s*\1){2,}")  # dot leaders, fill-in lines
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_VOWEL = re.compile(
    r"[aeiouyAEIOUY\u00c0-\u00c6\u00c8-\u00cf\u00d2-\u00d6\u00d8-\u00dd"
    r"\u00e0-\u00e6\u00e8-\u00ef\u00f2-\u00f6\u00f8-\u00fd]"
)

MAX_BROKEN_SHARE = 0.15
"""Share of undefined characters up to which a text is language."""
MIN_ALNUM_SHARE = 0.4
"""Least share of letters and digits."""
VOWEL_SHARE = (0.18, 0.7)
"""Least and most share of vowels: languages in Latin script have 0.35 to 0.5, shifted fonts about
0.1."""
ENOUGH_CHARACTERS = 60
"""Characters from which the shares are meaningful."""
ENOUGH_LETTERS = 200
"""Letters from which the share of vowels is meaningful."""


def judge(text: str) -> Verdict:
    """TEXT, EMPTY (no letters or digits) or GARBAGE (characters, but not language)."""
    count = _counted(text)
    visible = len(text) - count["blank"]
    if count["broken"] > MAX_BROKEN_SHARE * visible:
        return Verdict.GARBAGE
    alnum = count["alnum"]
    if not alnum:
        return Verdict.EMPTY
    if visible >= ENOUGH_CHARACTERS and alnum < MIN_ALNUM_SHARE * visible:
        inked = len("".join(_RULE.sub("", text).split()))
        if inked >= ENOUGH_CHARACTERS and alnum < MIN_ALNUM_SHARE * inked:
            return Verdict.GARBAGE
    return Verdict.GARBAGE if _is_shifted(count["latin"], count["vowel"]) else Verdict.TEXT


def _is_shifted(letters: int, vowels: int) -> bool:
    """Whether Latin letters occur in proportions of no language: a font without character map."""
    if letters < ENOUGH_LETTERS:
        return False
    low, high = VOWEL_SHARE
    return not low <= vowels / letters <= high


def _counted(text: str) -> Counter[str]:
    """How many characters of the text are of each kind."""
    counted: Counter[str] = Counter()
    for char in set(text):
        number = text.count(char)
        for kind in _kinds(char):
            counted[kind] += number
    return counted


@lru_cache(maxsize=10_000)
def _kinds(char: str) -> tuple[str, ...]:
    kinds = {
        "blank": _BLANK, "broken": _BROKEN, "alnum": _ALNUM, "latin": _LATIN, "vowel": _VOWEL,
    }  # fmt: skip
    return tuple(kind for kind, pattern in kinds.items() if pattern.match(char))
