"""What a PDF says about itself, read with pypdf: metadata, language, page labels, outline."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.extract.about import (
    is_junk_heading,
    one_line,
    sensible_authors,
    sensible_language,
    sensible_title,
)
from ingest.extract.extracted import RawHeading, RawPage, Statement, statements
from ingest.extract.pdf_readers import PypdfReader
from ingest.extract.timing import time_limit
from kb.domain import GuessedField, GuessReason

LEAST_S = 0.1
MAX_OUTLINE = 3000
MAX_LEVEL = 6


@dataclass(frozen=True)
class PdfAbout:
    """``outline``: (level, title, page from 1) in reading order."""

    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    statements: tuple[Statement, ...] = ()
    labels: tuple[str, ...] = ()
    outline: tuple[tuple[int, str, int], ...] = ()
    layers_off: bool = False
    """Whether layers are switched off when the document opens."""


def about(pypdf: PypdfReader, patience_s: float) -> PdfAbout:
    """Each part for itself: a damaged one is as if it were not there. In all no longer than
    ``patience_s``."""
    reader = pypdf.reader
    deadline = time.monotonic() + patience_s

    def read(part: Any, otherwise: Any) -> Any:
        try:
            with time_limit(max(deadline - time.monotonic(), LEAST_S)):
                return part()
        except Exception:  # pypdf raises whatever a damaged object led to
            return otherwise

    info: Any = read(lambda: reader.metadata, None)
    title = read(lambda: sensible_title(info.title), "")
    return PdfAbout(
        title=title,
        authors=read(lambda: sensible_authors([info.author]), ()),
        language=read(lambda: sensible_language(reader.root_object.get("/Lang")), ""),
        statements=read(lambda: _statements(info), ()),
        labels=read(lambda: _labels(reader), ()),
        outline=read(lambda: tuple(_outline(reader, reader.outline, 1)), ())[:MAX_OUTLINE],
        layers_off=read(lambda: _layers_off(reader), False),
    )


def _statements(info: Any) -> tuple[Statement, ...]:
    made = str(info.creation_date_raw or "")
    return (
        *statements(GuessedField.TITLE, GuessReason.PROPERTIES, info.title),
        *statements(GuessedField.AUTHORS, GuessReason.PROPERTIES, info.author),
        *statements(GuessedField.YEAR, GuessReason.CREATED, made),
    )


def _labels(reader: Any) -> tuple[str, ...]:
    if "/PageLabels" not in reader.root_object:
        return ()
    return tuple(one_line(label) for label in reader.page_labels)


def _layers_off(reader: Any) -> bool:
    properties = reader.root_object.get("/OCProperties")
    if properties is None:
        return False
    default = properties.get_object().get("/D", {}).get_object()
    off = default.get("/OFF")
    return bool(off and off.get_object()) or default.get("/BaseState") == "/OFF" or "/AS" in default


def _outline(reader: Any, entries: Sequence[Any], level: int) -> Iterator[tuple[int, str, int]]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(reader, entry, min(level + 1, MAX_LEVEL))
            continue
        page = reader.get_destination_page_number(entry)
        title = one_line(entry.title)
        if page is not None and title and not is_junk_heading(title):
            yield level, title, page + 1


def placed(outline: Sequence[tuple[int, str, int]], pages: Sequence[RawPage]) -> list[RawHeading]:
    """The outline with the place of each title in its page's raw text (its start where the
    page words it otherwise), in the order of the text."""
    texts = {page.number: page.text for page in pages}
    after: dict[int, int] = {}
    headings = []
    for level, title, number in outline:
        if number not in texts:
            continue
        start, end = _find(title, texts[number], after.get(number, 0))
        after[number] = end
        headings.append(RawHeading(level, title, number, start))
    return sorted(headings, key=lambda heading: (heading.page, heading.offset))


def _find(title: str, text: str, start: int) -> tuple[int, int]:
    """Where the title stands after ``start``, however spaced; nowhere is at ``start`` itself."""
    plain = text.find(title, start)
    if plain >= 0:
        return plain, plain + len(title)
    spaced = r"[\s\u200b\ufffe]*".join(map(re.escape, title.replace(" ", "")))
    found = re.compile(spaced, re.IGNORECASE).search(text, start)
    return found.span() if found else (start, start)
