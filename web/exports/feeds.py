"""Atom feeds (RFC 4287) of new and changed items, for the template ``feeds/atom.xml``."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from fastapi import Request, Response
from sqlalchemy.orm import Session

from kb.access import OPERATOR, PUBLIC, Access
from kb.domain import Status
from kb.projects.writing import read_project
from kb.storage.collections import Collection
from kb.storage.projects import ProjectRow
from kb.storage.tables import Document, Item, PracticeRow
from kb.text.xml_text import drop_non_xml
from web.http.entity_tags import has_current
from web.http.identity import shows_token
from web.presenters import queries
from web.presenters.queries import ListQuery, ProjectListQuery
from web.rendering.i18n import Locale
from web.rendering.markdown import markdown_outside
from web.rendering.names import STAGES
from web.rendering.templating import environment
from web.rendering.titles import summary_of, title_of

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
MOST = 50
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""``updated`` of a feed without entries."""
NAMESPACE = uuid.UUID("6f0f4b6a-3c56-5d0e-9a52-6a3f5f6d2c11")
"""UUID namespace of entry ids. They derive from kind and id only, so they survive a change of
address."""


@dataclass(frozen=True)
class FeedEntry:
    id: str
    title: str
    language: str
    url: str
    author: str
    published: datetime
    updated: datetime
    summary: str
    """HTML."""


@dataclass(frozen=True)
class Feed:
    """``updated`` is that of the newest entry, so that a feed without changes stays the same."""

    id: str
    title: str
    subtitle: str
    language: str
    url: str
    page: str
    updated: datetime
    entries: Sequence[FeedEntry]


def access_of_feed(request: Request, access: Access) -> Access:
    """Public access, or that of the API token. Session cookies are ignored, because feed readers
    may share what they store."""
    return access if access is OPERATOR or shows_token(request) else PUBLIC


def urn(kind: str, id: str) -> str:
    return uuid.uuid5(NAMESPACE, f"{kind}/{id}").urn


def item_entries(session: Session, access: Access, site: str, reader: Locale) -> list[FeedEntry]:
    """Entries of the items changed last, newest first."""
    newest = queries.recently_changed(session, access, MOST)
    return [_item_entry(item, site, reader) for item in newest]


def entries_of_list(
    session: Session, access: Access, wanted: ListQuery, site: str, reader: Locale
) -> list[FeedEntry]:
    """Entries of the items that meet the filters, the last changed first."""
    items = queries.matching_items(session, access, wanted, None, reader.code)
    ready = [item for item in items if item.status is Status.READY]
    newest = sorted(ready, key=lambda item: (item.updated_at, item.id), reverse=True)[:MOST]
    return [_item_entry(item, site, reader) for item in newest]


def entries_of_projects(
    session: Session, access: Access, wanted: ProjectListQuery, site: str, reader: Locale
) -> list[FeedEntry]:
    """Entries of the projects that meet the filters, the last changed first."""
    found = queries.matching_projects(session, access, wanted)[:MOST]
    return [_item_entry(row, site, reader) for row in found]


def _item_entry(item: Item, site: str, reader: Locale) -> FeedEntry:
    author, summary = "Terre Comuni", ""
    if isinstance(item, PracticeRow):
        summary = summary_of(item, reader).text
    elif isinstance(item, Document):
        author = "; ".join(item.authors) or item.publisher or author
        summary = ", ".join(str(fact) for fact in (item.publisher, item.year) if fact)
    elif isinstance(item, ProjectRow):
        project = read_project(item)
        author, stage = project.lead_body, reader.gettext(STAGES[item.stage])
        summary = f"{stage} · {project.place_name}\n\n{project.why}".strip()
    return FeedEntry(
        id=urn(item.kind, item.id),
        title=title_of(item, reader).text,
        language=title_of(item, reader).language,
        url=f"{site}/{item.kind}s/{item.id}",
        author=author,
        published=item.created_at,
        updated=max(item.created_at, item.updated_at),
        summary=str(markdown_outside(summary, site)),
    )


def collection_entry(collection: Collection, site: str, reader: Locale) -> FeedEntry:
    title = title_of(collection, reader)
    return FeedEntry(
        id=urn("collection", collection.id),
        title=title.text,
        language=title.language,
        url=f"{site}/collections/{collection.id}",
        author=collection.organiser or "Terre Comuni",
        published=collection.created_at,
        updated=collection.updated_at,
        summary=str(markdown_outside(collection.argument, site)),
    )


def entries_of_collection(
    session: Session, access: Access, collection: Collection, site: str, reader: Locale
) -> list[FeedEntry]:
    """An entry of the collection, then of its visible items in the curator's order, with the
    curator's note as summary."""
    found = queries.entry_items(session, access, collection)
    entries = [collection_entry(collection, site, reader)]
    for entry in collection.entries:
        item = found.get(entry.item_id)
        if item is not None and item.status is Status.READY:
            made = _item_entry(item, site, reader)
            note = str(markdown_outside(entry.note, site)) if entry.note else made.summary
            entries.append(FeedEntry(**{**vars(made), "summary": note}))
    return entries


def newest_collections(session: Session, access: Access) -> Sequence[Collection]:
    rows = queries.list_curated(session, access)
    return sorted(rows, key=lambda row: row.updated_at, reverse=True)[:MOST]


def answer(request: Request, reader: Locale, feed: Feed, shown: Access) -> Response:
    """The feed, or 304 if the client's copy is current. ``shown`` is the access that it was built
    for."""
    kept_by = "public" if shown is PUBLIC else "private"
    body = drop_non_xml(environment(reader).get_template("feeds/atom.xml").render(feed=feed))
    etag = f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(feed.updated.astimezone(UTC), usegmt=True),
        "Cache-Control": f"{kept_by}, no-cache",
        "Vary": "Authorization, Accept-Language",
    }
    if has_current(request, etag, feed.updated):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)
