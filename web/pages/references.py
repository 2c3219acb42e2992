"""Downloads of references: of an item, a collection or a page of results."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from kb.domain import Kind
from kb.storage.collections import Collection
from search.service import search
from web.exports.references import download, references_of
from web.forms.question import Asked
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.presenters import queries
from web.presenters.queries import require_collection

router = APIRouter(include_in_schema=False)
KINDS = {"documents": Kind.DOCUMENT, "practices": Kind.PRACTICE}


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


@router.get("/search/references.{suffix}", dependencies=[limited(RateLimited.SEARCH)])
def of_results(
    suffix: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    asked: Annotated[Asked, Query()],
) -> Response:
    """References of the results on one page of a search with the same parameters."""
    found = [result.id for result in search(asked.question(), services, access, note=False).results]
    with services.database.session() as session:
        items = queries.items_by_id(session, access, found)
        ordered = [items[one] for one in found if one in items]
        return download("search", suffix, references_of(session, view, ordered), view.reader)
