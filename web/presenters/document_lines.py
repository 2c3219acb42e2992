"""Documents as lines of their list: picture, data, state, what is to confirm, words found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from ingest.processes.render import MEDIA_TYPE
from kb.access import Access, Right
from kb.domain import Status
from kb.storage import jobs
from kb.storage.tables import Document, Item, PageRow
from web.presenters.guesses import Description, build_description, find_guessed
from web.presenters.jobs import Progress, read_progress
from web.presenters.page_names import name_page
from web.presenters.page_text import ShownPiece
from web.presenters.tiles import DocumentCard, document_card
from web.presenters.words_in_document import find_in_document, show_in_context
from web.rendering.i18n import Locale
from web.rendering.names import VISIBILITIES


@dataclass(frozen=True)
class WordsFound:
    """The first place of the words in a document: page, its address, the words around it."""

    page: str
    url: str
    pieces: tuple[ShownPiece, ...]


@dataclass(frozen=True)
class DocumentLine:
    """``thumbnail`` is empty for formats without page images; ``work`` is None if it is ready."""

    card: DocumentCard
    thumbnail: str
    format: str
    visibility: str
    work: Progress | None
    to_confirm: Description | None
    found: WordsFound | None


def present_lines(
    session: Session, access: Access, items: Sequence[Item], words: str, reader: Locale
) -> list[DocumentLine]:
    """The documents among the items. ``words``: those looked for in their text, or empty."""
    documents = [item for item in items if isinstance(item, Document)]
    ready = [one.id for one in documents if one.status is Status.READY]
    to_confirm = find_guessed(session, ready) if access.may(Right.DOCUMENTS) else set()
    return [
        _line(session, one, words, reader, is_guessed=one.id in to_confirm) for one in documents
    ]


def _line(
    session: Session, document: Document, words: str, reader: Locale, *, is_guessed: bool
) -> DocumentLine:
    ready = document.status is Status.READY
    described = build_description(session, document, reader) if is_guessed else None
    pictured = document.media_type == MEDIA_TYPE and document.page_count
    version = document.content_sha256[:12]
    return DocumentLine(
        card=document_card(document, reader),
        thumbnail=f"/documents/{document.id}/pages/1/thumbnail?of={version}" if pictured else "",
        format=document.filename.rpartition(".")[2].upper()[:5],
        visibility=reader.gettext(VISIBILITIES[document.visibility]),
        work=None if ready else _read_work(session, document, reader),
        to_confirm=described if described and described.open else None,
        found=_find(session, document, words, reader) if words else None,
    )


def _read_work(session: Session, document: Document, reader: Locale) -> Progress:
    return read_progress(document, jobs.find_newest(session, document.id), reader)


def _find(session: Session, document: Document, words: str, reader: Locale) -> WordsFound | None:
    found = find_in_document(session, document, words)
    if not found.pages:
        return None
    hits = found.pages[0]
    page = session.get(PageRow, (document.id, hits.page))
    if page is None:
        return None
    query = urlencode({"q": words})
    return WordsFound(
        name_page(document, page, reader),
        f"/documents/{document.id}/pages/{hits.page}?{query}#passage",
        show_in_context(page.text, hits.spans[0]),
    )
