"""The outcome of a job, on the item it was about."""

from __future__ import annotations

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from ingest.versions import set_pending_version_state
from kb.domain import Status
from kb.messages import Message
from kb.storage.history import VersionState
from kb.storage.tables import Item, PassageRow


def mark_outcome(session: Session, item_id: str, status: Status, reason: Message) -> None:
    """Store the job's outcome on the item. Deleted items stay deleted and searchable ones
    searchable; of those only the waiting version is marked as failed."""
    session.execute(
        update(Item)
        .where(Item.id == item_id, Item.status.in_((Status.QUEUED, Status.PROCESSING)))
        .values(status=status, reason=reason.as_json())
    )
    if status is Status.FAILED:
        _fail_without_passages(session, item_id, reason)
        set_pending_version_state(session, item_id, VersionState.FAILED, reason)


def _fail_without_passages(session: Session, item_id: str, reason: Message) -> None:
    """Mark an item as failed that is READY without passages: it cannot be found, and repairing it
    failed."""
    passages = select(PassageRow.id).where(PassageRow.item_id == item_id)
    session.execute(
        update(Item)
        .where(Item.id == item_id, Item.status == Status.READY, ~exists(passages))
        .values(status=Status.FAILED, reason=reason.as_json())
    )
