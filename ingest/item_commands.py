"""Commands on an existing item: retry, cancel, delete, update metadata."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy.orm import Session

from ingest.attachments import visibility_changed
from ingest.guessed import drop_guesses
from ingest.metadata import Metadata
from ingest.submit import live_item
from ingest.versions import set_pending_version_state
from kb.access import OPERATOR, Access
from kb.accounts import audit
from kb.citations.csl import names_of
from kb.domain import Status
from kb.messages import N_, Message, PermanentError
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.history import RemovedItem, VersionState
from kb.storage.tables import Document, Item, Operation, now

CANCELLED = Message(N_("The work was cancelled: try it again or delete the document."))
EMBEDDED = frozenset({"title", "language"})
"""Metadata that the vectors depend on: the title is in every passage's header, the language chooses
BM25 stemming and the vector normalisation."""


def retry_item(
    services: Services,
    item_id: str,
    access: Access = OPERATOR,
    check: Callable[[Item], None] | None = None,
) -> None:
    """Queue the item, or its waiting version, to be read again, whatever its state. ``check`` as in
    ``delete_item``.

    Raises:
        PermanentError: there is no such item.
    """
    with services.database.transaction() as session:
        item = live_item(session, item_id)
        if check:
            check(item)
        set_pending_version_state(session, item_id, VersionState.INCOMING, None)
        jobs.enqueue_index(session, item, access.account_id)
        audit.record_event(session, access, f"{item.kind}.retry", item_id)


def cancel_item(
    services: Services,
    item_id: str,
    access: Access = OPERATOR,
    check: Callable[[Item], None] | None = None,
) -> None:
    """Cancel the item's job; the item can be retried or deleted later. ``check`` as in
    ``delete_item``.

    A searchable item is queued for REFRESH, because the cancelled job may have been embedding a
    changed title.

    Raises:
        PermanentError: there is no such item.
    """
    with services.database.transaction() as session:
        item = live_item(session, item_id)
        if check:
            check(item)
        if jobs.find_live(session, item_id) is None:
            return
        set_pending_version_state(session, item_id, VersionState.FAILED, CANCELLED)
        if item.status is Status.READY:
            jobs.enqueue(session, item_id, Operation.REFRESH, access.account_id)
        else:
            jobs.cancel(session, item_id)
            item.status, item.reason = Status.FAILED, CANCELLED.as_json()
        audit.record_event(session, access, f"{item.kind}.cancel", item_id)


def delete_item(
    services: Services,
    item_id: str,
    access: Access = OPERATOR,
    check: Callable[[Item], None] | None = None,
) -> None:
    """Hide an item at once and queue the removal of its rows, points and files by the worker. Its
    title is kept for those who cite it.

    ``check`` may refuse the item as it is by raising an error.

    Raises:
        PermanentError: there is no such item.
    """
    with services.database.transaction() as session:
        item = live_item(session, item_id)
        if check:
            check(item)
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
        jobs.enqueue(session, item_id, Operation.DELETE, access.account_id)
        audit.record_event(session, access, f"{item.kind}.delete", item_id, title=item.title)


def update_metadata(
    services: Services,
    document_id: str,
    change: Mapping[str, Any],
    access: Access = OPERATOR,
    confirmed: Collection[str] = (),
    check: Callable[[Item], None] | None = None,
) -> None:
    """Change fields of a document's metadata. Fields not named in ``change`` stay as they are in
    the database, also when another request changes them at the same time.

    Changed fields and the ``confirmed`` ones no longer count as guesses, so that reading the file
    again does not overwrite them. SQL is committed first, then the filters in the index; a process
    killed in between leaves a difference that ``kb check`` reports. A new title or language is
    embedded in the background while the document stays searchable.

    ``check`` may refuse the document as it is by raising an error.

    Raises:
        PermanentError: there is no such document, it would have no title, or a field is wrong.
    """
    with services.database.transaction() as session:
        document = live_item(session, document_id)
        if not isinstance(document, Document):
            raise PermanentError(N_("Practices are changed on their own page."))
        if check:
            check(document)
        changed = _apply_change(document, change)
        settled = changed | (set(confirmed) & set(Metadata.model_fields))
        document.given = sorted({*document.given, *settled})
        drop_guesses(session, document_id, settled)
        if not changed:
            return
        if changed & EMBEDDED:
            _queue_embedding(session, document, access.account_id)
        if "visibility" in changed:
            session.flush()
            visibility_changed(session, document_id)
        audit.record_event(session, access, "document.edit", document_id, fields=sorted(changed))


def _apply_change(document: Document, change: Mapping[str, Any]) -> set[str]:
    """Write the changed fields to the document and return their names."""
    present = {name: getattr(document, name) for name in Metadata.model_fields}
    present["themes"] = sorted(document.themes)
    present["authors"] = names_of(document)
    metadata = Metadata.read({**present, **change})
    if not metadata.title:
        raise PermanentError(N_("The title is empty: write one."))
    changed = {name for name, value in metadata if value != present[name]}
    for name in changed - {"authors"}:
        setattr(document, name, getattr(metadata, name))
    if "authors" in changed:
        document.authors = [name.shown for name in metadata.authors]
        document.author_names = [name.as_json() for name in metadata.authors]
    if changed:
        document.updated_at = now()
    return changed


def _queue_embedding(session: Session, document: Document, account_id: str | None) -> None:
    """Queue embedding with the new title or language; a running job has read the old values, so it
    is started again."""
    live = jobs.find_live(session, document.id)
    if live is not None and live.operation is Operation.INDEX:
        jobs.enqueue_index(session, document, account_id)
    elif document.status is Status.READY:
        jobs.enqueue(session, document.id, Operation.REFRESH, account_id)
