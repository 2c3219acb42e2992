"""The two readers of PDF behind one seam: pages in all, and the text of one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.extract.extracted import storable
from ingest.extract.timing import time_limit
from kb.messages import N_, PermanentError

if TYPE_CHECKING:
    from PIL.Image import Image

OPEN_LIMIT_S = 30
PAGE_LIMIT_S = 20
THUMBNAIL_PX = 64
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD


class PdfiumReader:
    """pdfium, in machine code: fast and exact, but a damaged file may kill its process."""

    def __init__(self, path: Path) -> None:
        import pypdfium2  # type: ignore[import-untyped]  # it ships no stubs

        try:
            self._document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            if error.err_code == PASSWORD_ERROR:
                raise password_needed() from error
            raise

    def __len__(self) -> int:
        return len(self._document)

    def text(self, index: int) -> str:
        """Text of page ``index`` (from 0), storable. Raises anything at all."""
        page = self._document[index]
        try:
            textpage = page.get_textpage()
            # surrogatepass: dropping a character would move all that follow it
            return storable(textpage.get_text_range(errors="surrogatepass"))
        finally:
            page.close()

    def is_blank(self, index: int) -> bool:
        """Whether the page shows nothing at all."""
        low, high = self.image(index, THUMBNAIL_PX).convert("L").getextrema()
        return bool(low == high)

    def image(self, index: int, width_px: int) -> Image:
        page = self._document[index]
        try:
            scale = width_px / max(page.get_width(), 1)
            image: Image = page.render(scale=scale).to_pil()
            return image
        finally:
            page.close()


class PypdfReader:
    """pypdf, in Python: slow, opens some files that pdfium refuses, never kills its process."""

    def __init__(self, path: Path) -> None:
        import pypdf

        logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints are our verdicts
        with time_limit(OPEN_LIMIT_S):
            self.reader = pypdf.PdfReader(path)
            if self.reader.is_encrypted and not self.reader.decrypt(""):
                raise password_needed()
            self._length = len(self.reader.pages)

    def __len__(self) -> int:
        return self._length

    def text(self, index: int) -> str:
        with time_limit(PAGE_LIMIT_S):
            return storable(self.reader.pages[index].extract_text())


def password_needed() -> PermanentError:
    return PermanentError(
        N_(
            "The PDF opens only with a password: remove the password (print it to a new PDF, for"
            " example) and upload it again."
        )
    )
