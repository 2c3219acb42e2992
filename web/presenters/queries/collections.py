"""Collections as the caller may see them, read from SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from kb.access import Access, Right
from kb.messages import NotFound
from kb.storage.collections import Collection, CollectionEntry, CollectionKind, CollectionState
from kb.storage.tables import Item
from kb.text.folding import title_order
from web.presenters.queries.items import items_by_id, select_visible


def list_collections(session: Session, access: Access) -> Sequence[Collection]:
    """All collections that may be seen, by title, with entries and cover loaded."""
    query = _select_visible_collections(access).options(
        selectinload(Collection.entries), selectinload(Collection.image)
    )
    return _sort(session.scalars(query))


def find_collection(session: Session, access: Access, collection_id: str) -> Collection | None:
    """The collection, or None if it does not exist or may not be seen."""
    query = _select_visible_collections(access).where(Collection.id == collection_id)
    return session.scalars(query).one_or_none()


def require_collection(session: Session, access: Access, collection_id: str) -> Collection:
    """As ``find_collection``. Raises NotFound instead of returning None."""
    collection = find_collection(session, access, collection_id)
    if collection is None:
        raise NotFound()
    return collection


def require_curated(session: Session, access: Access, collection_id: str) -> Collection:
    """A collection that is edited as such. Raises NotFound for an issue, which has its own page."""
    collection = require_collection(session, access, collection_id)
    if collection.kind is CollectionKind.ISSUE:
        raise NotFound()
    return collection


def require_path(session: Session, access: Access, path_id: str) -> Collection:
    """A training path. Raises NotFound for what is none, or may not be seen."""
    path = require_collection(session, access, path_id)
    if path.kind is not CollectionKind.PATH:
        raise NotFound()
    return path


def list_paths(session: Session, access: Access) -> Sequence[Collection]:
    """The training paths among ``list_collections``."""
    rows = list_collections(session, access)
    return [row for row in rows if row.kind is CollectionKind.PATH]


def list_curated(session: Session, access: Access) -> Sequence[Collection]:
    """As ``list_collections``, without issues."""
    rows = list_collections(session, access)
    return [row for row in rows if row.kind is not CollectionKind.ISSUE]


def collections_with(session: Session, access: Access, item_id: str) -> Sequence[Collection]:
    """The collections that contain an item, by title."""
    query = _select_visible_collections(access).join(CollectionEntry)
    query = query.where(CollectionEntry.item_id == item_id)
    return _sort(session.scalars(query))


def _sort(rows: Iterable[Collection]) -> Sequence[Collection]:
    return sorted(rows, key=lambda row: title_order(row.title, row.id))


def entry_items(session: Session, access: Access, collection: Collection) -> dict[str, Item]:
    """The items of a collection that may be seen, by id."""
    return items_by_id(session, access, [entry.item_id for entry in collection.entries])


def entries_seen(session: Session, access: Access) -> dict[str, int]:
    """How many items of each collection may be seen, by the collection's id."""
    visible = select_visible(access).with_only_columns(Item.id)
    entries = select(CollectionEntry.collection_id, func.count()).where(
        CollectionEntry.item_id.in_(visible)
    )
    rows = session.execute(entries.group_by(CollectionEntry.collection_id))
    return {row[0]: row[1] for row in rows}


def _select_visible_collections(access: Access) -> Select[Collection]:
    """Collections of the visibilities of ``access``; drafts only with the right to make some."""
    query = select(Collection).where(Collection.visibility.in_(access.visibilities))
    if access.may(Right.COLLECTIONS):
        return query
    return query.where(Collection.state == CollectionState.PUBLISHED)
