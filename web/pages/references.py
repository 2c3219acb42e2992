"""Downloads of references: of an item, a list, a collection or a page of results."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from kb.domain import Kind
from kb.runtime.services import Services
from kb.storage.collections import Collection
from search.service import search
from web.exports.references import download, references_of
from web.forms.question import Asked
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.finding import count_text_search
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.queries import (
    DocumentListQuery,
    ListQuery,
    PracticeListQuery,
    require_collection,
)

router = APIRouter(include_in_schema=False)
MOST = 1000
"""Items of a list whose references are written."""
KINDS = {"documents": Kind.DOCUMENT, "practices": Kind.PRACTICE}


@router.get(
    "/practices/references.{suffix}",
    dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)],
)
def of_practices(
    suffix: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PracticeListQuery, Query()],
) -> Response:
    """References of the practices of the list with the same filters, with their sources."""
    return _of_list("practices", suffix, view, services, wanted)


@router.get(
    "/documents/references.{suffix}",
    dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)],
)
def of_documents(
    suffix: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[DocumentListQuery, Query()],
) -> Response:
    """References of the documents of the list with the same filters."""
    return _of_list("documents", suffix, view, services, wanted)


def _of_list(
    name: str, suffix: str, view: RequestContext, services: Services, wanted: ListQuery
) -> Response:
    count_text_search(view, wanted.words_in_text)
    with services.database.session() as session:
        items = queries.matching_items(session, view.access, wanted, MOST, view.reader.code)
        return download(name, suffix, references_of(session, view, items), view.reader)


@router.get("/{listed}/{item_id}/references.{suffix}")
def of_one(
    listed: str,
    item_id: str,
    suffix: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
) -> Response:
    """``listed`` is ``documents``, ``practices`` or ``collections``."""
    with services.database.session() as session:
        if listed == "collections":
            collection = require_collection(session, access, item_id)
            found = queries.entry_items(session, access, collection)
            items = [found[one] for one in _list_entry_ids(collection) if one in found]
        else:
            item = queries.find_item(session, access, item_id)
            if item is None or item.kind != KINDS.get(listed):
                raise HTTPException(404)
            items = [item]
        return download(item_id, suffix, references_of(session, view, items), view.reader)


def _list_entry_ids(collection: Collection) -> list[str]:
    return [entry.item_id for entry in collection.entries]


@router.get(
    "/search/references.{suffix}",
    dependencies=[limited(RateLimited.SEARCH), queued(QueuedWork.SEARCH, "q")],
)
def of_results(
    suffix: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    asked: Annotated[Asked, Query()],
) -> Response:
    """References of the results on one page of a search with the same parameters."""
    page = search(asked.question(), services, access, note=False)
    found = [result.id for result in page.results]
    with services.database.session() as session:
        items = queries.items_by_id(session, access, found)
        ordered = [items[one] for one in found if one in items]
        file = download("search", suffix, references_of(session, view, ordered), view.reader)
    if not page.by_meaning:
        file.headers["Cache-Control"] = "no-store"
    return file
