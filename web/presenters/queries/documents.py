"""Documents, their pages and passages as the caller may see them, read from SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status, Verdict
from kb.storage.history import NearDuplicate
from kb.storage.tables import Document, Item, PageRow, PassageRow
from web.presenters.queries.items import build_not_found, find_item, select_visible


def find_document(session: Session, access: Access, document_id: str) -> Document | None:
    """The document, or None if it does not exist or may not be seen."""
    row = find_item(session, access, document_id, Kind.DOCUMENT)
    return row if isinstance(row, Document) else None


def require_document(session: Session, access: Access, document_id: str) -> Document:
    """As ``find_document``. Raises NotFound instead of returning None."""
    document = find_document(session, access, document_id)
    if document is None:
        raise build_not_found(session, access, document_id)
    return document


def find_page(session: Session, document: Document, number: int) -> PageRow | None:
    """Page ``number``, from 1. The caller has checked that the document may be seen."""
    return session.get(PageRow, (document.id, number))


def find_empty_pages(session: Session, document: Document) -> list[int]:
    """Numbers of the pages without text. The caller has checked that the document may be seen."""
    empty = select(PageRow.number).where(
        PageRow.document_id == document.id, PageRow.verdict == Verdict.EMPTY
    )
    return list(session.scalars(empty.order_by(PageRow.number)))


def find_passage(session: Session, document: Document, passage_id: str) -> PassageRow | None:
    """The passage, if it is one of the document. The caller has checked the document."""
    passage = session.get(PassageRow, passage_id) if passage_id else None
    return passage if passage is not None and passage.item_id == document.id else None


def find_near_duplicates(
    session: Session, access: Access, document_id: str
) -> list[tuple[Document, float]]:
    """Near-duplicate documents with their estimated Jaccard similarity (0..1), highest first."""
    shares: dict[str, float] = {}
    pairs = select(NearDuplicate).where(
        (NearDuplicate.document_id == document_id) | (NearDuplicate.other_id == document_id)
    )
    for pair in session.scalars(pairs):
        other = pair.other_id if pair.document_id == document_id else pair.document_id
        shares[other] = pair.share
    items = session.scalars(select_visible(access, Kind.DOCUMENT).where(Item.id.in_(shares)))
    documents = [(item, shares[item.id]) for item in items if isinstance(item, Document)]
    return sorted(documents, key=lambda pair: -pair[1])


def recently_added_documents(session: Session, access: Access, limit: int) -> Sequence[Item]:
    """Searchable documents, the newest first."""
    ready = select_visible(access, Kind.DOCUMENT).where(Item.status == Status.READY)
    return session.scalars(ready.order_by(Item.created_at.desc()).limit(limit)).all()


def list_failed(session: Session, access: Access) -> Sequence[Item]:
    """Documents that could not be read, the last failed first."""
    failed = select_visible(access, Kind.DOCUMENT).where(Item.status == Status.FAILED)
    return session.scalars(failed.order_by(Item.updated_at.desc())).all()
