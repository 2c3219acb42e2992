"""Patterns of words in the five languages of statements and passages."""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("it", "en", "de", "fr", "es")

WordsByLanguage = Mapping[str, re.Pattern[str]]


def words_of(*forms: str) -> WordsByLanguage:
    """Patterns of whole words, from forms in the order of ``LANGUAGES`` (empty: none); under "" one
    for all of them."""
    by_language = {
        language: words for language, words in zip(LANGUAGES, forms, strict=True) if words
    }
    return {
        language: re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)
        for language, words in (by_language | {"": "|".join(by_language.values())}).items()
    }


def in_language(words: WordsByLanguage, language: str) -> re.Pattern[str]:
    """The pattern for texts in ``language``; that for all where it is none of these."""
    if language in LANGUAGES:
        return words.get(language, _NOTHING)
    return words[""]


_NOTHING = re.compile(r"(?!)")
