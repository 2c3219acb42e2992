"""A quick look at where the text of a PDF page stands, which tells whether there is more on it
than lines of running text. It goes by the boxes of text objects and not of characters."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from ingest.extract.pdf.pdfium_calls import Floats, address_of, calls
from ingest.extract.shared.layout import MIN_GUTTER

MARK = 1.3
"""Width, in heights, up to which the first text of a line is the mark of a list."""
LIFTED = 0.2
ATTACHED = 0.4
FIGURE = 0.4
WIDEST = 2.0
LEAST_SIZE = 2.0
"""Points."""

Box = tuple[float, ...]
"""Left, bottom, right, top; bottom less than top."""


def runs_to_running_text(page: Any, textpage: Any) -> bool:
    """Whether nothing on the page calls for a closer look: no columns side by side, no raised
    figures, nothing out of sight."""
    if page.get_rotation():
        return False
    boxes = _text_boxes(textpage)
    left, bottom, right, top = page.get_bbox()
    for box in boxes:
        across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not (left <= across <= right and bottom <= up <= top):
            return False
    rows = _rows(boxes)
    return not (_share_a_strip(rows) or any(map(_has_lifted, rows)))


def _text_boxes(textpage: Any) -> list[Box]:
    from pypdfium2 import raw

    count, page, get = raw.FPDFText_CountRects(textpage, 0, -1), address_of(textpage.raw), calls()
    place = Floats(4, ctypes.c_double)
    left, bottom, right, top = place.places
    boxes: list[Box] = []
    for number in range(count):
        get.rectangle(page, number, left, top, right, bottom)
        boxes.append(tuple(place.values()))
    return boxes


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes that follow each other to the right at one height."""
    rows: list[list[Box]] = []
    for box in boxes:
        if rows and _follows(rows[-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return rows


def _follows(row: Sequence[Box], box: Box) -> bool:
    first, last = row[0], row[-1]
    if box[0] < last[2] - 2:
        return False
    return min(first[3], box[3]) > max(first[1], box[1]) - 0.2 * (first[3] - first[1])


def _share_a_strip(rows: Sequence[Sequence[Box]]) -> bool:
    """Whether two rows close to each other leave the same strip empty between their texts."""
    gaps = [list(_gaps(row)) for row in rows]
    for number, mine in enumerate(gaps):
        if mine:
            for others in gaps[number + 1 : number + 4]:
                for left, right, least in mine:
                    if any(min(right, r) - max(left, x) >= least for x, r, _ in others):
                        return True
    return False


def _gaps(row: Sequence[Box]) -> Iterator[tuple[float, float, float]]:
    """Left and right edge of each wide gap, and what would be wide enough."""
    least = MIN_GUTTER * max(box[3] - box[1] for box in row)
    for number, (box, following) in enumerate(pairwise(row)):
        if following[0] - box[2] >= least:
            is_mark = number == 0 and box[2] - box[0] <= MARK * (following[3] - following[1])
            if not (is_mark and len(row) == 2):
                yield box[2], following[0], least


def _has_lifted(row: Sequence[Box]) -> bool:
    """Whether a figure or two stand higher than the foot of the text before them and close by:
    smaller than that text, but no quotation mark or dash."""
    if len(row) < 2:
        return False
    foot, height = row[0][1], max(box[3] - box[1] for box in row)
    return any(
        following[1] - foot >= LIFTED * height
        and following[3] - following[1] >= FIGURE * height
        and following[2] - following[0] <= WIDEST * height
        and following[0] - box[2] <= ATTACHED * height
        for box, following in pairwise(row)
    )
