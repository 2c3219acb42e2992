"""Rebuild an item's ``Content`` from SQL, without its original file."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.extracted_item import Content
from ingest.text.passage_rules import rules_of, token_counter
from ingest.text.split import split_passages
from kb.domain import Edit, Heading, Page, Passage, Span, Table
from kb.settings import Settings
from kb.storage.tables import Document, Item, PageRow, PassageRow
from kb.text.language import detect


def from_passages(session: Session, item: Item) -> Content:
    """Content with the stored passages; ``pages`` is empty."""
    rows = session.scalars(
        select(PassageRow).where(PassageRow.item_id == item.id).order_by(PassageRow.ordinal)
    )
    passages = tuple(
        Passage(
            id=row.id,
            ordinal=row.ordinal,
            text=row.text,
            heading_path=tuple(row.heading_path),
            language=row.language,
            spans=tuple(Span(*span) for span in row.spans),
        )
        for row in rows
    )
    return Content(item.title, passages, item.language)


def from_pages(session: Session, document: Document, settings: Settings) -> Content:
    """Content with passages split anew from the stored pages, by the present rules and model."""
    pages = _pages(session, document)
    passages = split_passages(
        pages,
        [Heading(**heading) for heading in document.outline],
        title=document.title,
        content_key=document.content_sha256,
        rules=rules_of(settings),
        count=token_counter(settings),
        language_of=lambda text: detect(text, document.language).language,
    )
    return Content(document.title, passages, document.language)


def _pages(session: Session, document: Document) -> list[Page]:
    rows = session.scalars(
        select(PageRow).where(PageRow.document_id == document.id).order_by(PageRow.number)
    )
    return [
        Page(
            number=row.number,
            label=row.label,
            raw=row.raw,
            text=row.text,
            edits=tuple(Edit(*edit) for edit in row.edits),
            verdict=row.verdict,
            tables=tuple(Table(*table) for table in row.tables),
        )
        for row in rows
    ]
