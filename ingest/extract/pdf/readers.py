"""The two PDF readers with a common interface: number of pages, text of one page."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.extract.extracted import Attached
from ingest.extract.pdf.compose import ComposedPage, compose_page
from ingest.extract.pdf.embedded_files import read_embedded_files
from ingest.extract.pdf.hidden_text import PageObjects
from ingest.extract.pdf.typography import TypeLine
from ingest.extract.pdf.words import Boxes
from ingest.extract.shared.layout import CELL_BORDER
from ingest.extract.shared.timing import time_limit
from kb.domain import Table
from kb.messages import N_, PermanentError
from kb.text.storable import storable

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
class ReadPage:
    """A page as pdfium reads it: text, lines with size and weight of type, objects, tables."""

    text: str
    lines: Sequence[TypeLine]
    drawn: PageObjects
    tables: Sequence[Table]


class PdfiumReader:
    """pdfium, in machine code: fast and exact, but a damaged file may crash the process."""

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
        """Text of page ``index`` (from 0), storable. May raise any exception."""
        return self.read_page(index).text

    def read_page(self, index: int, *, layers: bool = False) -> ReadPage:
        """Read page ``index`` (from 0). ``layers``: some layers of the file are switched off."""
        page = self.document[index]
        try:
            textpage = page.get_textpage()
            text = read_pdfium_text(textpage)
            try:
                found = compose_page(page, textpage, text, layers=layers)
            except (ArithmeticError, LookupError, ValueError):  # boxes that are nowhere
                found = ComposedPage(text, None, Boxes(page, textpage, text), PageObjects())
            lines = list(_measure_lines(found, index + 1))
            return ReadPage(found.text, lines, found.drawn, found.tables)
        finally:
            page.close()

    def is_blank(self, index: int) -> bool:
        """Whether the page shows nothing at all."""
        low, high = self.image(index, THUMBNAIL_PX).convert("L").getextrema()
        return bool(low == high)

    def attached(self) -> tuple[list[Attached], list[str]]:
        """See ``read_embedded_files``."""
        return read_embedded_files(self.document)

    def image(self, index: int, width_px: int) -> Image:
        page = self.document[index]
        try:
            image: Image = page.render(scale=choose_scale(page, width_px)).to_pil()
            return image
        finally:
            page.close()


def choose_scale(page: Any, width_px: int) -> float:
    """Scale at which pdfium renders a page ``width_px`` wide, smaller where a limit of pixels or of
    the longer side would be exceeded."""
    width: float = max(page.get_width(), 1.0)
    height: float = max(page.get_height(), 1.0)
    return min(width_px / width, MAX_SIDE_PX / height, math.sqrt(MAX_PIXELS / (width * height)))


class PypdfReader:
    """pypdf, in Python: slow, opens some files that pdfium refuses, never crashes the process."""

    def __init__(self, path: Path, patience_s: float) -> None:
        """``patience_s``: most seconds for opening the file, and for each page."""
        import pypdf

        self._patience_s = patience_s
        logging.getLogger("pypdf").setLevel(
            logging.CRITICAL
        )  # pages are judged by their text instead
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


def read_pdfium_text(textpage: Any) -> str:
    """The text of a page in pdfium's order. Lone surrogates are replaced and not dropped, so that
    offsets stay valid."""
    return storable(textpage.get_text_range(errors="surrogatepass"))


def _measure_lines(page: ComposedPage, number: int) -> Iterator[TypeLine]:
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
