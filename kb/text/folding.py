"""Fold text for comparison: of input, table headers and ids."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

SHORT = 400
"""Characters of a text whose folded form is kept: titles and sentences are compared again and
again."""
REMEMBERED = 10_000
"""Short texts that are kept."""


def fold_text(text: str) -> str:
    """Lower case without accents; every run of other characters than letters and digits becomes one
    blank."""
    return _fold_again(text) if len(text) <= SHORT else _fold(text)


def title_order(title: str, id: str) -> tuple[str, str, str]:
    """Key by which titles are sorted, the same for every database: their collations differ."""
    return fold_text(title), title, id


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(decomposed.translate(_FOLDED).split())


_fold_again = lru_cache(REMEMBERED)(_fold)


class _Folded(dict[int, str]):
    """What each character becomes, for ``str.translate``; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = "" if unicodedata.combining(letter) else letter if letter.isalnum() else " "
        self[code] = folded
        return folded


_FOLDED = _Folded()
