"""Fonts for the characters of a paper, and replacements for those without a glyph."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FALLBACKS = ("noto-sans-sc.ttf", "noto-sans-arabic.ttf", "noto-emoji.ttf")
"""Font files for characters that the paper's font lacks: Chinese and Japanese, Arabic, emoji."""
NO_GLYPH = "\u25a1"
"""A hollow square, in place of a character that no font has."""
_SHAPED = {"R", "AL", "AN"}
"""Bidirectional classes of scripts with joined letters or right-to-left direction."""


@dataclass(frozen=True)
class Scripts:
    """Fonts needed besides the first one, and whether text shaping is needed."""

    fallbacks: tuple[Path, ...]
    shaped: bool
    drawn: frozenset[int]

    def drawable(self, text: str) -> str:
        """The text with ``NO_GLYPH`` for each character without a glyph."""
        return "".join(self._sign(character) for character in text)

    def _sign(self, character: str) -> str:
        if ord(character) in self.drawn or character.isspace():
            return character
        unseen = unicodedata.category(character) in ("Cf", "Mn", "Me")
        return "" if unseen else NO_GLYPH


def scripts_of(texts: Iterable[str], first: Path) -> Scripts:
    """Find the fonts for all texts. ``first`` is the paper's font file; others lie beside it."""
    characters = set().union(*texts)
    drawn = glyphs(first) | {ord(NO_GLYPH)}
    chosen: list[Path] = []
    for name in FALLBACKS:
        path = first.with_name(name)
        missing = {ord(one) for one in characters} - drawn
        if missing and path.is_file() and missing & glyphs(path):
            chosen.append(path)
            drawn = drawn | glyphs(path)
    shaped = any(unicodedata.bidirectional(one) in _SHAPED for one in characters)
    return Scripts(tuple(chosen), shaped, drawn)


@lru_cache(maxsize=8)
def glyphs(path: Path) -> frozenset[int]:
    """The code points that a font has glyphs for."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def texts_in(value: Any) -> Iterator[str]:
    """All texts of a paper, nested ones included."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for one in value:
            yield from texts_in(one)
