"""Find words in a text whatever their case and accents, with their places in the text as it is."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from kb.text.folding import fold_text

LETTERS_END = 0x2000
"""Letters with accents stand below: Latin, Greek and Cyrillic, with their extensions."""
MARKS = "[\u0300-\u036f]*"
"""Accents that follow their letter as characters of their own."""
SHARP_S = "(?:[sSſ]" + MARKS + "){2}|[ßẞ]"
OTHERS = re.compile("[^bfhkmpqvwx0-9]+")
"""Characters that may have accents in the languages of documents here."""
BETWEEN = r"[\W_]+"

Span = tuple[int, int]


def phrase_pattern(words: str, *, inside: bool = False) -> re.Pattern[str] | None:
    """A pattern for the words one after the other; None if there is no letter or digit in them.

    Case, accents and what stands between two words do not matter. The last word may go on. The
    first begins a word of the text, unless ``inside``.
    """
    parts = [_any_form(word) for word in fold_text(words).split()]
    if not parts:
        return None
    start = "" if inside else r"(?<![^\W_])"
    return re.compile(start + BETWEEN.join(parts))


def like_patterns(words: str) -> list[str]:
    """For each word a pattern for SQL ``LIKE`` that fits every text with the word, and some others.

    Letters that may have an accent fit anything, so that the database can choose the texts in
    which it is worth looking.
    """
    return [f"%{OTHERS.sub('%', word)}%".replace("%%", "%") for word in fold_text(words).split()]


def find_spans(pattern: re.Pattern[str], text: str) -> list[Span]:
    """Start and end of each match, in order, none overlapping another."""
    return [match.span() for match in pattern.finditer(text)]


def find_all_words(words: str, text: str) -> list[Span]:
    """The places of each of the words, in order; empty unless all of them are in the text."""
    found: list[Span] = []
    for word in dict.fromkeys(fold_text(words).split()):
        pattern = phrase_pattern(word)
        places = find_spans(pattern, text) if pattern else []
        if not places:
            return []
        found += places
    return _without_overlaps(found)


def _without_overlaps(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _any_form(word: str) -> str:
    """A pattern for a folded word, with every form of its letters."""
    forms = _letter_forms()
    parts = []
    for piece in re.split("(ss)", word):
        if piece == "ss":
            parts.append(f"(?:{SHARP_S})")
        else:
            parts += [
                f"[{forms[char]}]{MARKS}" if char in forms else re.escape(char) for char in piece
            ]
    return "".join(parts)


@lru_cache(1)
def _letter_forms() -> dict[str, str]:
    """For each folded letter or digit, the characters that fold to it, escaped for a set."""
    forms: dict[str, list[str]] = defaultdict(list)
    for code in range(LETTERS_END):
        char = chr(code)
        folded = fold_text(char)
        if len(folded) == 1:
            forms[folded].append(re.escape(char))
    return {folded: "".join(chars) for folded, chars in forms.items()}
