"""A page of a PDF as an image, and the boxes that a stretch of its text fills on it.

Images are kept in the cache folder. Reading happens in a child process, as with every upload.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.alignment import to_raw
from ingest.isolation import Child, Limits
from kb.domain import Page
from kb.messages import KbError
from kb.settings import Settings

WIDTH_PX = 1240
MEMORY_MB = 2048
SILENCE_S = 20
MEDIA_TYPE = "application/pdf"

log = structlog.get_logger()


@dataclass(frozen=True)
class Box:
    """A rectangle in points (1/72 inch), from the top left corner of the page as it is shown."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """A page as shown: its size in points, its image on disk, and boxes on it."""

    width: float
    height: float
    image: Path
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class DrawRequest:
    """``raw`` is the text the boxes are wanted for, as it was extracted, and ``ranges`` characters
    of it. No boxes are given when the page's text is another, as that of a scanned page is."""

    path: Path
    number: int
    raw: str
    ranges: tuple[tuple[int, int], ...]
    image: Path


class Renderer:
    """Draws pages, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child = Child("ingest.page_image_child:draw", Limits(MEMORY_MB, SILENCE_S, calls=200))

    def image_path(self, sha256: str, number: int) -> Path:
        return self._settings.page_images_of(sha256) / f"{number}-{WIDTH_PX}.webp"

    def draw(
        self, original: Path, sha256: str, page: Page, spans: Sequence[tuple[int, int]] = ()
    ) -> Picture | None:
        """The page, with boxes round the characters ``spans`` of its cleaned text.

        ``None`` when it cannot be drawn; its text is all there is to show then.
        """
        request = DrawRequest(
            original,
            page.number,
            page.raw,
            tuple(to_raw(page, start, end) for start, end in spans),
            self.image_path(sha256, page.number),
        )
        try:
            picture: Picture = self._child.call(request)
        except KbError as error:
            log.warning("page not drawn", sha256=sha256, page=page.number, reason=str(error))
            return None
        return picture

    def close(self) -> None:
        self._child.close()
