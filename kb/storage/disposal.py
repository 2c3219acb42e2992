"""Delete originals that no document or version refers to, under the lock that uploads take."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
from sqlalchemy import func, literal, select, union
from sqlalchemy.orm import Session

from kb.messages import TransientError
from kb.storage.db import Database
from kb.storage.history import DocumentVersion
from kb.storage.originals import Originals
from kb.storage.tables import Document

log = structlog.get_logger()


def lock_bytes(session: Session, sha256: str) -> None:
    """Prevent others from adding or removing these bytes until the transaction ends.

    Not needed on SQLite, which has one writer at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int(sha256[:15], 16)  # advisory locks are 63-bit numbers
        session.execute(select(func.pg_advisory_xact_lock(literal(number))))


def referred(session: Session) -> set[str]:
    """The sha256 of every original of a document or version."""
    versions = select(DocumentVersion.content_sha256)
    return set(session.scalars(union(select(Document.content_sha256), versions)))


def discard_originals(
    database: Database,
    originals: Originals,
    page_images_of: Callable[[str], Path],
    sha256s: Iterable[str],
) -> None:
    """Delete originals and their page images, unless a document or version refers to them.

    ``page_images_of``: folder of the page images of a sha256. Call it after the rows were deleted
    and committed, because file deletions cannot be rolled back. Files left by a process killed in
    between are found by ``kb check``.
    """
    for sha256 in sorted(sha256s):
        try:
            with database.transaction() as session:
                lock_bytes(session, sha256)
                if not _is_referred_to(session, sha256):
                    shutil.rmtree(page_images_of(sha256), ignore_errors=True)
                    originals.remove(sha256)
        except TransientError as error:
            log.warning("a file is left for kb check --repair", sha256=sha256, reason=str(error))


def _is_referred_to(session: Session, sha256: str) -> bool:
    present = select(Document.id).where(Document.content_sha256 == sha256)
    others = select(DocumentVersion.document_id).where(DocumentVersion.content_sha256 == sha256)
    return session.scalar(present.union_all(others).limit(1)) is not None
