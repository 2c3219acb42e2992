"""The archive of what the association has done, and the calendar of what is coming."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb.messages import N_
from web.exports.calendar import write_calendar
from web.exports.feeds import Feed, access_of_feed, answer, collection_entry, urn
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.presenters.archive import (
    TYPES,
    group_by_year,
    list_archive,
    list_coming,
    select_entries,
)
from web.presenters.listing import FilterOption
from web.presenters.metadata.site import describe_list

router = APIRouter(include_in_schema=False)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@router.get("/archive")
def archive(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    type: Annotated[str, Query(max_length=40)] = "",
    person: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Events and concluded projects by year, of a type or with a person."""
    with services.database.session() as session:
        entries = list_archive(session, access, view.reader)
        coming = list_coming(session, access, view.reader.today())
    by_type = Counter(entry.type for entry in entries)
    by_person = Counter(name for entry in entries for name, _ in entry.people)
    return view.page(
        "archive/page.html",
        metadata=describe_list(
            view.site,
            "/archive",
            N_("Archive"),
            filters=[one for one in (("type", type), ("person", person)) if one[1]],
        ),
        years=group_by_year(select_entries(entries, type, person)),
        total=len(entries),
        coming=len(coming),
        types=TYPES,
        type_options=[
            FilterOption(kind, view.reader.gettext(label), by_type[kind], kind == type)
            for kind, label in TYPES.items()
            if by_type[kind]
        ],
        people=[
            FilterOption(name, name, count, name.casefold() == person.casefold())
            for name, count in sorted(by_person.items())
        ],
        filtered=bool(type or person),
    )


@router.get("/calendar")
def calendar(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        coming = list_coming(session, access, view.reader.today())
        return view.page(
            "archive/calendar.html",
            metadata=describe_list(view.site, "/calendar", N_("Calendar")),
            coming=coming,
        )


@router.get("/calendar.ics")
def calendar_file(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """The coming events as a calendar to subscribe to; what is not public, by API token."""
    shown = access_of_feed(view.request, access)
    with services.database.session() as session:
        coming = list_coming(session, shown, view.reader.today())
        text = write_calendar(coming, site_of(view.request), services.settings.zone)
    return Response(text, media_type="text/calendar; charset=utf-8")


@router.get("/calendar.atom")
def calendar_feed(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """The coming events as an Atom feed, the last changed first."""
    reader, site = view.reader, site_of(view.request)
    shown = access_of_feed(view.request, access)
    with services.database.session() as session:
        coming = list_coming(session, shown, reader.today())
        entries = [collection_entry(row, site, reader) for row in coming]
    entries = sorted(entries, key=lambda entry: entry.updated, reverse=True)
    feed = Feed(
        id=urn("feed", "calendar"),
        title=f"Terre Comuni: {reader.gettext(N_('Calendar'))}",
        subtitle=reader.gettext(N_("Events that are coming")),
        language=reader.code,
        url=f"{site}/calendar.atom",
        page=f"{site}/calendar",
        updated=entries[0].updated if entries else NEVER,
        entries=entries,
    )
    return answer(view.request, reader, feed, shown)
