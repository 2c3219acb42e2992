"""Numbers and letters of ordered lists, which browsers compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BULLET = "• "
ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
MOST = 10_000
"""Largest number that is written in letters."""


@dataclass
class _List:
    ordered: bool
    kind: str
    next: int


class ListNumbers:
    """Counts list items. Call ``start_list`` and ``end_list`` at tags, and ``mark`` for every
    item."""

    def __init__(self) -> None:
        self._lists: list[_List] = []

    def start_list(self, tag: str, attributes: Mapping[str, str]) -> None:
        plain = "list-style" in attributes.get("style", "") and "none" in attributes["style"]
        start = _integer(attributes.get("start"))
        kind = attributes.get("type", "1").strip() or "1"
        self._lists.append(_List(tag == "ol" and not plain, kind, 1 if start is None else start))

    def end_list(self) -> None:
        if self._lists:
            self._lists.pop()

    def mark(self, attributes: Mapping[str, str]) -> str:
        """The label of the next item of the open list."""
        if not self._lists or not self._lists[-1].ordered:
            return BULLET
        current = self._lists[-1]
        value = _integer(attributes.get("value"))
        number = current.next if value is None else value
        current.next = number + 1
        return f"{_written(number, current.kind)}. "


def _integer(text: str | None) -> int | None:
    text = (text or "").strip()
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdecimal() and len(plain) < 6 else None


def _written(number: int, kind: str) -> str:
    if kind in ("a", "A") and 1 <= number <= MOST:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(kind) + rest) + letters
        return letters
    if kind in ("i", "I") and 1 <= number < 40:
        text = ""
        for value, letters in ROMAN:
            count, number = divmod(number, value)
            text += letters * count
        return text.upper() if kind == "I" else text
    return str(number)
