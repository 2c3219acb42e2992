"""Numbers of lists as word processors write them: formats, and counting over levels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MAX_LEVELS = 10
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_ROMAN = 10_000
MAX_LETTERS = 780
"""Thirty times the alphabet, as far as word processors go."""


def formatted(number: int, kind: str) -> str:
    """A number in one of the formats of ECMA-376, 17.18.59, by its name, or of OpenDocument
    (part 3, 19.500: "1", "a", "A", "i", "I"). Unknown formats count in figures."""
    written = _FORMATS.get(kind)
    return written(number) if written else str(number)


def _roman(number: int) -> str:
    if not 0 < number < MAX_ROMAN:
        return str(number)
    parts = []
    for value, letters in _ROMAN:
        parts.append(letters * (number // value))
        number %= value
    return "".join(parts)


def _letters(number: int) -> str:
    """a to z, then aa to zz, each letter doubled, and so on."""
    if not 0 < number <= MAX_LETTERS:
        return str(number)
    times, letter = divmod(number - 1, 26)
    return chr(ord("a") + letter) * (times + 1)


_FORMATS: Mapping[str, Callable[[int], str]] = {
    "upperRoman": lambda number: _roman(number).upper(),
    "I": lambda number: _roman(number).upper(),
    "lowerRoman": _roman,
    "i": _roman,
    "upperLetter": lambda number: _letters(number).upper(),
    "A": lambda number: _letters(number).upper(),
    "lowerLetter": _letters,
    "a": _letters,
    "decimalZero": lambda number: f"{number:02d}",
    "01": lambda number: f"{number:02d}",
    "ordinal": lambda number: f"{number}º",
    "none": lambda number: "",
    "": lambda number: "",
}


class Counters:
    """The numbers that a list has come to, a level each, from 0."""

    def __init__(self) -> None:
        self._at: dict[int, int] = {}

    def advance(self, level: int, starts: Mapping[int, int], restarts: Mapping[int, int]) -> None:
        """Count one more item of ``level``; deeper levels begin again. ``restarts``: the level
        at or above which an item makes a level begin again, from 1; 0 for none; the default is
        any level above."""
        self._at[level] = self._at.get(level, starts.get(level, 1) - 1) + 1
        for deeper in list(self._at):
            if deeper > level and level < restarts.get(deeper, deeper):
                del self._at[deeper]

    def set(self, level: int, number: int) -> None:
        """The next item of ``level`` gets ``number``."""
        self._at[level] = number - 1
        for deeper in [one for one in self._at if one > level]:
            del self._at[deeper]

    def number(self, level: int, starts: Mapping[int, int]) -> int:
        """The number that a level is at, or would start with."""
        return self._at.get(level, starts.get(level, 1))
