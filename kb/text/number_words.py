"""Find numbers that are written in words, «trentacinque», “two hundred thousand”, by text2num."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from text_to_num import find_numbers as find_occurrences

from kb.text.written_numbers import WrittenNumber, is_multiplier_at, is_percent_at

LANGUAGES = frozenset({"it", "en", "de", "fr", "es", "pt", "nl", "da"})
_TOKEN = re.compile(r"[^\W\d_]+|\s+|\d+|.", re.DOTALL)
_PER = re.compile(r"\b(?:per|pour|por|pro)\s+$", re.IGNORECASE)


@dataclass(frozen=True)
class _Token:
    """The interface that text2num asks for."""

    start: int
    end: int
    word: str
    is_apart: bool
    """Whether it is not part of a number in words, whatever it looks like."""

    def text(self) -> str:
        return self.word

    def nt_separated(self, previous: _Token) -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return self.is_apart


def find_number_words(text: str, language: str) -> list[WrittenNumber]:
    """The cardinal numbers above one in words, in order; none for a language that is not known.

    Neither «cento» of «per cento» nor a multiplier after digits («40 mila») is one.
    """
    if language not in LANGUAGES:
        return []
    tokens = list(_split(text))
    return [
        WrittenNumber(
            tokens[one.start].start,
            tokens[one.end - 1].end,
            frozenset({one.value}),
            is_percent_at(text, tokens[one.end - 1].end),
        )
        for one in find_occurrences(tokens, language, 0.0)
        if not one.is_ordinal and one.value > 1
    ]


def _split(text: str) -> Iterator[_Token]:
    after_digits = False
    for found in _TOKEN.finditer(text):
        word = found[0]
        is_apart = (
            word.isdigit()
            or bool(_PER.search(text, max(0, found.start() - 8), found.start()))
            or (after_digits and is_multiplier_at(text, found.start()))
        )
        yield _Token(found.start(), found.end(), word, is_apart)
        if not word.isspace():
            after_digits = word.isdigit()
