"""What a PDF page draws, and text in it that it does not show: on a layer that is switched off,
white on white, off the page, or too small to be read."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.extract.pdf.pdfium_calls import Floats, address_of, calls
from ingest.extract.pdf.words import Boxes, Word, shown_box

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
NO_FILL = 0
"""As pdfium numbers how paths are painted."""
MOST_OBJECTS = 20_000
DEEPEST = 5
"""Forms within forms that are looked into."""


@dataclass
class Drawn:
    """``inkless``: addresses of text objects that may leave no ink. ``images``: shares of the
    page that its images cover; ``paths``: its lines and shapes, while the page is open."""

    inkless: set[int] = field(default_factory=set)
    images: list[float] = field(default_factory=list)
    paths: Sequence[int] = ()

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
    images: list[float] = []
    inkless: list[int] = []
    paths: list[int] = []
    shades: list[int] = []
    area = max(page.get_width() * page.get_height(), 1.0)
    for kind, thing in _objects(page):
        if kind == TEXT:
            if _may_be_inkless(thing):
                inkless.append(thing)
        elif kind == PATH:
            paths.append(thing)
        elif kind == IMAGE:
            images.append(_area(thing) / area)
        elif kind == SHADING:
            shades.append(thing)
    if not inkless:
        return Drawn(images=images, paths=paths)
    dark = [*map(_bounds, shades), *(_bounds(path) for path in paths if _is_dark(path))]
    pale = {thing for thing in inkless if not _lies_on(thing, dark)}
    return Drawn(pale, images, paths)


def _is_dark(path: int) -> bool:
    """Whether it is a filled shape on which pale text can be read."""
    if not calls().draw_mode(path, _mode[0], _mode[1]) or _modes[0] == NO_FILL:
        return False
    if not calls().fill_colour(path, *_places):
        return False
    red, green, blue, alpha = _colour
    return min(red, green, blue) < WHITE - 40 and alpha > 2 * FAINT


def _lies_on(text: int, shapes: Sequence[Bounds]) -> bool:
    """Whether painted text lies within one of the shapes."""
    if calls().render_mode(text) in (INVISIBLE, CLIPPING):
        return False
    left, bottom, right, top = _bounds(text)
    return any(
        shape[0] <= left + 1
        and shape[1] <= bottom + 1
        and right <= shape[2] + 1
        and top <= shape[3] + 1
        for shape in shapes
    )


def _objects(page: Any) -> Iterator[tuple[int, int]]:
    """Kind and address of the objects of the page and of the forms on it."""
    lib = calls()
    left, kind_of = MOST_OBJECTS, lib.kind
    waiting = [(address_of(page.raw), lib.page_objects, lib.page_object, 0)]
    while waiting:
        holder, count, get, depth = waiting.pop()
        within = min(count(holder), left)
        left -= within
        for number in range(within):
            thing = get(holder, number)
            kind = kind_of(thing)
            yield kind, thing
            if kind == FORM and depth < DEEPEST:
                waiting.append((thing, lib.form_objects, lib.form_object, depth + 1))


Bounds = Sequence[float]
"""Left, bottom, right, top on the page or in the form that the object is in."""
_bounding = Floats(4, ctypes.c_float)


def _bounds(thing: int) -> Bounds:
    if not calls().bounds(thing, *_bounding.places):
        return (0.0, 0.0, 0.0, 0.0)
    return _bounding.values()


def _area(thing: int) -> float:
    left, bottom, right, top = _bounds(thing)
    return abs((right - left) * (top - bottom))


_colour = (ctypes.c_uint * 4)()
_places = [ctypes.addressof(_colour) + 4 * number for number in range(4)]
_modes = (ctypes.c_int * 2)()
_mode = [ctypes.addressof(_modes) + 4 * number for number in range(2)]


def _may_be_inkless(text: int) -> bool:
    lib = calls()
    if lib.render_mode(text) in (INVISIBLE, CLIPPING):
        return True
    if not lib.fill_colour(text, *_places):
        return False
    red, green, blue, alpha = _colour
    return alpha <= FAINT or (red >= WHITE and green >= WHITE and blue >= WHITE)


def unseen_words(
    page: Any, boxes: Boxes, words: Sequence[Word], drawn: Drawn, *, layers: bool
) -> set[int]:
    """Indexes of the words that the page does not show.

    ``layers``: some of the document's layers are off, so that any text may be.
    """
    unseen = set(_out_of_sight(page, boxes, words))
    if not (layers or drawn.hides):
        return unseen
    suspects: dict[int, int] = {}
    textpage, object_of = address_of(boxes.textpage), calls().text_object
    for number, word in enumerate(words):
        thing = object_of(textpage, boxes.place(word.start))
        if thing and number not in unseen:
            inkless = thing in drawn.inkless
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


def _without_trace(page: Any, words: Sequence[Word], suspects: dict[int, int]) -> Iterator[int]:
    """The suspects whose text object changes nothing where the word stands: the page is drawn with
    these objects and without them."""
    from PIL import ImageChops

    if not suspects:
        return
    with_them = _picture(page)
    things, set_active = set(suspects.values()), calls().set_active
    for thing in things:
        set_active(thing, 0)
    try:
        difference = ImageChops.difference(with_them, _picture(page))
    finally:
        for thing in things:
            set_active(thing, 1)
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
