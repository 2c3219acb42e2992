"""List numbers of word processors: formats, and counting over levels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MAX_LEVELS = 10
"""Levels of a list."""
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_ROMAN = 10_000
"""Larger numbers are written in digits."""
MAX_LETTERS = 780
"""Thirty times the alphabet, the limit of word processors."""


def formatted(number: int, kind: str) -> str:
    """A number in a format of ECMA-376, 17.18.59, by name, or of OpenDocument (part 3, 19.500: "1",
    "a", "A", "i", "I"). Unknown formats give digits."""
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
    """a to z, then aa to zz with the letter doubled, and so on."""
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
    """The current numbers of a list, by level from 0."""

    def __init__(self) -> None:
        self._at: dict[int, int] = {}

    def advance(self, level: int, starts: Mapping[int, int], restarts: Mapping[int, int]) -> None:
        """Count one more item of ``level``; deeper levels start again.

        ``restarts``: by level, the level (from 1) at or above which an item restarts it; 0 for
        never; by default any higher level.
        """
        self._at[level] = self._at.get(level, starts.get(level, 1) - 1) + 1
        for deeper in list(self._at):
            if deeper > level and level < restarts.get(deeper, deeper):
                del self._at[deeper]

    def set(self, level: int, number: int) -> None:
        """Give the next item of ``level`` this number."""
        self._at[level] = number - 1
        for deeper in [one for one in self._at if one > level]:
            del self._at[deeper]

    def number(self, level: int, starts: Mapping[int, int]) -> int:
        """The current number of a level, or its start value."""
        return self._at.get(level, starts.get(level, 1))
