"""Sentences with figures, offered to a card from the documents that its sources name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.practices.figure_reading import ReadFigure, read_figure
from kb.practices.suggestions import SuggestedResult, find_suggestions
from kb.storage.tables import Document
from web.rendering.i18n import Locale

MOST_OFFERED = 6
"""Sentences of each document; the page of the document lists all."""
MOST_DOCUMENTS = 8


@dataclass(frozen=True)
class OfferedFigure:
    """``label``: the figure that would be filled in, empty if none can be read."""

    suggestion: SuggestedResult
    label: str
    baseline: str
    year: int | None


@dataclass(frozen=True)
class OfferingDocument:
    document: Document
    offered: tuple[OfferedFigure, ...]


def offer_figures(
    session: Session, access: Access, record: Mapping[str, Any], name: str, reader: Locale
) -> list[OfferingDocument]:
    """For ``results`` all figures, for ``costs`` those of money; without those that the card
    quotes already."""
    quoted = {str(entry.get("quote")) for entry in record.get(name, ())}
    offering = []
    for document in _documents(session, access, record):
        offered = [
            one
            for one in _offer(find_suggestions(session, document), document, name, reader)
            if one.suggestion.text not in quoted
        ]
        if offered:
            offering.append(OfferingDocument(document, tuple(offered[:MOST_OFFERED])))
    return offering


def offer_one(suggestion: SuggestedResult, language: str, reader: Locale) -> OfferedFigure:
    """A suggestion with the figure that would be filled in."""
    figure = read_figure(suggestion.text, language)
    if figure is None:
        return OfferedFigure(suggestion, "", "", None)
    before = "" if figure.baseline is None else reader.number(figure.baseline)
    return OfferedFigure(suggestion, _write(figure, reader), before, figure.year)


def find_documents(
    session: Session, access: Access, record: Mapping[str, Any], words: str
) -> Sequence[Document]:
    """Documents whose title has all the words, the newest first, without those of the card."""
    used = [str(one.get("document")) for one in record.get("sources", ()) if one.get("document")]
    query = select(Document).where(
        Document.visibility.in_(access.visibilities),
        Document.status != Status.DELETED,
        Document.id.not_in(used),
    )
    for word in words.split()[:10]:
        query = query.where(Document.title.icontains(word, autoescape=True))
    return session.scalars(query.order_by(Document.created_at.desc()).limit(MOST_DOCUMENTS)).all()


def _offer(
    suggestions: Sequence[SuggestedResult], document: Document, name: str, reader: Locale
) -> Iterator[OfferedFigure]:
    for one in suggestions:
        figure = read_figure(one.text, document.language) if name == "costs" else None
        if name != "costs" or (figure is not None and figure.currency):
            yield offer_one(one, document.language, reader)


def _documents(session: Session, access: Access, record: Mapping[str, Any]) -> Iterator[Document]:
    for source in record.get("sources", ()):
        document = session.get(Document, str(source.get("document") or ""))
        if document is None or document.status is not Status.READY:
            continue
        if document.visibility in access.visibilities:
            yield document


def _write(figure: ReadFigure, reader: Locale) -> str:
    return f"{reader.number(figure.value)} {figure.unit or figure.unit_en}".strip()
