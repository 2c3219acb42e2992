"""Fast check whether a PDF page has only running text, by the boxes of its text objects."""

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


def is_running_text(page: Any, textpage: Any) -> bool:
    """Whether the page has neither columns nor superscripts nor text outside its edges."""
    if page.get_rotation():
        return False
    boxes = _read_text_boxes(textpage)
    left, bottom, right, top = page.get_bbox()
    for box in boxes:
        across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not (left <= across <= right and bottom <= up <= top):
            return False
    rows = _group_rows(boxes)
    return not (_share_a_strip(rows) or any(map(_has_lifted, rows)))


def _read_text_boxes(textpage: Any) -> list[Box]:
    from pypdfium2 import raw

    count, page, get = raw.FPDFText_CountRects(textpage, 0, -1), address_of(textpage.raw), calls()
    place = Floats(4, ctypes.c_double)
    left, bottom, right, top = place.places
    boxes: list[Box] = []
    for number in range(count):
        get.rectangle(page, number, left, top, right, bottom)
        boxes.append(tuple(place.values()))
    return boxes


def _group_rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Group consecutive boxes that go to the right at the same height."""
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
    """Whether two of four consecutive rows have a wide gap at the same horizontal position."""
    gaps = [list(_find_wide_gaps(row)) for row in rows]
    for number, mine in enumerate(gaps):
        if mine:
            for others in gaps[number + 1 : number + 4]:
                for left, right, least in mine:
                    if any(min(right, r) - max(left, x) >= least for x, r, _ in others):
                        return True
    return False


def _find_wide_gaps(row: Sequence[Box]) -> Iterator[tuple[float, float, float]]:
    """Left and right edge of each wide gap, and the least width that counts as wide."""
    least = MIN_GUTTER * max(box[3] - box[1] for box in row)
    for number, (box, following) in enumerate(pairwise(row)):
        if following[0] - box[2] >= least:
            is_mark = number == 0 and box[2] - box[0] <= MARK * (following[3] - following[1])
            if not (is_mark and len(row) == 2):
                yield box[2], following[0], least


def _has_lifted(row: Sequence[Box]) -> bool:
    """Whether a short text follows closely above the baseline of the text before it, too tall to
    be a quotation mark or dash."""
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
