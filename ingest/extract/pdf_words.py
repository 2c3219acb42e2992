"""Words of a PDF page with the boxes they fill, as pdfium gives them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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
    """Boxes of the characters of a page, as it is shown."""

    def __init__(self, page: Any, textpage: Any, text: str) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self.textpage = textpage.raw
        self._turned = _turn(page.get_rotation())
        self._box = raw.FS_RECTF()
        self._reference = ctypes.byref(self._box)
        self._place = char_places(textpage, text)

    def of(self, offset: int) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of the character at ``offset`` of the text."""
        place, box = self._place(offset), self._box
        if place < 0:
            return None
        if not self._raw.FPDFText_GetLooseCharBox(self.textpage, place, self._reference):
            return None
        return self._turned(box.left, box.bottom, box.right, box.top)

    def place(self, offset: int) -> int:
        """pdfium's own index of the character."""
        return self._place(offset)


def char_places(textpage: Any, text: str) -> Callable[[int], int]:
    """From offsets in the text to pdfium's indexes of characters, of which some have no text and
    which are counted as UTF-16."""
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


def _turn(
    degrees: int,
) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """From left, bottom, right, top on the page to left, top, right, bottom as it is shown,
    ``degrees`` clockwise; from an origin of its own."""
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
    """A box in the page's own coordinates as the page is shown."""
    return _turn(page.get_rotation())(left, bottom, right, top)


def words_of(boxes: Boxes, text: str) -> Iterator[Word]:
    """The words that have a box, in the order of the text."""
    box_of = boxes.of
    offset = 0
    for number, line in enumerate(text.split("\n")):
        for match in _WORD.finditer(line):
            start, end = match.span()
            first = box_of(offset + start)
            last = first if end - start == 1 else box_of(offset + end - 1)
            if first is None or last is None:
                continue
            left, top, right, bottom = first
            last_left, last_top, last_right, last_bottom = last
            yield Word(
                offset + start,
                offset + end,
                number,
                left if left < last_left else last_left,
                top if top < last_top else last_top,
                right if right > last_right else last_right,
                bottom if bottom > last_bottom else last_bottom,
                bottom - top,
                last_top,
                last_bottom,
            )
        offset += len(line) + 1
