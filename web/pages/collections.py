"""Curated collections: an argument, and items in the curator's order."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response

from web import library
from web.cards import DocumentCard, PracticeCard, card
from web.deps import AccessDep, ServicesDep, ViewDep

router = APIRouter(prefix="/collections", include_in_schema=False)


@dataclass(frozen=True)
class Entry:
    """An item of a collection; ``card`` is ``None`` when it was deleted or may not be seen."""

    card: PracticeCard | DocumentCard | None
    note: str


@router.get("")
def collection_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        return view.page("collections/list.html", collections=library.collections(session, access))


@router.get("/{collection_id}")
def collection_page(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        collection = library.collection(session, access, collection_id)
        if collection is None:
            raise HTTPException(404)
        found = library.entry_items(session, access, collection)
        entries = [
            Entry(card(found[e.item_id], view.reader) if e.item_id in found else None, e.note)
            for e in collection.entries
        ]
        return view.page("collections/page.html", collection=collection, entries=entries)
