"""Links to pages of document versions that were replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.versions import find_older_version_with
from kb.practices.quotations import verbatim
from kb.storage.history import DocumentVersion, VersionPage, VersionState
from kb.storage.tables import Document
from web.presenters import queries


@dataclass(frozen=True)
class PageReference:
    """The target of a link: page, and optionally passage, quotation and version number."""

    page: int
    passage: str = ""
    quote: str = ""
    version: int = 0


def find_older_version(
    session: Session, document: Document, cited: PageReference, *, may_read: bool
) -> DocumentVersion | None:
    """The replaced version that the link means; None if it is the present one.

    Without ``may_read`` older texts are not searched: a quotation is looked up in the present
    version only.
    """
    if cited.version:
        return find_replaced_version(session, document.id, cited.version)
    if cited.passage:
        here = queries.find_passage(session, document, cited.passage)
        return None if here else find_older_version_with(session, document.id, cited.passage)
    present = queries.find_page(session, document, cited.page)
    if present is not None and (not cited.quote or verbatim(present.text, cited.quote)):
        return None
    if cited.quote and not may_read:
        return None
    pages = session.scalars(
        select(VersionPage)
        .where(VersionPage.document_id == document.id, VersionPage.number == cited.page)
        .order_by(VersionPage.version.desc())
    )
    found = (page for page in pages if not cited.quote or verbatim(page.text, cited.quote))
    page = next(found, None)
    return session.get(DocumentVersion, (document.id, page.version)) if page else None


def list_replaced_versions(session: Session, document_id: str) -> Sequence[DocumentVersion]:
    """The versions that were once the present one, newest first."""
    query = select(DocumentVersion).where(
        DocumentVersion.document_id == document_id,
        DocumentVersion.state == VersionState.REPLACED,
    )
    return session.scalars(query.order_by(DocumentVersion.number.desc())).all()


def find_replaced_version(
    session: Session, document_id: str, number: int
) -> DocumentVersion | None:
    """The version with that number, if it was once the present one."""
    row = session.get(DocumentVersion, (document_id, number))
    return row if row is not None and row.state is VersionState.REPLACED else None


def address_in_version(version: DocumentVersion, cited: PageReference, *, may_see: bool) -> str:
    """The page in that version; without ``may_see`` the document's page, with a note that there is
    a newer version."""
    if not may_see:
        return f"/documents/{version.document_id}?older={version.number}"
    address = f"/documents/{version.document_id}/versions/{version.number}/pages/{cited.page}"
    words = {"passage": cited.passage, "quote": cited.quote}
    query = urlencode({name: value for name, value in words.items() if value})
    return f"{address}?{query}" if query else address
