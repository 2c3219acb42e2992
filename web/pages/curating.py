"""Creating, editing and deleting collections, and adding an item to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, HTTPException, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette import status as http

from kb.access import Access, Right
from kb.collections import commands
from kb.collections.covers import Cover
from kb.collections.enrolments import move_up
from kb.collections.forms import COVERS
from kb.messages import Message, PermanentError
from kb.practices.rules import ARGUMENT_WORDS
from kb.runtime.services import Services
from kb.storage.collections import Collection, CollectionKind
from web.forms.collection import KINDS, STATES, AboutForm, AboutFormDep, choices
from web.forms.collection_differences import SavedDifference, list_saved_differences
from web.http.context import (
    AccessDep,
    CoversDep,
    Number,
    RequestContext,
    ServicesDep,
    ViewDep,
    requires,
)
from web.http.htmx import wants_fragment
from web.presenters import queries
from web.presenters.enrolment_mails import hold_of, tell_moved_up
from web.presenters.queries import require_curated
from web.rendering.markdown import markdown
from web.rendering.names import EVENT_TYPES, VISIBILITIES
from web.rendering.titles import title_of

router = APIRouter(
    prefix="/collections", include_in_schema=False, dependencies=[requires(Right.COLLECTIONS)]
)


@dataclass(frozen=True)
class CoverForm:
    """What the form about a collection sends beside what it says of it."""

    covers: CoversDep
    image: Annotated[UploadFile | None, File()] = None
    image_alt: Annotated[str, Form(max_length=300)] = ""
    remove_image: Annotated[bool, Form()] = False
    revision: Annotated[Number, Form()] = 0
    do: Annotated[str, Form()] = ""

    def read_cover(self) -> Cover | None:
        """Decode the uploaded image. Raises KbError if it cannot be read."""
        if self.remove_image or not self.image or not self.image.filename:
            return None
        return self.covers.read(self.image.file)

    def change_image(
        self, session: Session, access: Access, row: Collection, cover: Cover | None
    ) -> None:
        if self.remove_image:
            commands.remove_image(session, access, row)
            return
        commands.set_image(session, access, row, cover, " ".join(self.image_alt.split()))


CoverFormDep = Annotated[CoverForm, Depends()]


@router.get("/new")
def new(view: ViewDep, kind: str = "") -> Response:
    chosen = kind if kind in KINDS else CollectionKind.THEMATIC.value
    return _show_form(view, None, AboutForm(kind=chosen))


@router.post("/new")
def create(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: AboutFormDep,
    do: Annotated[str, Form()] = "",
) -> Response:
    """Create the collection and redirect to its contents; with ``do=preview`` only show the
    argument."""
    about, problems = form.read()
    if do == "preview" or problems:
        return _show_form(view, None, form, problems=problems, preview=do == "preview")
    with services.database.transaction() as session:
        made = commands.create_collection(session, access, about)
    return RedirectResponse(f"/collections/{made.id}/contents", 303)


@router.post("/preview")
def preview(view: ViewDep, argument: Annotated[str, Form()] = "") -> Response:
    """The argument as HTML, for htmx; without it the form's preview button does the same."""
    return view.page("collections/_preview.html", html=markdown(argument))


@router.get("/{collection_id}/edit")
def edit(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, saved: bool = False
) -> Response:
    with services.database.session() as session:
        row = require_curated(session, access, collection_id)
        return _show_form(view, row, AboutForm.of(row), saved=saved)


@router.post("/{collection_id}/edit")
def save(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: AboutFormDep,
    cover_form: CoverFormDep,
) -> Response:
    about, problems = form.read()
    preview = cover_form.do == "preview"
    if preview or problems:
        with services.database.session() as session:
            row = require_curated(session, access, collection_id)
            return _show_form(
                view, row, form, problems=problems, preview=preview, revision=cover_form.revision
            )
    try:
        cover = cover_form.read_cover()
        with services.database.transaction() as session:
            row = require_curated(session, access, collection_id)
            commands.change_collection(session, access, row, about, cover_form.revision)
            for moved in move_up(session, row, view.reader.today(), hold_of(services.settings)):
                tell_moved_up(session, services.settings, row, moved)
            cover_form.change_image(session, access, row, cover)
    except PermanentError as error:
        return _show_refusal(view, services, collection_id, form, error)
    return RedirectResponse(f"/collections/{collection_id}/edit?saved=1", 303)


def _show_refusal(
    view: RequestContext,
    services: Services,
    collection_id: str,
    form: AboutForm,
    error: PermanentError,
) -> Response:
    """The form again with the submitted values and the error. Saving it once more overwrites a
    conflicting change."""
    outdated = isinstance(error, commands.CollectionConflict)
    with services.database.session() as session:
        row = require_curated(session, view.access, collection_id)
        return _show_form(
            view,
            row,
            form,
            saved_meanwhile=list_saved_differences(AboutForm.of(row), form) if outdated else (),
            problems={"": error.message} if outdated else {"image": error.message},
            status=http.HTTP_409_CONFLICT if outdated else 422,
        )


@router.get("/{collection_id}/delete")
def confirm(
    collection_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        return view.page(
            "collections/delete.html", collection=require_curated(session, access, collection_id)
        )


@router.post("/{collection_id}/delete")
def delete(collection_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        commands.delete_collection(session, access, require_curated(session, access, collection_id))
    return RedirectResponse("/collections", 303)


@router.get("/add")
def choose(
    view: ViewDep, services: ServicesDep, access: AccessDep, item: Annotated[str, Query()]
) -> Response:
    """The form that adds an item to a collection, as a fragment or a page."""
    return _show_choice(view, services, access, item)


@router.post("/add")
def add(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    item: Annotated[str, Form()],
    collection: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    with services.database.transaction() as session:
        if queries.find_item(session, access, item) is None:
            raise HTTPException(404)
        row = require_curated(session, access, collection)
        added = commands.add_item(session, access, row, item, " ".join(note.split()))
        title = title_of(row, view.reader).text
    if wants_fragment(view.request):
        return view.page(
            "collections/_added.html", collection_id=collection, title=title, item=item, added=added
        )
    return RedirectResponse(f"/collections/{collection}/contents#row-{item}", 303)


def _show_choice(
    view: RequestContext, services: Services, access: Access, item_id: str
) -> Response:
    with services.database.session() as session:
        item = queries.find_item(session, access, item_id)
        if item is None:
            raise HTTPException(404)
        rows = queries.list_curated(session, access)
        here = {row.id for row in rows if any(e.item_id == item_id for e in row.entries)}
        template = (
            "collections/_add.html" if wants_fragment(view.request) else "collections/add.html"
        )
        return view.page(
            template,
            item=item,
            collections=[row for row in rows if row.id not in here],
            already=[row for row in rows if row.id in here],
        )


def _show_form(  # noqa: PLR0913 - what the one template of the form shows
    view: RequestContext,
    row: Collection | None,
    filled: AboutForm,
    *,
    problems: dict[str, Message] | None = None,
    preview: bool = False,
    saved: bool = False,
    saved_meanwhile: Sequence[SavedDifference] = (),
    revision: int | None = None,
    status: int | None = None,
) -> Response:
    reader = view.reader
    wrong = {} if preview or problems is None else problems
    return view.page(
        "collections/edit.html",
        status=status or (422 if wrong else 200),
        collection=row,
        filled=filled,
        problems=wrong,
        preview=markdown(filled.argument) if preview else None,
        saved=saved,
        saved_meanwhile=saved_meanwhile,
        revision=revision or (row.revision if row else 0),
        words=len(filled.argument.split()),
        most_words=ARGUMENT_WORDS,
        visibilities=choices(VISIBILITIES),
        states=choices(STATES),
        kinds=choices(KINDS),
        event_types=choices(EVENT_TYPES),
        covers=list(COVERS.items()),
        languages=reader.all_languages(),
    )
