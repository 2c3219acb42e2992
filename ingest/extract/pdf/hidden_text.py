"""Hidden text of a PDF page: on a layer that is switched off, white on white, outside the page, or
too small to be read."""

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
"""Points; smaller text counts as hidden."""
WHITE = 232
"""Least value of each colour channel, of 255, from which text may be invisible."""
FAINT = 24
"""Opacity, of 255."""
INVISIBLE, CLIPPING = 3, 7
"""Render modes of text that leaves no ink."""
DOTS_PER_POINT = 1.0
MOST_DOTS = 4_000_000
LEAST_DIFFERENCE = 12
"""Of 255 shades; a smaller difference counts as none."""
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
class PageObjects:
    """Objects of a page.

    ``inkless``: addresses of text objects that may be invisible. ``images``: share of the page that
    each image covers. ``paths``: addresses of lines and shapes, valid while the page is open.
    """

    inkless: set[int] = field(default_factory=set)
    images: list[float] = field(default_factory=list)
    paths: Sequence[int] = ()

    @property
    def hides(self) -> bool:
        """Whether text may be hidden; invisible text over a scan comes from OCR and is not."""
        return bool(self.inkless) and not self.scanned

    @property
    def scanned(self) -> bool:
        return any(share >= SCAN_SHARE for share in self.images)

    @property
    def pictures(self) -> int:
        return sum(share >= PICTURE_SHARE for share in self.images)


def read_page_objects(page: Any) -> PageObjects:
    """Read the objects of the page."""
    images: list[float] = []
    inkless: list[int] = []
    paths: list[int] = []
    shades: list[int] = []
    area = max(page.get_width() * page.get_height(), 1.0)
    for kind, thing in _walk_objects(page):
        if kind == TEXT:
            if _may_be_inkless(thing):
                inkless.append(thing)
        elif kind == PATH:
            paths.append(thing)
        elif kind == IMAGE:
            images.append(_measure_area(thing) / area)
        elif kind == SHADING:
            shades.append(thing)
    if not inkless:
        return PageObjects(images=images, paths=paths)
    dark = [*map(_read_bounds, shades), *(_read_bounds(path) for path in paths if _is_dark(path))]
    pale = {thing for thing in inkless if not _lies_on(thing, dark)}
    return PageObjects(pale, images, paths)


def _is_dark(path: int) -> bool:
    """Whether the path is a filled shape on which pale text is readable."""
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
    left, bottom, right, top = _read_bounds(text)
    return any(
        shape[0] <= left + 1
        and shape[1] <= bottom + 1
        and right <= shape[2] + 1
        and top <= shape[3] + 1
        for shape in shapes
    )


def _walk_objects(page: Any) -> Iterator[tuple[int, int]]:
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


def _read_bounds(thing: int) -> Bounds:
    if not calls().bounds(thing, *_bounding.places):
        return (0.0, 0.0, 0.0, 0.0)
    return _bounding.values()


def _measure_area(thing: int) -> float:
    left, bottom, right, top = _read_bounds(thing)
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


def find_hidden_words(
    page: Any, boxes: Boxes, words: Sequence[Word], drawn: PageObjects, *, layers: bool
) -> set[int]:
    """Indexes of the hidden words.

    ``layers``: some layers are switched off, so that any text may be hidden.
    """
    unseen = set(_find_out_of_sight(page, boxes, words))
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
    return unseen | set(_find_traceless(page, words, suspects))


def _find_out_of_sight(page: Any, boxes: Boxes, words: Sequence[Word]) -> Iterator[int]:
    left, top, right, bottom = shown_box(page, *page.get_bbox())
    for number, word in enumerate(words):
        across, down = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        on_page = left <= across <= right and top <= down <= bottom
        if not on_page or (0 < word.size < LEAST_SIZE and _is_tiny(boxes, word)):
            yield number


def _is_tiny(boxes: Boxes, word: Word) -> bool:
    """Whether every character box is too small to be read; the font size may be wrong."""
    from pypdfium2 import raw

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for offset in range(word.start, word.end):
        place = boxes.place(offset)
        if not raw.FPDFText_GetCharBox(boxes.textpage, place, left, right, bottom, top):
            return False
        if max(top.value - bottom.value, right.value - left.value) >= LEAST_SIZE:
            return False
    return True


def _find_traceless(page: Any, words: Sequence[Word], suspects: dict[int, int]) -> Iterator[int]:
    """Words whose text object changes nothing on the page.

    The page is rendered with and without the objects of ``suspects`` (word number to address).
    """
    from PIL import ImageChops

    if not suspects:
        return
    with_them = _render_gray(page)
    things, set_active = set(suspects.values()), calls().set_active
    for thing in things:
        set_active(thing, 0)
    try:
        difference = ImageChops.difference(with_them, _render_gray(page))
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


def _render_gray(page: Any) -> Image:
    area = max(page.get_width() * page.get_height(), 1.0)
    scale = min(DOTS_PER_POINT, (MOST_DOTS / area) ** 0.5)
    image: Image = page.render(scale=scale, may_draw_forms=False, draw_annots=False).to_pil()
    return image.convert("L")
