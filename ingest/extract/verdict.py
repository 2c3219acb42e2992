"""Whether the text of a page is language, nothing, or the noise of an unreadable font."""

from __future__ import annotations

import re

from kb.domain import Verdict

_ALNUM = re.compile(r"[^\W_]")
_BROKEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\uffff\ufdd0-\ufdef\ue000-\uf8ff"
    "\ud800-\udfff\U000f0000-\U0010ffff]"
)
_RULE = re.compile(r"([^\w\s]|_)(?:\s*\1){2,}")  # dot leaders, lines to write on
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_VOWEL = re.compile(
    r"[aeiouyAEIOUY\u00c0-\u00c6\u00c8-\u00cf\u00d2-\u00d6\u00d8-\u00dd"
    r"\u00e0-\u00e6\u00e8-\u00ef\u00f2-\u00f6\u00f8-\u00fd]"
)

MAX_BROKEN_SHARE = 0.15
MIN_ALNUM_SHARE = 0.4
VOWEL_SHARE = (0.18, 0.7)
"""Languages in Latin script have 35 to 50 vowels in 100 letters; shifted fonts about 10."""
ENOUGH_CHARACTERS = 60
ENOUGH_LETTERS = 200


def judge(text: str) -> Verdict:
    """TEXT, EMPTY (nothing to read) or GARBAGE (characters, but not language)."""
    visible = len("".join(text.split()))
    broken = len(_BROKEN.findall(text))
    if broken > MAX_BROKEN_SHARE * visible:
        return Verdict.GARBAGE
    alnum = len(_ALNUM.findall(text))
    if not alnum:
        return Verdict.EMPTY
    if visible >= ENOUGH_CHARACTERS and alnum < MIN_ALNUM_SHARE * visible:
        inked = len("".join(_RULE.sub("", text).split()))
        if inked >= ENOUGH_CHARACTERS and alnum < MIN_ALNUM_SHARE * inked:
            return Verdict.GARBAGE
    return Verdict.GARBAGE if _is_shifted(text) else Verdict.TEXT


def _is_shifted(text: str) -> bool:
    """Latin letters in proportions that no language has: a font without its character map."""
    letters = len(_LATIN.findall(text))
    if letters < ENOUGH_LETTERS:
        return False
    low, high = VOWEL_SHARE
    return not low <= len(_VOWEL.findall(text)) / letters <= high
