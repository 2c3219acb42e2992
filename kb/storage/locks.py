"""Lock an item's row for a transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.storage.tables import Item


def locked_item(session: Session, item_id: str) -> Item | None:
    """The item, locked until the transaction ends, or None.

    Lock order: items before jobs. On SQLite the transaction itself is exclusive.
    """
    # PostgreSQL cannot lock the nullable side of an outer join.
    return session.get(
        Item, item_id, populate_existing=True, with_for_update={"of": Item.__table__.c.id}
    )
