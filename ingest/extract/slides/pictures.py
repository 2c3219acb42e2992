"""Recognise text on the pictures of slides, and count slides whose text could not be read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ingest.extract.extracted import RawPage
from kb.domain import Verdict
from kb.messages import N_, Message
from kb.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class SlidePicture:
    """A picture. ``content`` returns its bytes; ``area``: area covered on the slide, in the slide's
    unit."""

    content: Callable[[], bytes]
    area: float


class Pictures:
    """Recognises the text of large pictures, up to a number per file."""

    ENOUGH_TEXT: ClassVar = 200
    """Characters of a slide from which its pictures are taken for illustrations."""
    MOST: ClassVar = 80
    LEAST_SHARE: ClassVar = 0.15
    """Least share of the slide's area covered by a picture with text."""
    LEAST_SIDE: ClassVar = 200
    """Pixels of the shorter side below which text cannot be read."""
    LONGEST_SIDE: ClassVar = 2400

    def __init__(self, settings: Settings, slide_area: float) -> None:
        self._ocr = settings.ocr
        self._slide_area = slide_area
        self._done = 0

    def read(self, pictures: Iterable[SlidePicture]) -> str:
        """The text on the pictures that are large enough; empty if OCR is off."""
        return "\n\n".join(filter(None, map(self._read, pictures))) if self._ocr else ""

    def _read(self, picture: SlidePicture) -> str:
        if picture.area < self.LEAST_SHARE * self._slide_area or self._done >= self.MOST:
            return ""
        image = _open_picture(picture.content, self.LONGEST_SIDE)
        if image is None or min(image.size) < self.LEAST_SIDE:
            return ""
        self._done += 1
        return _recognise(image)


def unread_slides(pages: Sequence[RawPage], hidden: int) -> list[Message]:
    """Notes on the number of slides without text, and of hidden slides."""
    empty = sum(page.verdict is Verdict.EMPTY for page in pages) - hidden
    notes = []
    if empty:
        notes.append(Message(N_("Slides without text: {count}."), {"count": empty}))
    if hidden:
        notes.append(Message(N_("Hidden slides, left out: {count}."), {"count": hidden}))
    return notes


def _open_picture(content: Callable[[], bytes], longest: int) -> Image | None:
    """The picture in RGB, reduced to at most ``longest`` pixels; None for vector graphics and
    damaged files."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(content()))
        image.thumbnail((longest, longest))
        return image.convert("RGB")
    except Exception:
        return None


def _recognise(image: Image) -> str:
    from ingest.extract.pdf.ocr import Recogniser

    return Recogniser().read(image).text
