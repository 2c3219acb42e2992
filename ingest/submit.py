"""A file is accepted: bytes in the content store, its row and its job in SQL, then the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ingest.extract.about import one_line
from ingest.metadata import Metadata
from kb.access import OPERATOR, Access
from kb.accounts import audit
from kb.citations.csl import names_of
from kb.domain import Kind, Status, Visibility
from kb.messages import N_, PermanentError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.disposal import lock_bytes
from kb.storage.history import DocumentVersion
from kb.storage.locks import locked_item
from kb.storage.originals import Stored
from kb.storage.tables import Document, Item


@dataclass(frozen=True)
class Accepted:
    """``existing`` is true when the same bytes were here before, and nothing was added: if the
    work on them had failed, it is queued again. ``unused``: fields of the description that came
    with them and say something else than the document's, which stays as it is."""

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
    """Accept a document: nothing is lost from the moment this returns.

    Raises:
        PermanentError: the file is empty or too large.
        TransientError: the disk or the database did not take it.
    """
    with accept_bytes(services, stream) as (session, stored):
        return add_document(session, stored, filename, metadata or Metadata(), access)


def add_document(
    session: Session, stored: Stored, filename: str, metadata: Metadata, access: Access
) -> Accepted:
    """A document of bytes that are stored, and its place in the queue; the one that has these bytes
    already stays as it is."""
    known = same_bytes(session, stored.sha256)
    if known is not None:
        if known.status is Status.FAILED:
            jobs.enqueue_index(session, known, access.account_id)
        return Accepted(known.id, known.status, True, _differing(known, metadata))
    document = _document(stored, filename, metadata)
    session.add(document)
    session.flush()
    jobs.enqueue_index(session, document, access.account_id)
    audit.record_event(session, access, "document.add", document.id, filename=document.filename)
    return Accepted(document.id, document.status, existing=False)


@contextmanager
def accept_bytes(services: Services, stream: IO[bytes]) -> Iterator[tuple[Session, Stored]]:
    """Bytes on disk, and a transaction in which nobody else adds or removes them.

    Bytes that the transaction does not come to refer to are removed again.
    """
    max_bytes = services.settings.max_upload_mb << 20
    services.require_space()
    stored = services.originals.add(stream, max_bytes)
    try:
        services.require_space()
        with services.database.transaction() as session:
            lock_bytes(session, stored.sha256)
            yield session, stored
            if not services.originals.path(stored.sha256).exists():
                # A deletion of the same bytes finished in between; the lock keeps it out now.
                stream.seek(0)
                services.originals.add(stream, max_bytes)
    except Exception:
        services.discard_originals({stored.sha256})
        raise


def same_bytes(session: Session, sha256: str) -> Document | None:
    """The document that has these bytes, as its present or another version."""
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
    """The item, which nobody else changes until the transaction ends.

    Raises:
        PermanentError: there is no such item.
    """
    item = locked_item(session, item_id)
    if item is None or item.status == Status.DELETED:
        raise PermanentError(
            N_("There is no document {id}: it was deleted or never existed."), id=item_id
        )
    return item


def _differing(document: Document, metadata: Metadata) -> tuple[str, ...]:
    """The fields that were filled in and are others in the document. That everybody may see it
    counts as not filled in: it is so where nothing was chosen."""
    present = {name: getattr(document, name) for name in Metadata.model_fields}
    present["themes"] = sorted(document.themes)
    present["authors"] = names_of(document)
    given = (name for name in metadata.given() if getattr(metadata, name) != present[name])
    return tuple(
        name for name in given if name != "visibility" or metadata.visibility != Visibility.PUBLIC
    )


def _document(stored: Stored, filename: str, metadata: Metadata) -> Document:
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
