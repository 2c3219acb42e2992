"""Files go when nothing refers to them any more, and never under the hands of an upload."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import func, literal, select, union
from sqlalchemy.orm import Session

from kb.messages import TransientError
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


def discard(services: Services, sha256s: Iterable[str]) -> None:
    """Remove originals and the images of their pages, unless a document or version has them.

    Call it when the rows that had them are gone for good: files do not come back when a
    transaction fails. What a program that dies in between leaves is named by ``kb check``.
    """
    for sha256 in sorted(sha256s):
        with suppress(TransientError), services.database.transaction() as session:
            lock_bytes(session, sha256)
            _discard(services, session, sha256)


def _discard(services: Services, session: Session, sha256: str) -> None:
    present = select(Document.id).where(Document.content_sha256 == sha256)
    others = select(DocumentVersion.document_id).where(DocumentVersion.content_sha256 == sha256)
    if session.scalar(present.union_all(others).limit(1)) is not None:
        return
    services.originals.remove(sha256)
    shutil.rmtree(services.settings.page_images_of(sha256), ignore_errors=True)
