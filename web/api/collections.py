"""Collections in the JSON interface."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from kb.access import Access
from kb.collections.contents import EntryRow, group_rows, list_rows
from kb.domain import Visibility
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType
from kb.text.folding import fold_text
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.entity_tags import note_state
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.queries import require_curated

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/collections", tags=["collections"], responses=ALWAYS
)


class CollectionItemOut(BaseModel):
    id: str | None = Field(description="None: it was removed, or may not be seen.")
    note: str = Field(description="Why it is here; empty where there is no id.")


class CollectionSectionOut(BaseModel):
    title: str | None = Field(description="None for the items before the first heading.")
    text: str = Field(description="Markdown under the heading.")
    items: list[CollectionItemOut]


class PersonOut(BaseModel):
    name: str
    part: str = Field(description="In the event; may be empty.")


class ProgrammeRowOut(BaseModel):
    day: str = Field(description="ISO; empty for the first day.")
    begins: str = Field(description="HH:MM, in the time zone of the site.")
    ends: str = Field(description="HH:MM, or empty.")
    what: str
    who: str


class CollectionOut(BaseModel):
    """A collection; ``items`` are those of all sections, in order."""

    id: str
    title: str
    title_en: str
    language: str
    argument: str = Field(description="Markdown.")
    kind: CollectionKind
    event_type: EventType | None
    held_on: date | None
    held_until: date | None
    begins_at: time | None = Field(description="Hour in the time zone of the site.")
    held_in: str
    organiser: str
    people: list[PersonOut]
    programme: list[ProgrammeRowOut]
    recordings: list[str] = Field(description="Addresses.")
    licence: str = Field(description="Of the materials of an event.")
    visibility: Visibility
    state: CollectionState
    created_at: datetime
    updated_at: datetime
    sections: list[CollectionSectionOut]
    items: list[CollectionItemOut]


class CollectionListOut(BaseModel):
    total: int
    collections: list[CollectionOut]
    next: str | None = NEXT


class PagedCollections(Paged):
    kind: CollectionKind | None = Field(default=None, description="Only those of this kind.")


@router.get(
    "",
    summary="Collections by title, with their sections and items in order",
    responses=problems(400, 422),
)
def list_collections(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PagedCollections, Query()],
) -> CollectionListOut:
    """All of them without `limit`."""
    with services.database.session() as session:
        rows = {
            row.id: row
            for row in queries.list_curated(session, access)
            if wanted.kind in (None, row.kind)
        }
        keys = sorted(((fold_text(row.title),), row.id) for row in rows.values())
        page = cut_page(view.request, keys, wanted)
        shown = [_collection(session, access, rows[id]) for id in page.ids]
    link_next(view.request, response, page.next)
    return CollectionListOut(total=len(keys), collections=shown, next=page.next)


@router.get("/{collection_id}", summary="A collection", responses=problems(404, 422))
def get_collection(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> CollectionOut:
    with services.database.session() as session:
        row = require_curated(session, access, collection_id)
        note_state(view.request, row)
        return _collection(session, access, row)


def _collection(session: Session, access: Access, row: Collection) -> CollectionOut:
    shown = queries.entry_items(session, access, row).keys()
    sections = [
        CollectionSectionOut(
            title=group.section.title if group.section else None,
            text=group.section.text if group.section else "",
            items=[_item(entry, shown) for entry in group.entries],
        )
        for group in group_rows(list_rows(row))
    ]
    items = [item for section in sections for item in section.items]
    plain = CollectionOut.model_fields.keys() - {"sections", "items"}
    values = {name: getattr(row, name) for name in plain}
    return CollectionOut.model_validate(values | {"sections": sections, "items": items})


def _item(entry: EntryRow, shown: Set[str]) -> CollectionItemOut:
    seen = entry.id in shown
    return CollectionItemOut(id=entry.id if seen else None, note=entry.note if seen else "")
