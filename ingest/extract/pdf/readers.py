"""The two readers of PDF behind one seam: pages in all, and the text of one."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.extract.extracted import Attached, storable
from ingest.extract.pdf.attached import attached_files
from ingest.extract.pdf.compose import Composed, composed
from ingest.extract.pdf.seen import Drawn
from ingest.extract.pdf.typography import TypeLine
from ingest.extract.pdf.words import Boxes
from ingest.extract.shared.layout import CELL_BORDER
from ingest.extract.shared.timing import time_limit
from kb.domain import Table
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


@dataclass(frozen=True)
class Typeset:
    """A page as pdfium reads it: its text, the lines of it with their type, what is drawn on it,
    and where tables stand in the text."""

    text: str
    lines: Sequence[TypeLine]
    drawn: Drawn
    tables: Sequence[Table]


class PdfiumReader:
    """pdfium, in machine code: fast and exact, but a damaged file may kill its process."""

    def __init__(self, path: Path) -> None:
        import pypdfium2

        try:
            self.document = open_pdfium(path)
        except pypdfium2.PdfiumError as error:
            if error.err_code in (PASSWORD_ERROR, SECURITY_ERROR):
                raise password_needed() from error
            raise

    def __len__(self) -> int:
        return len(self.document)

    def text(self, index: int) -> str:
        """Text of page ``index`` (from 0), storable. Raises anything at all."""
        return self.typeset(index).text

    def typeset(self, index: int, *, layers: bool = False) -> Typeset:
        """Page ``index`` as it is seen. ``layers``: some of the document's layers are off."""
        page = self.document[index]
        try:
            textpage = page.get_textpage()
            text = pdfium_text(textpage)
            try:
                found = composed(page, textpage, text, layers=layers)
            except (ArithmeticError, LookupError, ValueError):  # boxes that are nowhere
                found = Composed(text, None, Boxes(page, textpage, text), Drawn())
            lines = list(_lines(found, index + 1))
            return Typeset(found.text, lines, found.drawn, found.tables)
        finally:
            page.close()

    def is_blank(self, index: int) -> bool:
        """Whether the page shows nothing at all."""
        low, high = self.image(index, THUMBNAIL_PX).convert("L").getextrema()
        return bool(low == high)

    def attached(self) -> tuple[list[Attached], list[str]]:
        """See ``attached_files``."""
        return attached_files(self.document)

    def image(self, index: int, width_px: int) -> Image:
        page = self.document[index]
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

    def __len__(self) -> int:
        return self._length

    @cached_property
    def _length(self) -> int:
        with time_limit(self._patience_s):
            return len(self.reader.pages)

    def text(self, index: int) -> str:
        with time_limit(self._patience_s):
            return storable(self.reader.pages[index].extract_text())


def open_pdfium(source: Path | bytes) -> Any:
    """The document, with its form fields, in pdfium."""
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    return document


def pdfium_text(textpage: Any) -> str:
    """The text of a page in pdfium's own order. Dropping a character (as a lone surrogate) would
    move all that follow it."""
    return storable(textpage.get_text_range(errors="surrogatepass"))


def _lines(page: Composed, number: int) -> Iterator[TypeLine]:
    from pypdfium2 import raw

    offset = 0
    for line in page.text.split("\n"):
        first = None if CELL_BORDER in line else _FIRST_LETTER.search(line)
        if first:
            place = offset + first.start()
            origin = page.origins[place] if page.origins is not None else place
            box = page.boxes.of(origin) if origin >= 0 else None
            if box:
                weight = raw.FPDFText_GetFontWeight(page.boxes.textpage, page.boxes.place(origin))
                yield TypeLine(number, offset, line.rstrip(), box[3] - box[1], weight)
        offset += len(line) + 1


def password_needed() -> PermanentError:
    return PermanentError(
        N_(
            "The PDF opens only with a password or a key: remove it (print it to a new PDF, for"
            " example) and upload it again."
        )
    )
