"""Target function of the rendering child: draw a page and locate characters with pdfium."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.extract.mail.cms import unsigned
from ingest.extract.pdf.compose import compose_page
from ingest.extract.pdf.nesting import Nesting, may_nest, too_intricate
from ingest.extract.pdf.readers import PypdfReader, choose_scale, open_pdfium, read_pdfium_text
from ingest.extract.pdf.words import map_offsets
from ingest.processes.render import DrawnPage, DrawRequest, PageBox

Rect = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the top left corner."""

QUALITY = 82
"""WebP quality, 0 to 100: small text stays legible."""
OPENING_S = 5.0
"""Longest time for opening the file to count its forms."""
BLANKS = frozenset(map(ord, "\t\n\r \u00a0\u2002\u2003\u2009"))
FINENESS = 20
"""Steps per point: pdfium gives integer coordinates."""


def draw(request: DrawRequest, report: Callable[[Any], None]) -> DrawnPage:
    """Draw the page unless its image is cached, and find the boxes of the requested ranges.

    Raises:
        PermanentError: its forms draw each other too often.
    """
    original = unsigned(request.path)
    if isinstance(original, Path):
        _refuse_endless(original, request.number - 1)
    document = open_pdfium(original)
    try:
        page = document[request.number - 1]
        if not request.image.is_file():
            _save(page, request.image, request.width_px)
        boxes = tuple(_boxes(page, request)) if request.ranges else ()
        return DrawnPage(page.get_width(), page.get_height(), request.image, boxes)
    finally:
        document.close()


def _refuse_endless(path: Path, index: int) -> None:
    nesting = _nesting_of(path)
    try:
        endless = nesting is not None and nesting.is_too_deep(index)
    except Exception:  # a page that pypdf cannot read, pdfium may
        return
    if endless:
        raise too_intricate()


@lru_cache(maxsize=4)
def _nesting_of(path: Path) -> Nesting | None:
    try:
        return Nesting(PypdfReader(path, OPENING_S).reader) if may_nest(path) else None
    except Exception:  # a file that pypdf cannot open, pdfium may
        return None


def _save(page: Any, path: Path, width_px: int) -> None:
    """Write the image under a temporary name, then rename it, so that no reader sees a partial
    file."""
    image = page.render(scale=choose_scale(page, width_px)).to_pil().convert("RGB")
    unfinished = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(unfinished, "WEBP", quality=QUALITY, method=2)
    unfinished.replace(path)


def _boxes(page: Any, request: DrawRequest) -> Iterator[PageBox]:
    textpage = page.get_textpage()
    text = read_pdfium_text(textpage)
    origins = _origins(page, textpage, text, request.raw)
    if origins is None:
        return
    place = map_offsets(textpage, text)
    for start, end in request.ranges:
        places = (place(origins[offset]) for offset in range(start, end) if origins[offset] >= 0)
        for left, top, right, bottom in _lines(_characters(page, textpage, places)):
            yield PageBox(left, top, right - left, bottom - top)


def _origins(page: Any, textpage: Any, text: str, wanted: str) -> Sequence[int] | None:
    """Offset in pdfium's text of each character of ``wanted``; ``None`` if the page has another
    text. Documents read by earlier versions store pdfium's own text."""
    if text == wanted:
        return range(len(text))
    for layers in (False, True):
        page_text = compose_page(page, textpage, text, layers=layers)
        if page_text.text == wanted:
            return page_text.origins
    return None


def _characters(page: Any, textpage: Any, places: Iterable[int]) -> Iterator[Rect]:
    """The box of each visible character, in the order of the text."""
    from pypdfium2 import raw as pdfium

    box = pdfium.FS_RECTF()
    for place in places:
        if place < 0 or pdfium.FPDFText_GetUnicode(textpage, place) in BLANKS:
            continue
        if pdfium.FPDFText_GetLooseCharBox(textpage, place, box):
            yield _to_shown(page, box)


def _to_shown(page: Any, box: Any) -> Rect:
    """A box in page coordinates converted to the page as shown: rotated, cropped, from the top."""
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
    """Boxes of neighbouring characters on a line, merged."""
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
    """Whether a box continues the line: it overlaps in height by half and is not far to the right
    or left."""
    height = max(line[3] - line[1], 1e-3)
    overlap = min(line[3], box[3]) - max(line[1], box[1])
    gap = box[0] - line[2]
    return overlap > height / 2 and -height < gap < 2 * height
