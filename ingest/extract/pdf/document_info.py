"""Document information of a PDF: metadata and language with pypdf; page labels and outline with
pdfium, which needs no list of all pages, or with pypdf if pdfium cannot open the file."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ingest.extract.extracted import RawHeading, RawPage, Statement, statements
from ingest.extract.pdf.readers import PdfiumReader, PypdfReader
from ingest.extract.shared.about import (
    is_junk_heading,
    one_line,
    sensible_authors,
    sensible_language,
    sensible_title,
)
from ingest.extract.shared.timing import time_limit
from kb.domain import GuessedField, GuessReason

LEAST_S = 0.1
MAX_OUTLINE = 3000
MAX_LEVEL = 6


@dataclass(frozen=True)
class DocumentInfo:
    """``outline``: (level, title, page from 1) in reading order."""

    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    statements: tuple[Statement, ...] = ()
    labels: tuple[str, ...] = ()
    outline: tuple[tuple[int, str, int], ...] = ()
    layers_off: bool = False
    """Whether layers are switched off when the document opens."""


def read_document_info(
    pypdf: PypdfReader | None, pdfium: PdfiumReader | None, patience_s: float
) -> DocumentInfo:
    """Read each part separately; a damaged part counts as absent. Takes at most ``patience_s``
    seconds in all."""
    deadline = time.monotonic() + patience_s

    def read(part: Any, otherwise: Any) -> Any:
        try:
            with time_limit(max(deadline - time.monotonic(), LEAST_S)):
                return part()
        except Exception:  # readers raise whatever a damaged object led to
            return otherwise

    if pdfium:
        labels = read(lambda: _read_labels_pdfium(pdfium.document), ())
        outline = read(lambda: tuple(_read_outline_pdfium(pdfium.document)), ())
    elif pypdf:
        labels = read(lambda: _read_labels(pypdf.reader), ())
        outline = read(lambda: tuple(_read_outline(pypdf.reader, pypdf.reader.outline, 1)), ())
    else:
        labels = outline = ()
    found = DocumentInfo(labels=labels, outline=outline[:MAX_OUTLINE])
    if pypdf is None:
        return found
    reader = pypdf.reader
    info: Any = read(lambda: reader.metadata, None)
    return replace(
        found,
        title=read(lambda: sensible_title(info.title), ""),
        authors=read(lambda: sensible_authors([info.author]), ()),
        language=read(lambda: sensible_language(reader.root_object.get("/Lang")), ""),
        statements=read(lambda: _read_statements(info), ()),
        layers_off=read(lambda: _has_layers_off(reader), False),
    )


def _read_labels_pdfium(document: Any) -> tuple[str, ...]:
    labels = tuple(one_line(document.get_page_label(index)) for index in range(len(document)))
    return labels if any(labels) else ()


def _read_outline_pdfium(document: Any) -> Iterator[tuple[int, str, int]]:
    for entry in islice(document.get_toc(), MAX_OUTLINE):
        to, title = entry.get_dest(), one_line(entry.get_title())
        page = to.get_index() if to else None
        if page is not None and title and not is_junk_heading(title):
            yield min(entry.level + 1, MAX_LEVEL), title, page + 1


def _read_statements(info: Any) -> tuple[Statement, ...]:
    made = str(info.creation_date_raw or "")
    return (
        *statements(GuessedField.TITLE, GuessReason.PROPERTIES, info.title),
        *statements(GuessedField.AUTHORS, GuessReason.PROPERTIES, info.author),
        *statements(GuessedField.YEAR, GuessReason.CREATED, made),
    )


def _read_labels(reader: Any) -> tuple[str, ...]:
    if "/PageLabels" not in reader.root_object:
        return ()
    return tuple(one_line(label) for label in reader.page_labels)


def _has_layers_off(reader: Any) -> bool:
    properties = reader.root_object.get("/OCProperties")
    if properties is None:
        return False
    default = properties.get_object().get("/D", {}).get_object()
    off = default.get("/OFF")
    return bool(off and off.get_object()) or default.get("/BaseState") == "/OFF" or "/AS" in default


def _read_outline(
    reader: Any, entries: Sequence[Any], level: int
) -> Iterator[tuple[int, str, int]]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _read_outline(reader, entry, min(level + 1, MAX_LEVEL))
            continue
        page = reader.get_destination_page_number(entry)
        title = one_line(entry.title)
        if page is not None and title and not is_junk_heading(title):
            yield level, title, page + 1


def locate_outline(
    outline: Sequence[tuple[int, str, int]], pages: Sequence[RawPage]
) -> list[RawHeading]:
    """Find each title of the outline in the raw text of its page.

    A title that the page words differently gets the offset where the search for it began. Sorted
    by page and offset.
    """
    texts = {page.number: page.text for page in pages}
    dense: dict[int, tuple[str, list[int]]] = {}
    after: dict[int, int] = {}
    headings = []
    for level, title, number in outline:
        if number not in texts:
            continue
        text, start = texts[number], after.get(number, 0)
        place = text.find(title, start)
        end = place + len(title)
        if place < 0:
            if number not in dense:
                dense[number] = _strip_blanks(text)
            place, end = _find_spaced(title, *dense[number], start)
        after[number] = end
        headings.append(RawHeading(level, title, number, place))
    return sorted(headings, key=lambda heading: (heading.page, heading.offset))


def _strip_blanks(text: str) -> tuple[str, list[int]]:
    """The text in lower case without blanks, and the offset of each of its characters."""
    kept = [(char.lower()[:1], at) for at, char in enumerate(text) if not _is_blank(char)]
    return "".join(char for char, _ in kept), [at for _, at in kept]


def _is_blank(char: str) -> bool:
    return char.isspace() or char in "\u200b\ufffe"


def _find_spaced(title: str, text: str, places: Sequence[int], start: int) -> tuple[int, int]:
    """Start and end of the title after ``start``, blanks ignored; ``start`` twice if not found."""
    wanted, _ = _strip_blanks(title)
    found = text.find(wanted, bisect_left(places, start))
    if found < 0 or not wanted:
        return start, start
    return places[found], places[found + len(wanted) - 1] + 1
