"""What runs in the rendering child: pdfium draws a page and says where its characters stand."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.extract.cms import unsigned
from ingest.extract.pdf_compose import composed
from ingest.extract.pdf_readers import open_pdfium, pdfium_text, scale_of
from ingest.extract.pdf_words import char_places
from ingest.processes.render import WIDTH_PX, Box, DrawRequest, Picture

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom in points, from the top left corner."""

QUALITY = 82
BLANKS = frozenset(map(ord, "\t\n\r \u00a0\u2002\u2003\u2009"))
FINENESS = 20
"""Steps to a point: pdfium gives whole numbers."""


def draw(request: DrawRequest, report: Callable[[Any], None]) -> Picture:
    """Draw the page unless its image is there already, and find the boxes of its ranges."""
    document = open_pdfium(unsigned(request.path))
    try:
        page = document[request.number - 1]
        if not request.image.is_file():
            _save(page, request.image)
        boxes = tuple(_boxes(page, request)) if request.ranges else ()
        return Picture(page.get_width(), page.get_height(), request.image, boxes)
    finally:
        document.close()


def _save(page: Any, path: Path) -> None:
    """Write the image so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = page.render(scale=scale_of(page, WIDTH_PX)).to_pil()
    unfinished = path.with_suffix(".part")
    image.convert("RGB").save(unfinished, "WEBP", quality=QUALITY, method=2)
    unfinished.replace(path)


def _boxes(page: Any, request: DrawRequest) -> Iterator[Box]:
    textpage = page.get_textpage()
    text = pdfium_text(textpage)
    origins = _origins(page, textpage, text, request.raw)
    if origins is None:
        return
    place = char_places(textpage, text)
    for start, end in request.ranges:
        places = (place(origins[offset]) for offset in range(start, end) if origins[offset] >= 0)
        for left, top, right, bottom in _lines(_characters(page, textpage, places)):
            yield Box(left, top, right - left, bottom - top)


def _origins(page: Any, textpage: Any, text: str, wanted: str) -> Sequence[int] | None:
    """For each character of the wanted text its offset in pdfium's; ``None`` where the page has
    another text. Documents of earlier versions have pdfium's own."""
    if text == wanted:
        return range(len(text))
    for layers in (False, True):
        page_text = composed(page, textpage, text, layers=layers)
        if page_text.text == wanted:
            return page_text.origins
    return None


def _characters(page: Any, textpage: Any, places: Iterable[int]) -> Iterator[Rect]:
    """Where each visible character stands, in the order of the text."""
    from pypdfium2 import raw as pdfium

    box = pdfium.FS_RECTF()
    for place in places:
        if place < 0 or pdfium.FPDFText_GetUnicode(textpage, place) in BLANKS:
            continue
        if pdfium.FPDFText_GetLooseCharBox(textpage, place, box):
            yield _shown(page, box)


def _shown(page: Any, box: Any) -> Rect:
    """A box of the page's own coordinates as it is shown: turned, cropped, from the top."""
    from pypdfium2 import raw as pdfium

    width, height = (round(size * FINENESS) for size in (page.get_width(), page.get_height()))
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for across, up in ((box.left, box.top), (box.right, box.bottom)):
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
        corners.append((x.value / FINENESS, y.value / FINENESS))
    (x1, y1), (x2, y2) = corners
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _lines(characters: Iterator[Rect]) -> Iterator[Rect]:
    """Boxes of neighbouring characters on one line, joined."""
    line: Rect | None = None
    for box in characters:
        if line is not None and _continues(line, box):
            line = (
                min(line[0], box[0]),
                min(line[1], box[1]),
                max(line[2], box[2]),
                max(line[3], box[3]),
            )
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line


def _continues(line: Rect, box: Rect) -> bool:
    """On the same line: overlapping in height by half, and not far to the right or back."""
    height = max(line[3] - line[1], 1e-3)
    overlap = min(line[3], box[3]) - max(line[1], box[1])
    gap = box[0] - line[2]
    return overlap > height / 2 and -height < gap < 2 * height
