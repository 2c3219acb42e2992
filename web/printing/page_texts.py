"""Read back a PDF that was made here, to know on which page something stands."""

from __future__ import annotations

import io


def find_page(pdf: bytes, words: str) -> int | None:
    """The first page, from 1, with the words; None if there is none. White space is ignored,
    because lines break anywhere."""
    import pypdf

    wanted = "".join(words.split())
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    texts = ("".join(page.extract_text().split()) for page in pages)
    return next((number for number, text in enumerate(texts, 1) if wanted in text), None)
