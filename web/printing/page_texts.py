"""Read back a PDF that was made here, to know on which page something stands."""

from __future__ import annotations

import io
from collections.abc import Sequence


def read_pages(pdf: bytes) -> list[str]:
    """The text of each page without white space, because lines break anywhere."""
    import pypdf

    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return ["".join(page.extract_text().split()) for page in pages]


def find_page(pages: Sequence[str], words: str) -> int | None:
    """The first page, from 1, with the words; None if there is none. ``pages``: as read."""
    wanted = "".join(words.split())
    return next((number for number, text in enumerate(pages, 1) if wanted in text), None)
