"""Files that came with a document (mail attachments, files embedded in a PDF) become documents,
linked to it by rows of ``Attachment``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ingest.extracted_item import AttachedFile
from ingest.metadata import Metadata
from ingest.submit import accept_bytes, add_document
from kb.access import OPERATOR
from kb.domain import Status, Visibility
from kb.messages import N_, Message, PermanentError
from kb.runtime.services import Services
from kb.storage.history import Attachment
from kb.storage.originals import Stored
from kb.storage.tables import Document

MAX_DEPTH = 5
"""Depth of nesting (messages in messages) up to which attachments become documents; deeper ones are
only listed."""
TOO_DEEP = Message(
    N_("It is a file within a file within a file, and so on: save it and upload it by itself.")
)
BY_VISIBILITY = (Visibility.PUBLIC, Visibility.MEMBERS, Visibility.RESEARCHERS)


def take_in(services: Services, document_id: str, files: Sequence[AttachedFile]) -> None:
    """Add each file as a queued document with the parent's visibility, and link it to the parent.

    Repeating the call changes nothing: the same bytes are the same document, and a document that
    was deleted is not added again.

    Raises:
        TransientError: the disk or the database did not take them.
    """
    with services.database.session() as session:
        too_deep = _depth(session, document_id) >= MAX_DEPTH
        if not files and session.get(Attachment, (document_id, 1)) is None:
            return
    rows = []
    for file in files:
        if file.path is None or too_deep:
            rows.append(_new_row(file.name, reason=file.reason or TOO_DEEP))
        else:
            rows.append(_add_file(services, document_id, file))
    with services.database.transaction() as session:
        if session.get(Document, document_id) is None:
            return
        session.execute(delete(Attachment).where(Attachment.parent_id == document_id))
        for number, row in enumerate(rows, 1):
            row.parent_id, row.number = document_id, number
            session.add(row)
        session.flush()
        visibility_changed(session, document_id)


def parents_of(session: Session, document_id: str) -> Sequence[str]:
    """Ids of the documents that this document came with."""
    rows = select(Attachment.parent_id).where(Attachment.child_id == document_id)
    return session.scalars(rows.distinct()).all()


def visibility_changed(session: Session, document_id: str) -> list[str]:
    """Give attachments the widest visibility among their parents, at every depth, except where a
    person has chosen one. Returns the ids of the documents changed."""
    changed: list[str] = []
    waiting = [document_id]
    while waiting:
        rows = select(Attachment.child_id).where(Attachment.parent_id == waiting.pop())
        for child_id in set(session.scalars(rows)) - {None, *changed}:
            child = session.get(Document, child_id)
            if child is None or child.status is Status.DELETED or "visibility" in child.given:
                continue
            widest = _widest_visibility(session, child.id)
            if child.visibility != widest:
                child.visibility = widest
                changed.append(child.id)
                waiting.append(child.id)
    return changed


def _widest_visibility(session: Session, child_id: str) -> Visibility:
    parents = select(Document.visibility).where(Document.id.in_(parents_of(session, child_id)))
    return min(session.scalars(parents), key=BY_VISIBILITY.index)


def _add_file(services: Services, document_id: str, file: AttachedFile) -> Attachment:
    """Add the stored file as a document and return its link row; without a document, the row has
    the reason."""
    assert file.path is not None  # noqa: S101 - callers pass files that were stored only
    try:
        with file.path.open("rb") as stream, accept_bytes(services, stream) as (session, stored):
            row = _new_row(file.name, sha256=stored.sha256)
            row.child_id = _find_or_add_child(session, document_id, stored, file.name)
    except PermanentError as error:
        return _new_row(file.name, reason=error.message)
    if row.child_id is None:
        services.discard_originals({row.sha256})
    return row


def _find_or_add_child(session: Session, document_id: str, stored: Stored, name: str) -> str | None:
    """Find or add the document of these bytes. Returns its id, or None if it or its parent was
    deleted."""
    same = select(Attachment).where(
        Attachment.parent_id == document_id, Attachment.sha256 == stored.sha256
    )
    known, parent = session.scalars(same).first(), session.get(Document, document_id)
    if parent is None or (known is not None and _is_deleted(session, known)):
        return None
    accepted = add_document(session, stored, name, _inherited_metadata(parent), OPERATOR)
    if not accepted.existing:
        session.get_one(Document, accepted.id).given = []
    return accepted.id


def _is_deleted(session: Session, row: Attachment) -> bool:
    """Whether the document of this link row was deleted."""
    child = session.get(Document, row.child_id) if row.child_id else None
    return row.reason is None and (child is None or child.status is Status.DELETED)


def _inherited_metadata(parent: Document) -> Metadata:
    return Metadata(
        visibility=parent.visibility, themes=list(parent.themes), country=parent.country
    )


def _new_row(name: str, *, sha256: str = "", reason: Message | None = None) -> Attachment:
    return Attachment(name=name, sha256=sha256, reason=reason.as_json() if reason else None)


def _depth(session: Session, document_id: str) -> int:
    """Levels of parents above the document, at most ``MAX_DEPTH``."""
    above: set[str] = {document_id}
    for depth in range(MAX_DEPTH):
        above = {parent for one in above for parent in parents_of(session, one)}
        if not above:
            return depth
    return MAX_DEPTH
