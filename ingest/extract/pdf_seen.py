"""What a PDF page draws, and text in it that it does not show: on a layer that is switched off,
white on white, off the page, or too small to be read."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.extract.pdf_words import Boxes, Word, shown_box

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_SIZE = 2.0
"""Points; what is smaller nobody reads."""
WHITE = 232
"""Of 255, in each colour: what is paler may not be seen."""
FAINT = 24
"""Opacity, of 255."""
INVISIBLE, CLIPPING = 3, 7
"""Render modes of text that leaves no ink."""
DOTS_PER_POINT = 1.0
MOST_DOTS = 4_000_000
LEAST_DIFFERENCE = 12
"""Of 255 shades: less is not seen."""
SCAN_SHARE = 0.6
"""Share of the page that one image must cover to be the scan of that page."""
PICTURE_SHARE = 0.02
"""Share of the page from which an image may carry information."""
TEXT, PATH, IMAGE, SHADING, FORM = 1, 2, 3, 4, 5
"""Kinds of objects, as pdfium numbers them."""
MOST_OBJECTS = 20_000
DEEPEST = 5
"""Forms within forms that are looked into."""


@dataclass
class Drawn:
    """``inkless``: addresses of text objects that may leave no ink. ``images``: shares of the
    page that its images cover; ``paths``: its lines and shapes, while the page is open."""

    inkless: set[int] = field(default_factory=set)
    images: list[float] = field(default_factory=list)
    paths: Sequence[Any] = ()

    @property
    def hides(self) -> bool:
        """Whether text may be hidden. What lies invisible over the picture of a scanned page was
        recognised on it and counts as seen."""
        return bool(self.inkless) and not self.scanned

    @property
    def scanned(self) -> bool:
        return any(share >= SCAN_SHARE for share in self.images)

    @property
    def pictures(self) -> int:
        return sum(share >= PICTURE_SHARE for share in self.images)


def drawn_on(page: Any) -> Drawn:
    """Look through the objects of the page."""
    from pypdfium2 import raw

    images: list[float] = []
    inkless: list[Any] = []
    paths: list[Any] = []
    kind_of, area = raw.FPDFPageObj_GetType, max(page.get_width() * page.get_height(), 1.0)
    for thing in _objects(page):
        kind = kind_of(thing)
        if kind == TEXT:
            if _may_be_inkless(thing, raw):
                inkless.append(thing)
        elif kind == PATH:
            paths.append(thing)
        elif kind == IMAGE:
            images.append(_area(thing) / area)
    if not inkless:
        return Drawn(images=images, paths=paths)
    dark = [_bounds(thing) for thing in _objects(page) if _is_dark(thing)]
    pale = {_address(thing) for thing in inkless if not _lies_on(thing, dark)}
    return Drawn(pale, images, paths)


def _is_dark(thing: Any) -> bool:
    """Whether it is a filled shape on which pale text can be read."""
    from pypdfium2 import raw

    kind = raw.FPDFPageObj_GetType(thing)
    if kind != PATH:
        return bool(kind == SHADING)
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(thing, mode, stroke)
    if mode.value == raw.FPDF_FILLMODE_NONE or not raw.FPDFPageObj_GetFillColor(thing, *_colours):
        return False
    return min(_red.value, _green.value, _blue.value) < WHITE - 40 and _alpha.value > 2 * FAINT


def _lies_on(text: Any, shapes: Sequence[Bounds]) -> bool:
    """Whether painted text lies within one of the shapes."""
    from pypdfium2 import raw

    if raw.FPDFTextObj_GetTextRenderMode(text) in (INVISIBLE, CLIPPING):
        return False
    left, bottom, right, top = _bounds(text)
    return any(
        shape[0] <= left + 1
        and shape[1] <= bottom + 1
        and right <= shape[2] + 1
        and top <= shape[3] + 1
        for shape in shapes
    )


def _objects(page: Any) -> Iterator[Any]:
    """The objects of the page and of the forms on it."""
    from pypdfium2 import raw

    left = MOST_OBJECTS
    kind_of = raw.FPDFPageObj_GetType
    waiting = [(page.raw, raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, 0)]
    while waiting:
        holder, count, get, depth = waiting.pop()
        within = min(count(holder), left)
        left -= within
        for number in range(within):
            thing = get(holder, number)
            yield thing
            if depth < DEEPEST and kind_of(thing) == FORM:
                waiting.append(
                    (thing, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, depth + 1)
                )


Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top on the page or in the form that the object is in."""


def _bounds(thing: Any) -> Bounds:
    from pypdfium2 import raw

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
        return 0.0, 0.0, 0.0, 0.0
    return left.value, bottom.value, right.value, top.value


def _area(thing: Any) -> float:
    left, bottom, right, top = _bounds(thing)
    return abs((right - left) * (top - bottom))


def _address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


_red, _green, _blue, _alpha = (ctypes.c_uint() for _ in range(4))
_colours = tuple(map(ctypes.byref, (_red, _green, _blue, _alpha)))


def _may_be_inkless(text: Any, raw: Any) -> bool:
    if raw.FPDFTextObj_GetTextRenderMode(text) in (INVISIBLE, CLIPPING):
        return True
    if not raw.FPDFPageObj_GetFillColor(text, *_colours):
        return False
    if _red.value < WHITE:
        return _alpha.value <= FAINT
    return min(_green.value, _blue.value) >= WHITE or _alpha.value <= FAINT


def unseen_words(
    page: Any, boxes: Boxes, words: Sequence[Word], drawn: Drawn, *, layers: bool
) -> set[int]:
    """Indexes of the words that the page does not show.

    ``layers``: some of the document's layers are off, so that any text may be.
    """
    unseen = set(_out_of_sight(page, boxes, words))
    if not (layers or drawn.hides):
        return unseen
    from pypdfium2 import raw

    suspects: dict[int, Any] = {}
    for number, word in enumerate(words):
        thing = raw.FPDFText_GetTextObject(boxes.textpage, boxes.place(word.start))
        if thing and number not in unseen:
            inkless = _address(thing) in drawn.inkless
            if not drawn.scanned if inkless else layers:
                suspects[number] = thing
    return unseen | set(_without_trace(page, words, suspects))


def _out_of_sight(page: Any, boxes: Boxes, words: Sequence[Word]) -> Iterator[int]:
    left, top, right, bottom = shown_box(page, *page.get_bbox())
    for number, word in enumerate(words):
        across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        on_page = left <= across <= right and top <= down <= bottom
        if not on_page or (0 < word.size < LEAST_SIZE and _is_tiny(boxes, word)):
            yield number


def _is_tiny(boxes: Boxes, word: Word) -> bool:
    """Whether the ink of no character is high enough to be read; fonts may lie about their size."""
    from pypdfium2 import raw

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for offset in range(word.start, word.end):
        place = boxes.place(offset)
        if not raw.FPDFText_GetCharBox(boxes.textpage, place, left, right, bottom, top):
            return False
        if max(top.value - bottom.value, right.value - left.value) >= LEAST_SIZE:
            return False
    return True


def _without_trace(page: Any, words: Sequence[Word], suspects: dict[int, Any]) -> Iterator[int]:
    """The suspects whose text object changes nothing where the word stands: the page is drawn with
    these objects and without them."""
    from PIL import ImageChops
    from pypdfium2 import raw

    if not suspects:
        return
    with_them = _picture(page)
    things = {_address(thing): thing for thing in suspects.values()}
    for thing in things.values():
        raw.FPDFPageObj_SetIsActive(thing, 0)
    try:
        difference = ImageChops.difference(with_them, _picture(page))
    finally:
        for thing in things.values():
            raw.FPDFPageObj_SetIsActive(thing, 1)
    left, top, _, _ = shown_box(page, *page.get_bbox())
    scale = difference.width / page.get_width()
    for number in suspects:
        word = words[number]
        box = (word.left - left, word.top - top, word.right - left, word.bottom - top)
        x1, y1, x2, y2 = (max(0, round(edge * scale)) for edge in box)
        part = difference.crop((x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)))
        if max(part.tobytes(), default=0) < LEAST_DIFFERENCE:
            yield number


def _picture(page: Any) -> Image:
    area = max(page.get_width() * page.get_height(), 1.0)
    scale = min(DOTS_PER_POINT, (MOST_DOTS / area) ** 0.5)
    image: Image = page.render(scale=scale, may_draw_forms=False, draw_annots=False).to_pil()
    return image.convert("L")
