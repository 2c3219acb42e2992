"""An item is held by one transaction at a time, so that what was read of it still holds."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.storage.tables import Item


def locked_item(session: Session, item_id: str) -> Item | None:
    """The item, which nobody else changes until the transaction ends. Items are locked before
    their jobs, by all. SQLite has one writer at a time anyway."""
    # PostgreSQL locks no rows of the tables that are joined from outside.
    return session.get(
        Item, item_id, populate_existing=True, with_for_update={"of": Item.__table__.c.id}
    )
