"""Atom feeds of the whole base, of a filtered list and of a collection."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from kb.access import Access
from kb.messages import N_
from kb.runtime.services import Services
from kb.storage.collections import CollectionKind
from web.exports.feeds import (
    MOST,
    NEVER,
    Feed,
    FeedEntry,
    access_of_feed,
    answer,
    collection_entry,
    entries_of_collection,
    entries_of_list,
    entries_of_projects,
    item_entries,
    newest_collections,
    urn,
)
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.finding import count_text_search
from web.presenters.listing import build_address
from web.presenters.queries import (
    DocumentListQuery,
    ListQuery,
    PracticeListQuery,
    ProjectListQuery,
    require_collection,
)
from web.rendering.titles import title_of

router = APIRouter(include_in_schema=False)


@router.get("/feed.atom")
def everything(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """Practices, documents and collections, the last changed first."""
    reader, site = view.reader, site_of(view.request)
    shown = access_of_feed(view.request, access)
    with services.database.session() as session:
        entries = item_entries(session, shown, site, reader)
        entries += [
            collection_entry(row, site, reader) for row in newest_collections(session, shown)
        ]
    entries = sorted(entries, key=lambda entry: entry.updated, reverse=True)[:MOST]
    feed = Feed(
        id=urn("feed", "everything"),
        title="Terre Comuni",
        subtitle=reader.gettext(N_("New and changed practices, documents and collections")),
        language=reader.code,
        url=f"{site}/feed.atom",
        page=f"{site}/",
        updated=entries[0].updated if entries else NEVER,
        entries=entries,
    )
    return answer(view.request, reader, feed, shown)


@router.get("/practices/feed.atom")
def of_practices(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PracticeListQuery, Query()],
) -> Response:
    """The practices of the list with the same filters, the last changed first."""
    return _of_list(view, services, access, wanted, "practices", N_("Practices"))


@router.get("/documents/feed.atom")
def of_documents(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[DocumentListQuery, Query()],
) -> Response:
    """The documents of the list with the same filters, the last changed first."""
    return _of_list(view, services, access, wanted, "documents", N_("Documents"))


def _of_list(
    view: RequestContext,
    services: Services,
    access: Access,
    wanted: ListQuery,
    path: str,
    name: str,
) -> Response:
    count_text_search(view, wanted.words_in_text)
    reader, site = view.reader, site_of(view.request)
    shown = access_of_feed(view.request, access)
    with services.database.session() as session:
        entries = entries_of_list(session, shown, wanted, site, reader)
    filters = [pair for pair in wanted.parameters() if pair[0] not in ("sort", "place")]
    return _answer_list(view, path, name, filters, entries, shown)


@router.get("/projects/feed.atom")
def of_projects(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[ProjectListQuery, Query()],
) -> Response:
    """The projects of the list with the same filters, the last changed first."""
    shown = access_of_feed(view.request, access)
    with services.database.session() as session:
        entries = entries_of_projects(session, shown, wanted, site_of(view.request), view.reader)
    filters = wanted.parameters()
    return _answer_list(view, "projects", N_("Projects"), filters, entries, shown)


def _answer_list(  # what a feed of a list is made of
    view: RequestContext,
    path: str,
    name: str,
    filters: list[tuple[str, str]],
    entries: list[FeedEntry],
    shown: Access,
) -> Response:
    reader, site = view.reader, site_of(view.request)
    address = build_address(f"{site}/{path}/feed.atom", filters)
    feed = Feed(
        id=urn("feed", build_address(path, filters)),
        title=f"Terre Comuni · {reader.gettext(name)}",
        subtitle=", ".join(value for name, value in filters if name != "text"),
        language=reader.code,
        url=address,
        page=build_address(f"{site}/{path}", filters),
        updated=entries[0].updated if entries else NEVER,
        entries=entries,
    )
    return answer(view.request, reader, feed, shown)


@router.get("/collections/{collection_id}/feed.atom")
def of_collection(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    site = site_of(view.request)
    shown = access_of_feed(view.request, access)
    with services.database.session() as session:
        collection = require_collection(session, shown, collection_id)
        if collection.kind is CollectionKind.ISSUE:
            return RedirectResponse("/magazine/feed.atom", 303)
        entries = entries_of_collection(session, shown, collection, site, view.reader)
    title = title_of(collection, view.reader)
    feed = Feed(
        id=urn("feed", f"collection/{collection_id}"),
        title=title.text,
        subtitle="",
        language=title.language,
        url=f"{site}/collections/{collection_id}/feed.atom",
        page=f"{site}/collections/{collection_id}",
        updated=max(entry.updated for entry in entries),
        entries=entries,
    )
    return answer(view.request, view.reader, feed, shown)
