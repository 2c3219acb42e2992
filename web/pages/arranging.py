"""The contents of a collection: sections, order and notes in one form with many buttons.

Every button submits the whole form, so that moving a row loses no text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette import status as http
from starlette.datastructures import FormData

from kb.access import Access, Right
from kb.collections import commands
from kb.collections.contents import (
    EntryRow,
    Rows,
    SectionRow,
    find_row,
    list_rows,
)
from kb.messages import N_, Message
from kb.runtime.services import Services
from kb.storage.collections import Collection
from search.query import MAX_LENGTH
from web.forms.arranging import Done, apply_action, read_revision
from web.forms.collection import NOTE_LENGTH, PostedDep, read_rows
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, requires
from web.http.finding import FoundItems, find_addable
from web.http.htmx import wants_fragment
from web.http.queues import QueuedWork, queued
from web.presenters.collections import ShownEntry, build_entry_presenter
from web.presenters.listing import build_address
from web.presenters.queries import require_curated, require_item

router = APIRouter(
    prefix="/collections", include_in_schema=False, dependencies=[requires(Right.COLLECTIONS)]
)


@dataclass(frozen=True)
class ShownRow:
    """A heading or an item of the form. ``name`` is used in announcements to screen readers."""

    row: SectionRow | EntryRow
    entry: ShownEntry | None
    name: str


@router.get("/{collection_id}/contents", dependencies=[queued(QueuedWork.SEARCH, "find")])
def contents(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    find: Annotated[str, Query(max_length=MAX_LENGTH)] = "",
) -> Response:
    """``find``: words to find items by that may be added."""
    found = find_addable(view, services, find)
    with services.database.session() as session:
        row = require_curated(session, access, collection_id)
        if wants_fragment(view.request):
            return view.page(
                "collections/_found.html", collection=row, found=found, held=_list_held(row)
            )
        return _show_page(view, session, row, found=found)


@router.post("/{collection_id}/contents")
def arrange(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    fields: PostedDep,
) -> Response:
    try:
        done = _arrange(services, access, collection_id, fields)
    except commands.CollectionConflict as error:
        return _show_conflict(view, services, collection_id, fields, error)
    find = str(fields.get("find") or "")[:MAX_LENGTH]
    if not wants_fragment(view.request):
        address = build_address(
            f"/collections/{collection_id}/contents", [("find", find)] if find else []
        )
        anchor = "found" if done.verb == "add" else f"row-{done.key.partition(':')[2]}"
        return RedirectResponse(f"{address}#{anchor}" if done.key else address, 303)
    found = find_addable(view, services, find)
    with services.database.session() as session:
        row = require_curated(session, access, collection_id)
        return _show_page(view, session, row, done, found=found)


def _arrange(services: Services, access: Access, collection_id: str, fields: FormData) -> Done:
    """Apply the submitted form and its action.

    Raises:
        NotFound: the item to add does not exist or may not be seen.
    """
    with services.database.transaction() as session:
        row = require_curated(session, access, collection_id)
        verb, _, item_id = str(fields.get("do") or "").partition(":")
        if verb == "add":
            require_item(session, access, item_id)
        done = apply_action(read_rows(fields, list_rows(row)), fields)
        commands.arrange_items(session, access, row, done.rows, read_revision(fields))
    return done


def _show_conflict(
    view: RequestContext,
    services: Services,
    collection_id: str,
    fields: FormData,
    error: commands.CollectionConflict,
) -> Response:
    with services.database.session() as session:
        row = require_curated(session, view.access, collection_id)
        typed = read_rows(fields, list_rows(row))
        return _show_page(view, session, row, Done(typed), error.message)


def _show_page(
    view: RequestContext,
    session: Session,
    row: Collection,
    done: Done | None = None,
    problem: Message | None = None,
    found: FoundItems | None = None,
) -> Response:
    rows = done.rows if done else list_rows(row)
    listed = _present_rows(session, view, row, rows)
    return view.page(
        "collections/_contents.html"
        if wants_fragment(view.request)
        else "collections/contents.html",
        status=http.HTTP_409_CONFLICT if problem else 200,
        fragment=wants_fragment(view.request),
        collection=row,
        found=found or FoundItems(),
        held=_list_held(row),
        rows=listed,
        problem=problem,
        announced=_word_announcement(done, listed, view) if done and not problem else "",
        note_length=NOTE_LENGTH,
    )


def _list_held(row: Collection) -> frozenset[str]:
    return frozenset(entry.item_id for entry in row.entries)


def _present_rows(
    session: Session, view: RequestContext, row: Collection, rows: Rows
) -> list[ShownRow]:
    show = build_entry_presenter(session, view.access, row, view.reader)
    listed = []
    for one in rows:
        if isinstance(one, SectionRow):
            listed.append(ShownRow(one, None, one.title))
        else:
            entry = show(one)
            name = entry.card.title if entry.card else view.reader.gettext(N_("Removed item"))
            listed.append(ShownRow(one, entry, name))
    return listed


def _word_announcement(done: Done, listed: list[ShownRow], view: RequestContext) -> str:
    """The announcement of the action for screen readers."""
    say = view.reader.gettext
    at = find_row(done.rows, done.key)
    if done.verb == "remove":
        return say(N_("Removed from the collection."))
    if at is None:
        return say(N_("Saved."))
    name = listed[at].name
    if done.verb == "section":
        return say(N_("Section “{name}” added at the end.")).format(name=name)
    sections = [one.name for one in listed[:at] if isinstance(one.row, SectionRow)]
    place = {"name": name, "at": at + 1, "of": len(listed)}
    if sections and isinstance(listed[at].row, EntryRow):
        template = N_("“{name}” is now row {at} of {of}, in the section “{section}”.")
        return say(template).format(**place, section=sections[-1])
    return say(N_("“{name}” is now row {at} of {of}.")).format(**place)
