"""Tables of the records that harvesters have been told of, and of those withdrawn since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, sessionmaker
from sqlalchemy.orm.attributes import get_history

from kb.domain import Status, Visibility
from kb.storage.collections import Collection, CollectionState
from kb.storage.inserting import insert_missing
from kb.storage.tables import Base, Item, now


class PublicRecord(Base):
    """An item or collection that everybody may see, or could see once; never deleted."""

    __tablename__ = "public_records"

    key: Mapped[str] = mapped_column(String(130), primary_key=True)
    """Kind and id, with a slash between."""
    changed_at: Mapped[datetime]
    """When it was last found changed or withdrawn, in whole seconds."""
    withdrawn: Mapped[bool] = mapped_column(default=False)
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    """Of what was last found; empty if it is to be looked at again."""

    set_rows: Mapped[list[PublicRecordSet]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PublicRecordSet.name"
    )

    __table_args__ = (Index("ix_public_records_order", "changed_at", "key"),)


class PublicRecordSet(Base):
    """A set that a record is in; of a withdrawn one those that it was in."""

    __tablename__ = "public_record_sets"

    key: Mapped[str] = mapped_column(
        ForeignKey("public_records.key", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(150), primary_key=True, index=True)


def item_key(item: Item) -> str:
    return f"{item.kind.value}/{item.id}"


def collection_key(collection_id: str) -> str:
    return f"collection/{collection_id}"


def watch(sessions: sessionmaker[Session]) -> None:
    """Keep a record of everything that stops being public, also where nobody harvested it yet."""
    event.listen(sessions, "after_flush", _note_withdrawals)


def _note_withdrawals(session: Session, _context: Any) -> None:
    keys = {item_key(row) for row in session.dirty if isinstance(row, Item) and _left(row)}
    changed = {row for row in session.dirty if isinstance(row, Collection) and _left(row)}
    removed = {row for row in session.deleted if isinstance(row, Collection) and _is_public(row)}
    keys |= {collection_key(row.id) for row in changed | removed}
    if not keys:
        return
    table = PublicRecord.__table__
    connection = session.connection()
    known = set(connection.scalars(select(table.c.key).where(table.c.key.in_(keys))))
    moment = now().replace(microsecond=0)
    rows = [
        {"key": key, "changed_at": moment, "withdrawn": False, "fingerprint": ""}
        for key in sorted(keys - known)
    ]
    insert_missing(connection, PublicRecord, rows)


def _left(row: Item | Collection) -> bool:
    """Whether this flush changes a row that everybody could see to one that not everybody may."""
    if isinstance(row, Item):
        was_open = _before(row, "status") is Status.READY
    else:
        was_open = _before(row, "state") is CollectionState.PUBLISHED
    was_public = was_open and _before(row, "visibility") is Visibility.PUBLIC
    return was_public and not _is_public(row)


def _is_public(row: Item | Collection) -> bool:
    if row.visibility is not Visibility.PUBLIC:
        return False
    if isinstance(row, Item):
        return row.status is not Status.DELETED
    return row.state is CollectionState.PUBLISHED


def _before(row: Item | Collection, name: str) -> Any:
    changed = get_history(row, name).deleted
    return changed[0] if changed else getattr(row, name)
