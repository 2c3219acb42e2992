"""A file is accepted: bytes in the content store, its row and its job in SQL, then the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.metadata import Metadata
from kb.domain import Kind, Status
from kb.messages import N_, Message, PermanentError
from kb.services import Services
from kb.storage import jobs
from kb.storage.history import RemovedItem
from kb.storage.tables import Document, Item, Operation, now

CANCELLED = Message(N_("The work was cancelled: upload the file again or delete the document."))


@dataclass(frozen=True)
class Accepted:
    """``existing`` is true when the same bytes were here before, and nothing was added: if the
    work on them had failed, it is queued again."""

    id: str
    status: Status
    existing: bool


def submit(
    services: Services, stream: IO[bytes], filename: str, metadata: Metadata | None = None
) -> Accepted:
    """Accept a document: nothing is lost from the moment this returns.

    Raises:
        PermanentError: the file is empty or too large.
        TransientError: the disk or the database did not take it.
    """
    metadata = metadata or Metadata()
    max_bytes = services.settings.max_upload_mb << 20
    stored = services.originals.add(stream, max_bytes)
    with services.database.transaction() as session:
        known = _same_bytes(session, stored.sha256)
        if known is not None:
            if known.status is Status.FAILED:
                _queue(session, known)
            return Accepted(known.id, known.status, existing=True)
        document = Document(
            kind=Kind.DOCUMENT,
            title=metadata.title or filename,
            language=metadata.language,
            visibility=metadata.visibility,
            status=Status.QUEUED,
            year=metadata.year,
            country=metadata.country,
            content_sha256=stored.sha256,
            filename=filename[-255:],
            size=stored.size,
            authors=metadata.authors,
            publisher=metadata.publisher,
            licence=metadata.licence,
            source_url=metadata.source_url,
            given=metadata.given(),
        )
        document.themes = metadata.themes
        session.add(document)
        session.flush()
        jobs.enqueue(session, document.id, Operation.INDEX)
        if not services.originals.path(stored.sha256).exists():
            # A deletion of the same bytes finished in between; the write lock keeps it out now.
            stream.seek(0)
            services.originals.add(stream, max_bytes)
        accepted = Accepted(document.id, document.status, existing=False)
    services.work_arrived.set()
    return accepted


def retry(services: Services, item_id: str) -> None:
    """Put an item back into the queue, whatever state it is in.

    Raises:
        PermanentError: there is no such item.
    """
    with services.database.transaction() as session:
        _queue(session, _live_item(session, item_id))
    services.work_arrived.set()


def cancel(services: Services, item_id: str) -> None:
    """Stop working on an item; it can be retried or deleted later.

    Raises:
        PermanentError: there is no such item.
    """
    with services.database.transaction() as session:
        item = _live_item(session, item_id)
        if item.status in (Status.QUEUED, Status.PROCESSING):
            jobs.cancel(session, item_id)
            item.status, item.reason = Status.FAILED, CANCELLED.as_json()


def delete(services: Services, item_id: str) -> None:
    """Hide an item at once; its points, passages and bytes are removed by the worker.

    Raises:
        PermanentError: there is no such item.
    """
    with services.database.transaction() as session:
        item = _live_item(session, item_id)
        item.status = Status.DELETED
        session.merge(
            RemovedItem(
                id=item.id,
                kind=item.kind,
                title=item.title,
                language=item.language,
                visibility=item.visibility,
                removed_at=now(),
            )
        )
        jobs.enqueue(session, item_id, Operation.DELETE)
    services.work_arrived.set()


def _queue(session: Session, item: Item) -> None:
    item.status, item.reason = Status.QUEUED, None
    jobs.enqueue(session, item.id, Operation.INDEX)


def _same_bytes(session: Session, sha256: str) -> Document | None:
    return session.scalars(
        select(Document).where(Document.content_sha256 == sha256, Document.status != Status.DELETED)
    ).first()


def _live_item(session: Session, item_id: str) -> Item:
    item = session.get(Item, item_id)
    if item is None or item.status == Status.DELETED:
        raise PermanentError(
            N_("There is no document {id}: it was deleted or never existed."), id=item_id
        )
    return item
