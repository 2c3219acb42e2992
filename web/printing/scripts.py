"""Which font draws which character of a paper, and what stands for one that none draws."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FALLBACKS = ("noto-sans-sc.ttf", "noto-sans-arabic.ttf", "noto-emoji.ttf")
"""Fonts for what the font of the paper lacks: Chinese and Japanese, Arabic, emoji."""
NO_GLYPH = "\u25a1"
"""A hollow square for a character that no font has."""
_SHAPED = {"R", "AL", "AN"}
"""Bidirectional classes of scripts whose letters are joined or run from right to left."""


@dataclass(frozen=True)
class Scripts:
    """The fonts that a text needs beside the first one, and what else it asks of the writer."""

    fallbacks: tuple[Path, ...]
    shaped: bool
    drawn: frozenset[int]

    def drawable(self, text: str) -> str:
        """The text with a visible sign for each character that cannot be drawn."""
        return "".join(self._sign(character) for character in text)

    def _sign(self, character: str) -> str:
        if ord(character) in self.drawn or character.isspace():
            return character
        unseen = unicodedata.category(character) in ("Cf", "Mn", "Me")
        return "" if unseen else NO_GLYPH


def scripts_of(texts: Iterable[str], first: Path) -> Scripts:
    """``first`` is the font of the paper; the others lie beside it, where they were installed."""
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
    """Every text in a paper, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for one in value:
            yield from texts_in(one)
