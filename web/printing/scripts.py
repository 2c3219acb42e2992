"""Fonts for the characters of a paper, and replacements for those without a glyph."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FAMILY = "Source Sans 3"
FIRST = "regular.ttf"
"""Latin, Greek and Cyrillic letters."""
FALLBACKS = {
    "noto-sans-sc.ttf": "Noto Sans SC",
    "noto-sans-arabic.ttf": "Noto Sans Arabic",
    "noto-sans-hebrew.ttf": "Noto Sans Hebrew",
    "noto-sans-devanagari.ttf": "Noto Sans Devanagari",
    "noto-sans-thai.ttf": "Noto Sans Thai",
    "noto-sans-kr.ttf": "Noto Sans KR",
    "noto-emoji.ttf": "Noto Emoji",
}
"""Families, by file, for characters that the first font lacks. The Chinese one also has Japanese
syllables."""
NO_GLYPH = "\u25a1"
"""A hollow square, in place of a character that no font has."""
JOINERS = "\u200c\u200d"
"""They shape the letters of Arabic and Indian scripts; Latin letters do not need them."""
UNWANTED = frozenset("\u00ad\u061c\u200b\u200e\u200f\ufe0e\ufe0f\ufeff") | frozenset(
    map(chr, [*range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0x1F3FB, 0x1F400)])
)
"""Marks without an own sign: break hints, overrides of direction (the direction follows from the
letters), variants and skin tones of emoji."""
_SPACES = {"\n": "\n", "\u2028": "\n", "\u2029": "\n", "\u00a0": "\u00a0"}
"""Blanks that are kept; others become a space."""


@dataclass(frozen=True)
class Scripts:
    """The families that a paper needs, and the characters that they have glyphs for."""

    families: tuple[str, ...]
    latin: frozenset[int]
    drawn: frozenset[int]

    def drawable(self, text: str) -> str:
        """The text composed (NFC), without control characters, and with ``NO_GLYPH`` for each
        character without a glyph."""
        signs: list[str] = []
        for character in unicodedata.normalize("NFC", text):
            signs.append(self._sign(character, signs[-1] if signs else ""))
        return "".join(signs)

    def _sign(self, character: str, before: str) -> str:
        if character in JOINERS:
            return character if before and ord(before[-1]) not in self.latin else ""
        if character.isspace():
            return _SPACES.get(character, " ")
        kind = unicodedata.category(character)
        if character in UNWANTED or kind == "Cc":
            return ""
        if ord(character) in self.drawn:
            return character
        return "" if kind in ("Cf", "Mn", "Me") else NO_GLYPH


def scripts_of(texts: Iterable[str], folder: Path) -> Scripts:
    """Find the fonts for all texts among the files of ``folder``. A file that is not installed is
    left out."""
    missing = {ord(one) for text in texts for one in unicodedata.normalize("NFC", text)}
    latin = glyphs(folder / FIRST)
    families, drawn = [FAMILY], latin | {ord(NO_GLYPH)}
    missing -= drawn
    for name, family in FALLBACKS.items():
        path = folder / name
        if missing and path.is_file() and missing & glyphs(path):
            families.append(family)
            drawn |= glyphs(path)
            missing -= drawn
    return Scripts(tuple(families), latin, drawn)


@lru_cache(maxsize=16)
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
