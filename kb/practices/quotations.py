"""Copy words of a document into a card as a quotation with page and source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from kb.messages import N_, Message, PermanentError
from kb.practices.figure_reading import read_figure
from kb.practices.suggestions import sounds_hoped
from kb.practices.terms import StoryPart
from kb.practices.validation import Finding
from kb.storage.tables import Document, PageRow
from kb.text.slugs import number_until_free, slugify

RESULT, COST = "results", "costs"
TARGETS = (RESULT, COST, *(part.value for part in StoryPart))
QUOTED = ("results", "costs", "quotations")
"""Lists of a card whose entries may have a quotation."""


def verbatim(text: str, words: str) -> tuple[int, int] | None:
    """Character range of ``words`` in ``text``, ignoring differences in white space; None if
    absent."""
    parts = [re.escape(word) for word in words.split()]
    found = re.search(r"\s+".join(parts), text) if parts else None
    return found.span() if found else None


def quoted_spans(text: str, words: str) -> list[tuple[int, int]]:
    """Character ranges to mark in the text of a page for quoted words; empty if they are absent."""
    span = verbatim(text, words)
    return [span] if span else []


def take(
    record: dict[str, Any], document: Document, page: PageRow, words: str, target: str, day: date
) -> tuple[dict[str, Any], str, int]:
    """Add a quotation to a card's record, with the figure that can be read in it. Returns the
    record, and list and index of the entry.

    A document that was no source of the card becomes one, read in part on ``day``.

    Raises:
        PermanentError: the words are not on the page, or there is no such target.
    """
    span = verbatim(page.text, words)
    if span is None:
        raise PermanentError(
            N_("These words are not on page {page}: select them in the text of the page."),
            page=page.number,
        )
    if target not in TARGETS:
        raise PermanentError(N_("Say what the words are to stand for in the card."))
    sources, source_id = add_source(record.get("sources", []), document, day)
    quote = page.text[slice(*span)]
    entry: dict[str, Any] = {"source": source_id, "page": str(page.number), "quote": quote}
    name = target if target in (RESULT, COST) else "quotations"
    if name == "quotations":
        entry["section"] = target
    else:
        entry |= _read_fields(quote, document.language, name)
    entries = [one for one in record.get(name, []) if one]
    taken = {**record, "sources": sources, name: [*entries, entry]}
    return taken, name, len(entries)


def _read_fields(quote: str, language: str, target: str) -> dict[str, Any]:
    """Fields of a result or cost that its quotation tells."""
    figure = read_figure(quote, language)
    if figure is None:
        return {}
    if target == COST:
        return figure.cost_fields()
    return figure.result_fields(hoped=sounds_hoped(quote))


def add_source(
    sources: list[dict[str, Any]], document: Document, day: date
) -> tuple[list[dict[str, Any]], str]:
    """The sources with the document among them, as read in part on ``day``; and the source's
    id."""
    for source in sources:
        if source.get("document") == document.id:
            return sources, str(source["id"])
    source = {
        "id": free_source_id(sources, document.publisher or document.title, document.year),
        **source_of(document),
        "accessed": "excerpt",
        "read_on": day.isoformat(),
    }
    return [*(one for one in sources if one), source], str(source["id"])


def source_of(document: Document) -> dict[str, Any]:
    """Fields of a source that is this document."""
    fields = {
        "title": document.title[:200],
        "publisher": (document.publisher or ", ".join(document.authors))[:200],
        "year": document.year,
        "url": document.source_url,
        "language": document.language,
        "document": document.id,
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}


def free_source_id(sources: list[dict[str, Any]], name: str, year: object = None) -> str:
    """An id for a source, from name and year, unused in the card."""
    wanted = slugify(f"{name[:30]} {year or ''}") or "source"
    taken = {source.get("id") for source in sources}
    return number_until_free(wanted, taken)


def find_misquoted(session: Session, values: dict[str, Any]) -> Iterator[Finding]:
    """Quotations that are not on their page. Documents that no longer exist are not checked."""
    held = {
        source.get("id"): source["document"]
        for source in values.get("sources", ())
        if source.get("document")
    }
    for name in QUOTED:
        for n, entry in enumerate(values.get(name, ())):
            document_id, number = held.get(entry.get("source")), page_number(entry.get("page"))
            if not (entry.get("quote") and document_id and number):
                continue
            if session.get(Document, document_id) is None:
                continue
            page = session.get(PageRow, (document_id, number))
            if page is None or verbatim(page.text, entry["quote"]) is None:
                message = Message(
                    N_("These words are not on page {page} of the document: take them again."),
                    {"page": number},
                )
                yield Finding((name, n, "quote"), message)


def page_number(page: object) -> int | None:
    """The first page number in a citation."""
    found = re.search(r"\d{1,9}", str(page or ""))
    return int(found.group()) if found else None
