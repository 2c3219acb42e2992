"""The two readers of PDF behind one seam: pages in all, and the text of one."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.extract.extracted import storable
from ingest.extract.pdf_type import Line
from ingest.extract.timing import time_limit
from kb.messages import N_, PermanentError

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_PX = 64
_FIRST_LETTER = re.compile(r"[^\W_]")
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
SECURITY_ERROR = 5  # FPDF_ERR_SECURITY: a protection that pdfium does not know
MAX_PIXELS = 20_000_000
MAX_SIDE_PX = 16_382
"""A WebP image has at most one more, and pdfium rounds up."""
SCAN_SHARE = 0.6
"""Share of the page that one image must cover to be the scan of that page."""


class PdfiumReader:
    """pdfium, in machine code: fast and exact, but a damaged file may kill its process."""

    def __init__(self, path: Path) -> None:
        import pypdfium2  # type: ignore[import-untyped]  # it ships no stubs

        try:
            self._document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            if error.err_code in (PASSWORD_ERROR, SECURITY_ERROR):
                raise password_needed() from error
            raise

    def __len__(self) -> int:
        return len(self._document)

    def text(self, index: int) -> str:
        """Text of page ``index`` (from 0), storable. Raises anything at all."""
        return self.typeset(index)[0]

    def typeset(self, index: int) -> tuple[str, list[Line]]:
        """Text of page ``index`` and its lines with their type."""
        page = self._document[index]
        try:
            textpage = page.get_textpage()
            # surrogatepass: dropping a character would move all that follow it
            text = storable(textpage.get_text_range(errors="surrogatepass"))
            return text, list(_lines(textpage, text, index + 1))
        finally:
            page.close()

    def is_blank(self, index: int) -> bool:
        """Whether the page shows nothing at all."""
        low, high = self.image(index, THUMBNAIL_PX).convert("L").getextrema()
        return bool(low == high)

    def is_scan(self, index: int) -> bool:
        """Whether an image covers most of the page."""
        from pypdfium2 import raw

        page = self._document[index]
        try:
            least = SCAN_SHARE * page.get_width() * page.get_height()
            boxes = (image.get_bounds() for image in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], 2))
            return any((right - left) * (top - low) >= least for left, low, right, top in boxes)
        finally:
            page.close()

    def image(self, index: int, width_px: int) -> Image:
        page = self._document[index]
        try:
            image: Image = page.render(scale=scale_of(page, width_px)).to_pil()
            return image
        finally:
            page.close()


def scale_of(page: Any, width_px: int) -> float:
    """How large pdfium draws a page that is to be so wide, or less where it would be huge."""
    width: float = max(page.get_width(), 1.0)
    height: float = max(page.get_height(), 1.0)
    return min(width_px / width, MAX_SIDE_PX / height, math.sqrt(MAX_PIXELS / (width * height)))


class PypdfReader:
    """pypdf, in Python: slow, opens some files that pdfium refuses, never kills its process."""

    def __init__(self, path: Path, patience_s: float) -> None:
        """``patience_s``: longest time for opening the file, and for each page."""
        import pypdf

        self._patience_s = patience_s
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints are our verdicts
        with time_limit(patience_s):
            self.reader = pypdf.PdfReader(path)
            if self.reader.is_encrypted and not self.reader.decrypt(""):
                raise password_needed()
            self._length = len(self.reader.pages)

    def __len__(self) -> int:
        return self._length

    def text(self, index: int) -> str:
        with time_limit(self._patience_s):
            return storable(self.reader.pages[index].extract_text())


def utf16_length(text: str) -> int:
    """pdfium counts UTF-16 units, Python characters."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def _lines(textpage: Any, text: str, number: int) -> Iterator[Line]:
    from pypdfium2 import raw

    box = raw.FS_RECTF()
    offset = unit = 0
    for line in text.splitlines(keepends=True):
        if first := _FIRST_LETTER.search(line):
            place = unit + utf16_length(line[: first.start()])
            char = raw.FPDFText_GetCharIndexFromTextIndex(textpage, place)
            if char >= 0 and raw.FPDFText_GetLooseCharBox(textpage, char, box):
                weight = raw.FPDFText_GetFontWeight(textpage, char)
                yield Line(number, offset, line.rstrip(), box.top - box.bottom, weight)
        offset += len(line)
        unit += utf16_length(line)


def password_needed() -> PermanentError:
    return PermanentError(
        N_(
            "The PDF opens only with a password or a key: remove it (print it to a new PDF, for"
            " example) and upload it again."
        )
    )
