"""Text of a page image, by the recogniser whose models are inside its wheel."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

from ingest.extract.pdf.tables import write_table_text
from ingest.extract.shared.layout import LinePiece, arrange_rows, group_rows
from kb.domain import Table
from kb.processors import count_processors

if TYPE_CHECKING:
    from PIL.Image import Image

PAGE_WIDTH_PX = 1700
"""An A4 page at about 200 dots per inch."""
CERTAIN = 0.9
"""Mean score of a page that is read as it stands: upright text has 0.96 and more, text read
sideways or upside down 0.6 to 0.8."""
READABLE = 0.8
"""Below it the recogniser guesses: it does not know the script, or there is none."""
SPARSE = 0.7
"""Signs that a line has at least for each time it is longer than high. Of writing that the
recogniser does not know it often gives two or three signs, and is sure of them."""
GUESSED = 0.5
"""A line with a lower score is left out."""
TALL = 1.5
"""A box so many times as high as it is wide holds a line that runs up or down."""
MOST_LOST = 3
"""After so many pages that no turning made readable, others are only tried as they stand."""
QUARTERS = 4


@dataclass(frozen=True)
class OcrText:
    """``text`` is empty if nothing could be read; ``unknown``: there is writing that the recogniser
    does not know."""

    text: str
    unknown: bool
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """One run of the recogniser. ``score``: mean of the lines' scores by their length;
    ``sideways``: most lines run up or down; ``lines``: how many were seen, read or not."""

    pieces: tuple[LinePiece, ...]
    score: float
    sideways: bool
    lines: int

    @property
    def certain(self) -> bool:
        return self.score >= CERTAIN and not self.sideways

    @property
    def worth(self) -> float:
        """Score for comparing orientations: letters read, by how surely."""
        letters = sum(char.isalnum() for piece in self.pieces for char in piece.text)
        return 0.0 if self.sideways else self.score**4 * math.sqrt(letters)


class Recogniser:
    """Reads the pages of one document, which are mostly turned the same way."""

    def __init__(self) -> None:
        self._turn = 0
        self._lost = 0

    def read(self, image: Image) -> OcrText:
        """Text of the image in any of four orientations: column after column, one line for each row
        of a table."""
        first = _recognise(image, self._turn)
        best, turn = first, self._turn
        if first.lines and not first.certain and self._lost < MOST_LOST:
            for other in self._others(first):
                reading = _recognise(image, other)
                if reading.worth > best.worth:
                    best, turn = reading, other
        if best.score < READABLE:
            self._lost += bool(first.lines)
            return OcrText("", unknown=first.lines > 0)
        self._turn, self._lost = turn, 0
        text, tables = write_table_text(arrange_rows(group_rows(best.pieces)))
        return OcrText(text, unknown=False, tables=tables)

    def _others(self, first: _Reading) -> Sequence[int]:
        """Quarter turns to try: lines that run up or down need an odd number more."""
        further = (1, 3) if first.sideways else (2,)
        return [(self._turn + quarters) % QUARTERS for quarters in further]


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            # its threads spin while they wait: more than half of the cores would starve the rest
            "EngineConfig.onnxruntime.intra_op_num_threads": max(1, count_processors() // 2),
        }
    )


def _recognise(image: Image, turn: int) -> _Reading:
    """Recognise the image after ``turn`` quarter turns to the left.

    The engine's own orientation step is off: it turns single lines and hides that the whole page is
    upside down.
    """
    import numpy

    pixels = numpy.rot90(numpy.asarray(image.convert("RGB"))[:, :, ::-1], turn)
    result = _engine()(numpy.ascontiguousarray(pixels), use_cls=False, text_score=0.0)
    if not result.txts:
        return _Reading((), 0.0, sideways=False, lines=0)
    boxes = [[(float(x), float(y)) for x, y in box] for box in result.boxes]
    lengths = [_length(box) for box in boxes]
    scores = [
        float(score) * min(1.0, len("".join(text.split())) / (SPARSE * length))
        for score, text, length in zip(result.scores, result.txts, lengths, strict=True)
    ]
    tall = sum(length for box, length in zip(boxes, lengths, strict=True) if _is_tall(box))
    slope = _measure_slope([box for box in boxes if not _is_tall(box)])
    pieces = tuple(
        _straighten(box, text, slope)
        for box, text, score in zip(boxes, result.txts, scores, strict=True)
        if score >= GUESSED
    )
    score = sum(s * n for s, n in zip(scores, lengths, strict=True)) / sum(lengths)
    return _Reading(pieces, score, sideways=2 * tall > sum(lengths), lines=len(boxes))


Corners = Sequence[tuple[float, float]]
"""Of a box: top left, top right, bottom right, bottom left."""


def _extent(box: Corners) -> tuple[float, float]:
    xs, ys = [x for x, _ in box], [y for _, y in box]
    return max(1.0, max(xs) - min(xs)), max(1.0, max(ys) - min(ys))


def _length(box: Corners) -> float:
    """How many times longer than high the line is."""
    wide, high = _extent(box)
    return max(wide / high, high / wide)


def _is_tall(box: Corners) -> bool:
    wide, high = _extent(box)
    return high > TALL * wide


def _measure_slope(boxes: Sequence[Corners]) -> float:
    """Angle of the lines, in radians, on a page that was scanned askew."""
    long = sorted(boxes, key=_length, reverse=True)[:20]
    angles = [math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]) for box in long]
    return median(angles) if angles else 0.0


def _straighten(box: Corners, text: str, slope: float) -> LinePiece:
    """The box rotated by ``slope`` radians, so that lines are horizontal."""
    cos, sin = math.cos(slope), math.sin(slope)
    straight = [(x * cos + y * sin, y * cos - x * sin) for x, y in box]
    xs, ys = [x for x, _ in straight], [y for _, y in straight]
    return LinePiece(min(xs), min(ys), max(xs), max(ys), " ".join(text.split()))
