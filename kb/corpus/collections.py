"""Store the corpus's collections, except those edited here."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.collections.contents import EntryRow, store_rows
from kb.collections.forms import cover_of
from kb.practices.practice import CollectionFile as CollectionRecord
from kb.storage.collections import Collection
from kb.storage.tables import now


def store_collection(session: Session, record: CollectionRecord) -> bool:
    """Write a collection from its file; ``False`` if it was edited here and is left unchanged."""
    row = session.get(Collection, record.id)
    if row is not None and row.edited_here:
        return False
    if row is None:
        row = Collection(id=record.id)
        session.add(row)
    row.title, row.title_en = record.title, record.title_en
    row.argument, row.visibility = record.argument, record.visibility
    row.cover = cover_of(record.themes, record.id)
    changed = session.is_modified(row)
    notes = {item.practice or item.document or "": item.note for item in record.items}
    if (
        store_rows(row, tuple(EntryRow(item_id, note) for item_id, note in notes.items()))
        or changed
    ):
        row.updated_at = now()
    session.flush()
    return True
