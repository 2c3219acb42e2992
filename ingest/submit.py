"""Accept an uploaded file: store the bytes, add row and job in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ingest.extract.shared.about import one_line
from ingest.metadata import Metadata
from kb.access import OPERATOR, Access
from kb.accounts import audit
from kb.citations.csl import names_of
from kb.domain import Kind, Status, Visibility
from kb.messages import N_, PermanentError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.disposal import adding_bytes
from kb.storage.history import DocumentVersion
from kb.storage.locks import locked_item
from kb.storage.originals import Stored
from kb.storage.tables import Document, Item


@dataclass(frozen=True)
class Accepted:
    """Result of a submission. ``existing``: the same bytes were here before and no document was
    added; if its processing had failed, it was queued again. ``unused``: metadata fields given with
    the file that differ from the existing document's, which is not changed."""

    id: str
    status: Status
    existing: bool
    unused: tuple[str, ...] = ()


def submit(
    services: Services,
    stream: IO[bytes],
    filename: str,
    metadata: Metadata | None = None,
    access: Access = OPERATOR,
) -> Accepted:
    """Accept a document. When this returns, file and job are on disk.

    Raises:
        PermanentError: the file is empty or too large.
        TransientError: the disk or the database did not take it.
    """
    with accept_bytes(services, stream) as (session, stored):
        return add_document(session, stored, filename, metadata or Metadata(), access)


def add_document(
    session: Session, stored: Stored, filename: str, metadata: Metadata, access: Access
) -> Accepted:
    """Add and queue a document for stored bytes, or return the existing one with these bytes,
    unchanged."""
    known = same_bytes(session, stored.sha256)
    if known is not None:
        if known.status is Status.FAILED:
            jobs.enqueue_index(session, known, access.account_id)
        return Accepted(known.id, known.status, True, _differing_fields(known, metadata))
    document = _document_row(stored, filename, metadata)
    session.add(document)
    session.flush()
    jobs.enqueue_index(session, document, access.account_id)
    audit.record_event(session, access, "document.add", document.id, filename=document.filename)
    return Accepted(document.id, document.status, existing=False)


@contextmanager
def accept_bytes(services: Services, stream: IO[bytes]) -> Iterator[tuple[Session, Stored]]:
    """Store the bytes, and open a transaction during which no other adds or removes the same bytes.

    Bytes to which no row refers after the transaction are removed.
    """
    max_bytes = services.settings.max_upload_mb << 20
    services.require_space()
    stored = services.originals.add(stream, max_bytes)

    def complete() -> None:
        if not services.originals.exists(stored.sha256):  # deleted in between
            stream.seek(0)
            services.originals.add(stream, max_bytes)

    try:
        services.require_space()
        with adding_bytes(services.database, stored.sha256, complete) as session:
            yield session, stored
    except Exception:
        services.discard_originals({stored.sha256})
        raise


def same_bytes(session: Session, sha256: str) -> Document | None:
    """The document that has these bytes in its present or another version, or None."""
    versions = select(DocumentVersion.document_id).where(DocumentVersion.content_sha256 == sha256)
    return session.scalars(
        select(Document)
        .where(
            or_(Document.content_sha256 == sha256, Document.id.in_(versions)),
            Document.status != Status.DELETED,
        )
        .order_by(Document.created_at)
    ).first()


def live_item(session: Session, item_id: str) -> Item:
    """The item, locked until the transaction ends.

    Raises:
        PermanentError: there is no such item.
    """
    item = locked_item(session, item_id)
    if item is None or item.status == Status.DELETED:
        raise PermanentError(
            N_("There is no document {id}: it was deleted or never existed."), id=item_id
        )
    return item


def _differing_fields(document: Document, metadata: Metadata) -> tuple[str, ...]:
    """Fields that were filled in and differ from the document's. PUBLIC visibility counts as not
    filled in, because it is the default of the form."""
    present = {name: getattr(document, name) for name in Metadata.model_fields}
    present["themes"] = sorted(document.themes)
    present["authors"] = names_of(document)
    given = (name for name in metadata.given() if getattr(metadata, name) != present[name])
    return tuple(
        name for name in given if name != "visibility" or metadata.visibility != Visibility.PUBLIC
    )


def _document_row(stored: Stored, filename: str, metadata: Metadata) -> Document:
    document = Document(
        kind=Kind.DOCUMENT,
        title=metadata.title or one_line(filename) or "?",
        language=metadata.language,
        visibility=metadata.visibility,
        status=Status.QUEUED,
        year=metadata.year,
        country=metadata.country,
        content_sha256=stored.sha256,
        filename=one_line(filename)[-255:],
        size=stored.size,
        authors=[name.shown for name in metadata.authors],
        author_names=[name.as_json() for name in metadata.authors],
        publisher=metadata.publisher,
        licence=metadata.licence,
        source_url=metadata.source_url,
        given=metadata.given(),
    )
    document.themes = metadata.themes
    return document
