"""Web pages, and other formats converted to HTML."""

from __future__ import annotations

import re

from ingest.extract.extracted import Extracted, ExtractRequest, statements
from ingest.extract.markup.html_blocks import HtmlBlocks
from ingest.extract.shared.about import (
    one_line,
    sensible_authors,
    sensible_language,
    sensible_title,
)
from ingest.extract.shared.blocks import HeadingMark, cut_sections, join_blocks
from ingest.extract.shared.decode import decode
from ingest.extract.shared.timing import time_limit
from kb.domain import GuessedField, GuessReason, PageUnit

MEDIA_TYPE = "text/html"
DECLARATION_BYTES = 4096
"""Bytes at the start of a page that are searched for its declared encoding."""
DATES = (
    "citation_publication_date", "article:published_time", "dc.date.issued", "dcterms.issued",
    "dc.date", "dcterms.date", "date", "pubdate",
)  # fmt: skip
"""Meta fields that hold a publication date."""
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)


def extract_html(source: ExtractRequest) -> Extracted:
    data = source.path.read_bytes()
    declared = _DECLARED.search(data[:DECLARATION_BYTES])
    html = decode(data, declared[1].decode("ascii") if declared else "")
    page = parsed(html, source.patience_s)
    return from_html(source, page, MEDIA_TYPE)


def from_html(source: ExtractRequest, page: HtmlBlocks, media_type: str) -> Extracted:
    """Make a document from one HTML page, a section for each chapter."""
    text, marks, tables = join_blocks(page.blocks())
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    meta = page.meta
    title = sensible_title(meta.get("og:title")) or sensible_title(page.title)
    return Extracted(
        media_type=media_type,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title or sensible_title(_first_title(marks)),
        authors=sensible_authors([meta.get("author"), meta.get("dc.creator")]),
        publisher=one_line(meta.get("dc.publisher") or meta.get("og:site_name")),
        language=sensible_language(page.language or meta.get("dc.language")),
        statements=statements(
            GuessedField.YEAR,
            GuessReason.PUBLISHED,
            *(meta.get(name) for name in DATES),
        ),
    )


def parsed(html: str, patience_s: float) -> HtmlBlocks:
    """Parse a page. Raises ``OutOfTime``, because the parser is slow on some malformed input."""
    page = HtmlBlocks()
    with time_limit(patience_s):
        page.feed(html)
        page.close()
    return page


def _first_title(marks: list[HeadingMark]) -> str:
    return marks[0].title if marks else ""
