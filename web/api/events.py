"""Events in the JSON interface: what is coming, and what was held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Visibility
from kb.storage.collections import Collection, EventType
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.paging import NEXT, Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.presenters import archive

router = APIRouter(route_class=ApiRoute, prefix="/api/v1/events", tags=["events"], responses=ALWAYS)


class EventOut(BaseModel):
    """An event; people, programme and materials are those of the collection with this id."""

    id: str
    title: str
    title_en: str
    language: str
    event_type: EventType | None
    held_on: date
    held_until: date | None
    begins_at: time | None = Field(description="Hour in the time zone of the site.")
    held_in: str
    organiser: str
    visibility: Visibility
    url: str


class EventList(BaseModel):
    total: int
    events: list[EventOut]
    next: str | None = NEXT


class PagedEvents(Paged):
    past: bool = Field(
        default=False, description="Those that were held, the last first, and not those to come."
    )
    type: EventType | None = Field(default=None, description="Only those of this type.")


@router.get(
    "",
    summary="Events to come, the next first, or those that were held",
    responses=problems(400, 422),
)
def list_events(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PagedEvents, Query()],
) -> EventList:
    """All of them without `limit`. What has begun and is not over is in both lists."""
    site = site_of(view.request)
    with services.database.session() as session:
        events = _find(session, access, view.reader.today(), wanted)
        rows = {row.id: (day, row) for day, row in events}
        step = -1 if wanted.past else 1
        keys = sorted(((step * day.toordinal(),), id) for id, (day, _) in rows.items())
        page = cut_page(view.request, keys, wanted)
        shown = [_describe(*rows[id], site) for id in page.ids]
    link_next(view.request, response, page.next)
    return EventList(total=len(keys), events=shown, next=page.next)


def _find(
    session: Session, access: Access, today: date, wanted: PagedEvents
) -> Iterable[tuple[date, Collection]]:
    """The events with their first days."""
    if wanted.past:
        every = list(archive.list_events(session, access))
    else:
        every = archive.list_coming(session, access, today)
    for row in every:
        if row.held_on is None or wanted.type not in (None, row.event_type):
            continue
        if not wanted.past or row.held_on <= today:
            yield row.held_on, row


def _describe(day: date, row: Collection, site: str) -> EventOut:
    return EventOut(
        id=row.id,
        title=row.title,
        title_en=row.title_en,
        language=row.language,
        event_type=row.event_type,
        held_on=day,
        held_until=row.held_until,
        begins_at=row.begins_at,
        held_in=row.held_in,
        organiser=row.organiser,
        visibility=row.visibility,
        url=f"{site}/collections/{row.id}",
    )
