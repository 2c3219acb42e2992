"""Versions of a document: a new version is read while the present one is searchable, then replaces
it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import IO

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from ingest.submit import Accepted, accept_bytes, live_item, same_bytes
from kb.access import OPERATOR, Access
from kb.accounts import audit
from kb.domain import Status
from kb.messages import N_, Message, PermanentError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.history import DocumentVersion, VersionPage, VersionState
from kb.storage.originals import Stored
from kb.storage.tables import Document, Operation, PageRow, PassageRow, now

WAITING = (VersionState.INCOMING, VersionState.FAILED)
COPIED = ("content_sha256", "filename", "media_type", "size", "unit", "page_count", "title")


def submit_version(
    services: Services,
    document_id: str,
    stream: IO[bytes],
    filename: str,
    access: Access = OPERATOR,
    check: Callable[[Document], None] | None = None,
) -> Accepted:
    """Accept a new version of a document. The present one stays until the new one is ready. A
    version that was waiting to be read, or had failed, is replaced.

    ``check`` may refuse the document as it is by raising an error.

    Raises:
        PermanentError: there is no such document, or the bytes belong to another document.
        TransientError: the disk or the database did not take it.
    """
    given_up: set[str] = set()
    with accept_bytes(services, stream) as (session, stored):
        document = live_item(session, document_id)
        if not isinstance(document, Document):
            raise PermanentError(N_("Only documents have versions: edit the practice itself."))
        if check:
            check(document)
        known = same_bytes(session, stored.sha256)
        if known is not None and known.id != document_id:
            raise PermanentError(
                N_("This file is here already, as “{title}”: delete that document first."),
                title=known.title,
            )
        if document.content_sha256 == stored.sha256:
            return Accepted(document_id, document.status, existing=True)
        waiting = waiting_version(session, document_id)
        if waiting is not None and waiting.content_sha256 != stored.sha256:
            given_up.add(waiting.content_sha256)
            session.delete(waiting)
            session.flush()
            waiting = None
        if waiting is None:
            session.add(_incoming_row(document, stored, filename))
        set_pending_version_state(session, document_id, VersionState.INCOMING, None)
        jobs.enqueue_index(session, document, access.account_id, stored.size)
        audit.record_event(
            session, access, "document.version", document_id, filename=filename[-255:]
        )
        accepted = Accepted(document_id, document.status, existing=False)
    services.discard_originals(given_up)
    return accepted


def withdraw_version(services: Services, document_id: str, access: Access = OPERATOR) -> None:
    """Discard the version that is waiting to be read or has failed; the present one stays.

    Raises:
        PermanentError: there is no such document.
    """
    with services.database.transaction() as session:
        document = live_item(session, document_id)
        version = waiting_version(session, document_id)
        if version is None:
            return
        session.delete(version)
        session.flush()
        if document.status is Status.READY:
            # The cancelled job may have been embedding a changed title.
            jobs.enqueue(session, document_id, Operation.REFRESH, access.account_id)
        else:
            jobs.enqueue_index(session, document, access.account_id)
        audit.record_event(session, access, "document.version_withdraw", document_id)
    services.discard_originals({version.content_sha256})


def waiting_version(session: Session, document_id: str) -> DocumentVersion | None:
    """The version that is to replace the present one, or failed to, or None."""
    return session.scalars(
        select(DocumentVersion).where(
            DocumentVersion.document_id == document_id, DocumentVersion.state.in_(WAITING)
        )
    ).one_or_none()


def incoming_version(session: Session, document_id: str) -> DocumentVersion | None:
    """The version that is to be read next, or None."""
    version = waiting_version(session, document_id)
    return version if version and version.state is VersionState.INCOMING else None


def originals_of_item(session: Session, document_id: str) -> set[str]:
    """The sha256 of every version except the present one."""
    versions = select(DocumentVersion.content_sha256)
    return set(session.scalars(versions.where(DocumentVersion.document_id == document_id)))


def set_pending_version_state(
    session: Session, document_id: str, state: VersionState, reason: Message | None
) -> None:
    """Set state and reason of the waiting version, if there is one."""
    session.execute(
        update(DocumentVersion)
        .where(DocumentVersion.document_id == document_id, DocumentVersion.state.in_(WAITING))
        .values(state=state, reason=reason.as_json() if reason else None)
    )


def install_version(session: Session, document: Document, version: DocumentVersion) -> None:
    """Make ``version`` the present one and archive the previous one with its pages. The caller
    writes text, pages and passages of the new one."""
    passages = session.execute(
        select(PassageRow.id, PassageRow.spans)
        .where(PassageRow.item_id == document.id)
        .order_by(PassageRow.ordinal)
    )
    older = DocumentVersion(
        document_id=document.id,
        number=document.version,
        state=VersionState.REPLACED,
        passages=[{"id": id, "spans": spans} for id, spans in passages],
        added_at=find_added_at(session, document),
        replaced_at=now(),
        **{name: getattr(document, name) for name in COPIED},
    )
    session.add(older)
    session.flush()
    _archive_pages(session, older)
    document.version = version.number
    document.content_sha256, document.size = version.content_sha256, version.size
    document.filename = version.filename
    session.delete(version)


def find_older_version_with(
    session: Session, document_id: str, passage_id: str
) -> DocumentVersion | None:
    """The newest archived version that had this passage, or None."""
    older = session.scalars(
        select(DocumentVersion)
        .where(
            DocumentVersion.document_id == document_id,
            DocumentVersion.state == VersionState.REPLACED,
        )
        .order_by(DocumentVersion.number.desc())
    )
    return next((v for v in older if any(p["id"] == passage_id for p in v.passages)), None)


def find_added_at(session: Session, document: Document) -> datetime | None:
    """When the present version was added: when the previous one was archived."""
    before = session.get(DocumentVersion, (document.id, document.version - 1))
    return before.replaced_at if before else document.created_at


def _archive_pages(session: Session, older: DocumentVersion) -> None:
    columns = ("number", "label", "raw", "text", "edits", "tables", "verdict")
    kept = select(
        literal(older.document_id),
        literal(older.number),
        *(getattr(PageRow, name) for name in columns),
    ).where(PageRow.document_id == older.document_id)
    session.execute(insert(VersionPage).from_select(["document_id", "version", *columns], kept))


def _incoming_row(document: Document, stored: Stored, filename: str) -> DocumentVersion:
    return DocumentVersion(
        document_id=document.id,
        number=document.version + 1,
        state=VersionState.INCOMING,
        title=document.title,
        content_sha256=stored.sha256,
        filename=filename[-255:],
        size=stored.size,
    )
