"""Delete originals that no document or version refers to, under the lock that uploads take."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import func, literal, select, union
from sqlalchemy.orm import Session

from kb.messages import N_, TransientError
from kb.storage.db import Database
from kb.storage.history import DocumentVersion
from kb.storage.originals import Originals
from kb.storage.tables import Document

log = structlog.get_logger()


LOCKS = "originals.locks"
"""Folder beside an SQLite database, with an empty file for each two first digits of a sha256."""


@contextmanager
def adding_bytes(
    database: Database, sha256: str, complete: Callable[[], None]
) -> Iterator[Session]:
    """A transaction during which no other adds or removes these bytes.

    ``complete`` is called once that is so, and stores the bytes if they are not there any more. On
    SQLite the transaction begins afterwards: the only lock for writing is not held while a store on
    the network is waited for.
    """
    on_sqlite = database.engine.dialect.name == "sqlite"
    with _locked_bytes(database, sha256):
        if on_sqlite:
            complete()
        with database.transaction() as session:
            _lock_bytes(session, sha256)
            if not on_sqlite:
                complete()
            yield session


@contextmanager
def _locked_bytes(database: Database, sha256: str) -> Iterator[None]:
    """On SQLite: prevent others from adding or removing these bytes during the block. Enter it
    outside of transactions. Raises TransientError if the lock file cannot be made."""
    file = database.url.database
    if database.engine.dialect.name != "sqlite" or not file:
        yield
        return
    folder = Path(file).parent / LOCKS
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = (folder / sha256[:2]).open("a")
    except OSError as error:
        raise TransientError(
            N_("The file could not be stored ({reason}): free some disk space and try again."),
            reason=error.strerror or str(error),
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock_bytes(session: Session, sha256: str) -> None:
    """On PostgreSQL: prevent others from adding or removing these bytes until the transaction
    ends. On SQLite ``_locked_bytes`` does."""
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
            with _locked_bytes(database, sha256), database.session() as session:
                _lock_bytes(session, sha256)
                if not _is_referred_to(session, sha256):
                    shutil.rmtree(page_images_of(sha256), ignore_errors=True)
                    originals.remove(sha256)
        except TransientError as error:
            log.warning("a file is left for kb check --repair", sha256=sha256, reason=str(error))


def _is_referred_to(session: Session, sha256: str) -> bool:
    present = select(Document.id).where(Document.content_sha256 == sha256)
    others = select(DocumentVersion.document_id).where(DocumentVersion.content_sha256 == sha256)
    return session.scalar(present.union_all(others).limit(1)) is not None
