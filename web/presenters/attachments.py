"""Files that came with a document, and the documents that a file came with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_, Message
from kb.storage.history import Attachment
from kb.storage.tables import Document, Item
from web.presenters import queries

DELETED = Message(N_("It was deleted."))


@dataclass(frozen=True)
class AttachmentView:
    """An attachment: ``document`` made from it, if the reader may see it, else ``reason`` why
    not."""

    name: str
    document: Item | None = None
    reason: Message | None = None


@dataclass(frozen=True)
class ShownSignature:
    """Fields of a signature as stored in it; the signature is not verified."""

    signer: str
    organisation: str
    signed_at: datetime | None


def signatures_of(document: Document) -> list[ShownSignature]:
    return [
        ShownSignature(
            row["signer"],
            row["organisation"],
            datetime.fromisoformat(row["signed_at"]) if row["signed_at"] else None,
        )
        for row in document.signatures
    ]


def list_attachments(session: Session, access: Access, document: Document) -> list[AttachmentView]:
    """The attachments of a document, in order."""
    rows = session.scalars(
        select(Attachment).where(Attachment.parent_id == document.id).order_by(Attachment.number)
    ).all()
    ids = [row.child_id for row in rows if row.child_id]
    seen = queries.items_by_id(session, access, ids)
    here = queries.find_existing(session, ids)
    return [_file(row, seen, here) for row in rows]


def list_parents(session: Session, access: Access, document: Document) -> Sequence[Item]:
    """The documents that this one is an attachment of and that the reader may see."""
    parents = select(Attachment.parent_id).where(Attachment.child_id == document.id).distinct()
    seen = queries.items_by_id(session, access, session.scalars(parents).all())
    return sorted(seen.values(), key=lambda item: item.title)


def _file(row: Attachment, seen: dict[str, Item], here: frozenset[str]) -> AttachmentView:
    if row.reason is not None:
        return AttachmentView(row.name, reason=Message.from_json(row.reason))
    if row.child_id is None or row.child_id not in here:
        return AttachmentView(row.name, reason=DELETED)
    return AttachmentView(row.name, seen.get(row.child_id))
