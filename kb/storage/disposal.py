"""Files go when nothing refers to them any more, and never under the hands of an upload."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import func, literal, select, union
from sqlalchemy.orm import Session

from kb.storage.history import DocumentVersion
from kb.storage.tables import Document

if TYPE_CHECKING:
    from kb.services import Services


def lock_bytes(session: Session, sha256: str) -> None:
    """Let nobody else add or remove these bytes until the transaction ends.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int(sha256[:15], 16)  # advisory locks are numbers of 63 bits
        session.execute(select(func.pg_advisory_xact_lock(literal(number))))


def referred(session: Session) -> set[str]:
    """The sha256 of every original that a document or a version of one has."""
    versions = select(DocumentVersion.content_sha256)
    return set(session.scalars(union(select(Document.content_sha256), versions)))


def discard(services: Services, session: Session, sha256: str) -> None:
    """Remove an original and the images of its pages, unless a document or version has it."""
    lock_bytes(session, sha256)
    session.flush()
    present = select(Document.id).where(Document.content_sha256 == sha256)
    others = select(DocumentVersion.document_id).where(DocumentVersion.content_sha256 == sha256)
    if session.scalar(present.union_all(others).limit(1)) is not None:
        return
    services.originals.remove(sha256)
    shutil.rmtree(services.settings.page_images_of(sha256), ignore_errors=True)
