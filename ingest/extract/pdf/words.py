"""Words of a PDF page with their boxes, as pdfium gives them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ingest.extract.pdf.pdfium_calls import Floats, address_of, calls

_WORD = re.compile(r"[^\s\u200b-\u200f\u2060\ufeff]+")

Corner = tuple[float, float]


class Word(NamedTuple):
    """``start`` and ``end`` count characters of the page's text, ``line`` its lines. The box is
    that of the word as the page is shown, ``top`` less than ``bottom``; ``size`` is the height of
    its first character, ``last_top`` and ``last_bottom`` are those of its last one."""

    start: int
    end: int
    line: int
    left: float
    top: float
    right: float
    bottom: float
    size: float
    last_top: float
    last_bottom: float

    @property
    def upright(self) -> bool:
        return self.bottom - self.top <= 2 * self.size or self.end - self.start < 3


class Boxes:
    """Boxes of the characters of a page, in coordinates of the displayed page."""

    def __init__(self, page: Any, textpage: Any, text: str) -> None:
        self.textpage = textpage.raw
        self._address = address_of(textpage.raw)
        self._get = calls().char_box
        self._turned = rotation_of(page)
        self._is_turned = page.get_rotation() != 0
        self._box = Floats(4, ctypes.c_float)
        self._start = self._box.places[0]
        self._place = map_offsets(textpage, text)

    def of(self, offset: int) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of the character at ``offset`` of the text."""
        place = self._place(offset)
        if place < 0 or not self._get(self._address, place, self._start):
            return None
        left, top, right, bottom = self._box.values()
        return self._turned(left, bottom, right, top)

    def place(self, offset: int) -> int:
        """pdfium's own index of the character."""
        return self._place(offset)

    def word(self, start: int, end: int, line: int) -> Word | None:
        """The word between two offsets of the text, if its first and last characters have boxes."""
        place, get, handle, room = self._place, self._get, self._address, self._start
        if not get(handle, place(start), room):
            return None
        left, top, right, bottom = last = self._box.values()
        if end - start > 1:
            if not get(handle, place(end - 1), room):
                return None
            last = self._box.values()
        if self._is_turned:
            left, top, right, bottom = self._turned(left, bottom, right, top)
            last_left, last_top, last_right, last_bottom = self._turned(
                last[0], last[3], last[2], last[1]
            )
        else:
            top, bottom = -top, -bottom
            last_left, last_top, last_right, last_bottom = last[0], -last[1], last[2], -last[3]
        return Word(
            start,
            end,
            line,
            left if left < last_left else last_left,
            top if top < last_top else last_top,
            right if right > last_right else last_right,
            bottom if bottom > last_bottom else last_bottom,
            bottom - top,
            last_top,
            last_bottom,
        )


def map_offsets(textpage: Any, text: str) -> Callable[[int], int]:
    """Map offsets in the text to pdfium's character indexes.

    These count UTF-16 units, and characters without text.
    """
    from pypdfium2 import raw

    if text.isascii() or max(text) <= "\uffff":
        units: list[int] | None = None
        if raw.FPDFText_CountChars(textpage) == len(text):
            return int
    else:
        units, unit = [], 0
        for char in text:
            units.append(unit)
            unit += 1 + (char > "\uffff")

    def place(offset: int) -> int:
        unit = offset if units is None else units[offset]
        found: int = raw.FPDFText_GetCharIndexFromTextIndex(textpage, unit)
        return found

    return place


Rotation = Callable[[float, float, float, float], tuple[float, float, float, float]]


def rotation_of(page: Any) -> Rotation:
    """Map a box in the page's coordinates to the displayed page."""
    return _turn(page.get_rotation())


def _turn(degrees: int) -> Rotation:
    """Map left, bottom, right, top on the page to left, top, right, bottom of the page rotated by
    ``degrees`` clockwise; the origin differs."""
    match degrees % 360:
        case 90:
            return lambda left, bottom, right, top: (bottom, left, top, right)
        case 180:
            return lambda left, bottom, right, top: (-right, bottom, -left, top)
        case 270:
            return lambda left, bottom, right, top: (-top, -right, -bottom, -left)
        case _:
            return lambda left, bottom, right, top: (left, -top, right, -bottom)


def shown_box(
    page: Any, left: float, bottom: float, right: float, top: float
) -> tuple[float, float, float, float]:
    """A box of the page's coordinates in those of the displayed page."""
    return rotation_of(page)(left, bottom, right, top)


def read_words(boxes: Boxes, text: str) -> Iterator[Word]:
    """The words that have a box, in the order of the text."""
    word_at = boxes.word
    offset = 0
    for number, line in enumerate(text.split("\n")):
        for match in _WORD.finditer(line):
            start, end = match.span()
            word = word_at(offset + start, offset + end, number)
            if word is not None:
                yield word
        offset += len(line) + 1
