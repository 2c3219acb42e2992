"""Events and due dates as iCalendar files (RFC 5545)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from icalendar import Calendar, Event

from kb.storage.collections import Collection, CollectionState
from kb.storage.tables import now
from web.rendering.markdown import plain_text

LASTS = timedelta(hours=2)
"""Of a meeting with an hour: as long as the matchmaking meetings of Interreg Europe."""


def write_calendar(events: Iterable[Collection], site: str, zone: tzinfo) -> str:
    """A calendar of events that have a day: at their hour in ``zone``, given in UTC, or whole days
    if they have no hour or last for several days. The address is that of a published page."""
    return _write(_make_entry(event, site, zone) for event in events)


def _make_entry(event: Collection, site: str, zone: tzinfo) -> Event:
    if event.held_on is None:
        raise ValueError("an event without a day")
    entry = Event()
    entry.add("uid", f"{event.id}@terre-comuni")
    entry.add("dtstamp", now())
    entry.add("last-modified", event.updated_at)
    entry.add("sequence", event.revision)
    entry.add("summary", event.title)
    last = event.held_until or event.held_on
    if event.begins_at and last == event.held_on:
        begins = datetime.combine(event.held_on, event.begins_at, zone)
        entry.add("dtstart", begins.astimezone(now().tzinfo))
        entry.add("dtend", begins.astimezone(now().tzinfo) + LASTS)
    else:
        entry.add("dtstart", event.held_on)
        entry.add("dtend", last + timedelta(days=1) if last < date.max else last)
    if event.held_in:
        entry.add("location", event.held_in)
    if event.argument:
        entry.add("description", plain_text(event.argument))
    if event.state is CollectionState.PUBLISHED:
        entry.add("url", f"{site}/collections/{event.id}")
    return entry


@dataclass(frozen=True)
class DueDay:
    """Something due on a day. ``key``: what stays the same while text and day change."""

    key: str
    text: str
    day: date
    about: str = ""


def write_due_days(days: Iterable[DueDay], url: str, changed: datetime) -> str:
    """A calendar with a whole day for each. ``url``: page that they are on; ``changed``: when that
    was changed last."""
    entries = []
    for one in days:
        name = hashlib.sha256(f"{url}\n{one.key}".encode()).hexdigest()[:32]
        entry = Event()
        entry.add("uid", f"{name}@terre-comuni")
        entry.add("dtstamp", now())
        entry.add("last-modified", changed)
        entry.add("sequence", int(changed.timestamp()))
        entry.add("summary", one.text)
        entry.add("dtstart", one.day)
        entry.add("dtend", one.day + timedelta(days=1) if one.day < date.max else one.day)
        entry.add("transp", "TRANSPARENT")
        if one.about:
            entry.add("description", one.about)
        entry.add("url", url)
        entries.append(entry)
    return _write(entries)


def _write(entries: Iterable[Event]) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//Terre Comuni KB//IT")
    calendar.add("version", "2.0")
    for entry in entries:
        calendar.add_component(entry)
    return str(calendar.to_ical().decode())
