"""Sitemaps (sitemaps.org): the addresses of what everybody may see, read in the order of keys."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from sqlalchemy import Integer, Select, cast, func, select
from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.domain import Kind, Status
from kb.site.pages import list_changes
from kb.storage.collections import Collection, CollectionKind, CollectionState
from kb.storage.db import Database
from kb.storage.periodical import Issue, IssueState
from kb.storage.tables import Item

Rows = Select[*tuple[Any, ...]]
"""Key, time of the last change, and for collections the kind."""
MOST = 50_000
"""Addresses of one sitemap, which the protocol limits to as many."""
BATCH = 1000
"""Rows read at a time, each batch in a transaction of its own."""
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
LISTS = (
    "/", "/practices", "/practices/map", "/projects", "/collections", "/magazine", "/documents",
    "/documents/starter", "/paths", "/archive", "/calendar", "/about", "/about/corpus",
    "/contribute", "/accessibility", "/privacy", "/credits",
)  # fmt: skip


class SitemapPart(enum.StrEnum):
    PAGES = "pages"
    """Lists, and the pages of the site."""
    PRACTICES = "practices"
    DOCUMENTS = "documents"
    PROJECTS = "projects"
    COLLECTIONS = "collections"
    ISSUES = "issues"


@dataclass(frozen=True)
class Listed:
    """A page, or a sitemap. ``modified`` is None where it is not known."""

    path: str
    modified: datetime | None = None


KINDS = {
    SitemapPart.PRACTICES: Kind.PRACTICE,
    SitemapPart.DOCUMENTS: Kind.DOCUMENT,
    SitemapPart.PROJECTS: Kind.PROJECT,
}


def list_sitemaps(session: Session, most: int = MOST) -> Iterator[Listed]:
    """The sitemaps, each with the key that it begins with and when a page of it last changed."""
    yield Listed(f"/sitemaps/{SitemapPart.PAGES}.xml")
    for part in SitemapPart:
        if part is SitemapPart.PAGES:
            continue
        rows = _select(part).subquery()
        number = func.row_number().over(order_by=rows.c.key)
        numbered = select(rows.c.key, rows.c.modified, number.label("number")).subquery()
        chunk = cast((numbered.c.number - 1) // most, Integer)
        first = func.min(numbered.c.key)
        chunks = select(first, func.max(numbered.c.modified)).group_by(chunk).order_by(first)
        for key, modified in session.execute(chunks):
            yield Listed(f"/sitemaps/{part}.xml?from={key}", modified)


def list_pages(
    database: Database, part: SitemapPart, start: str, most: int = MOST
) -> Iterator[Listed]:
    """The pages of one sitemap, from the key ``start`` on, or from the first."""
    if part is SitemapPart.PAGES:
        yield from map(Listed, LISTS)
        with database.session() as session:
            written = [Listed(f"/about/{slug}", day) for slug, day in list_changes(session)]
        yield from written
        return
    rows = _select(part)
    key = rows.selected_columns.key
    reached: Any = int(start) if part is SitemapPart.ISSUES and start else start
    condition = [key >= reached] if start else []
    left = most
    while left:
        wanted = rows.where(*condition).order_by(key).limit(min(BATCH, left))
        with database.session() as session:
            found = session.execute(wanted).all()
        for row in found:
            yield Listed(_path_of(part, row), row.modified)
        if len(found) < min(BATCH, left):
            return
        left -= len(found)
        condition = [key > found[-1].key]


def write_index(sitemaps: Iterator[Listed], site: str) -> Iterator[str]:
    return _write(sitemaps, site, "sitemapindex", "sitemap")


def write_sitemap(pages: Iterator[Listed], site: str) -> Iterator[str]:
    return _write(pages, site, "urlset", "url")


def _write(listed: Iterator[Listed], site: str, root: str, element: str) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    for one in listed:
        day = f"<lastmod>{_write_time(one.modified)}</lastmod>" if one.modified else ""
        yield f"<{element}><loc>{escape(site + one.path)}</loc>{day}</{element}>\n"
    yield f"</{root}>\n"


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _select(part: SitemapPart) -> Rows:
    """Key and time of the last change of what everybody may see; of documents, those read."""
    return SELECTS.get(part, _select_items)(part)


def _select_items(part: SitemapPart) -> Rows:
    item = Item.__table__.c
    shown = item.status == Status.READY
    if part is not SitemapPart.DOCUMENTS:
        shown = item.status != Status.DELETED
    return select(item.id.label("key"), item.updated_at.label("modified")).where(
        item.kind == KINDS[part], item.visibility.in_(PUBLIC.visibilities), shown
    )


def _select_collections(part: SitemapPart) -> Rows:
    return select(
        Collection.id.label("key"), Collection.updated_at.label("modified"), Collection.kind
    ).where(
        Collection.visibility.in_(PUBLIC.visibilities),
        Collection.state == CollectionState.PUBLISHED,
        Collection.kind != CollectionKind.ISSUE,
    )


def _select_issues(part: SitemapPart) -> Rows:
    published = Issue.state == IssueState.PUBLISHED
    columns = (Issue.number.label("key"), Issue.published_at.label("modified"))
    return select(*columns).where(published)


SELECTS: dict[SitemapPart, Callable[[SitemapPart], Rows]] = {
    SitemapPart.COLLECTIONS: _select_collections,
    SitemapPart.ISSUES: _select_issues,
}


def _path_of(part: SitemapPart, row: Any) -> str:
    if part is SitemapPart.ISSUES:
        return f"/magazine/{row.key}"
    if part is SitemapPart.COLLECTIONS and row.kind is CollectionKind.PATH:
        return f"/paths/{row.key}"
    return f"/{part}/{row.key}"
