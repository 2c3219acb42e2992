"""Photographs of an event: shown to its readers, added and put in order by curators."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import RedirectResponse
from starlette import status as http

from kb.access import Right
from kb.collections import photographs
from kb.collections.photographs import Caption, PhotographConflict
from kb.constants import A_DAY_S
from kb.messages import N_, Message, NotFound, PermanentError
from kb.practices.pictures import ALT_LENGTH, NAME_LENGTH, EncodedPicture
from kb.runtime.images import MAX_BYTES
from kb.runtime.services import Services
from kb.storage.collections import Collection, CollectionKind
from kb.text.lines import one_line
from web.forms.picture import LICENCES, Size
from web.http.context import (
    AccessDep,
    PicturesDep,
    RequestContext,
    ServicesDep,
    ViewDep,
    requires,
)
from web.http.limits import RateLimited, limited
from web.presenters.queries import require_collection

router = APIRouter(prefix="/collections/{collection_id}/photographs", include_in_schema=False)
CURATING = requires(Right.COLLECTIONS)


class PhotographAction(enum.StrEnum):
    SAVE = "save"
    UP = "up"
    DOWN = "down"
    REMOVE = "remove"


@dataclass(frozen=True)
class CaptionForm:
    """``shown``: digest of the caption that the form was opened with."""

    alt: Annotated[str, Form(max_length=2000)] = ""
    author: Annotated[str, Form(max_length=2000)] = ""
    licence: Annotated[str, Form(max_length=2000)] = ""
    shown: Annotated[str, Form(max_length=64)] = ""
    do: Annotated[PhotographAction, Form()] = PhotographAction.SAVE

    @property
    def caption(self) -> Caption:
        return Caption(one_line(self.alt), one_line(self.author), one_line(self.licence))


@dataclass(frozen=True)
class RefusedCaption:
    """What was typed into a form and what is wrong in it; ``id``: of the photograph, empty for the
    form that adds one."""

    id: str
    typed: Caption
    problems: dict[str, Message]
    status: int = 422


@router.get("/{photograph_id}/{size}")
def photograph(
    collection_id: str, photograph_id: str, size: Size, services: ServicesDep, access: AccessDep
) -> Response:
    """The photograph as WebP, for those who may see the event."""
    with services.database.session() as session:
        event = require_collection(session, access, collection_id)
        row = photographs.require_photograph(session, event, photograph_id)
        content = row.large if size is Size.LARGE else row.small
    headers = {"Cache-Control": f"private, max-age={A_DAY_S}"}
    return Response(content, media_type="image/webp", headers=headers)


@router.get("", dependencies=[CURATING])
def photograph_list(
    collection_id: str, view: ViewDep, services: ServicesDep, done: str = ""
) -> Response:
    return _show(view, services, collection_id, None, done)


@router.post("", dependencies=[CURATING, limited(RateLimited.UPLOAD)])
def add(
    collection_id: str,
    view: ViewDep,
    services: ServicesDep,
    reader: PicturesDep,
    form: Annotated[CaptionForm, Depends()],
    image: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    access = view.access
    with services.database.session() as session:
        _require_event(require_collection(session, access, collection_id))
    problems = form.caption.problems()
    try:
        encoded = _encode(reader, [one for one in image or () if one.filename])
        if not problems:
            with services.database.transaction() as session:
                event = _require_event(require_collection(session, access, collection_id))
                made = photographs.add_photograph(session, access, event, encoded, form.caption)
                address = f"/collections/{event.id}/photographs?done=added#photograph-{made.id}"
    except PermanentError as error:
        problems["image"] = error.message
    if problems:
        return _show(view, services, collection_id, RefusedCaption("", form.caption, problems))
    return RedirectResponse(address, 303)


@router.post("/{photograph_id}", dependencies=[CURATING])
def change(
    collection_id: str,
    photograph_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: Annotated[CaptionForm, Depends()],
) -> Response:
    """Save the caption, move the photograph or remove it, by the button that was pressed."""
    problems = form.caption.problems() if form.do is PhotographAction.SAVE else {}
    status = 422
    try:
        if not problems:
            with services.database.transaction() as session:
                event = _require_event(require_collection(session, access, collection_id))
                place = (session, access, event, photograph_id)
                if form.do is PhotographAction.SAVE:
                    photographs.change_caption(*place, form.caption, form.shown)
                elif form.do is PhotographAction.REMOVE:
                    photographs.remove_photograph(*place, form.shown)
                else:
                    photographs.move_photograph(*place, -1 if form.do is PhotographAction.UP else 1)
    except PhotographConflict as error:
        problems, status = {"": error.message}, http.HTTP_409_CONFLICT
    if problems:
        refused = RefusedCaption(photograph_id, form.caption, problems, status)
        return _show(view, services, collection_id, refused)
    done = "removed" if form.do is PhotographAction.REMOVE else "saved"
    anchor = "" if form.do is PhotographAction.REMOVE else f"#photograph-{photograph_id}"
    return RedirectResponse(f"/collections/{collection_id}/photographs?done={done}{anchor}", 303)


def _encode(reader: PicturesDep, files: list[UploadFile]) -> EncodedPicture:
    """Raises PermanentError: none or several were chosen, or it cannot be read."""
    if not files:
        raise PermanentError(N_("No picture was chosen: choose a file."))
    if len(files) > 1:
        raise PermanentError(
            N_("Choose one photograph at a time: each needs words that say what it shows.")
        )
    return reader.read(files[0].file)


def _require_event(row: Collection) -> Collection:
    """Raises NotFound for a collection that is no event."""
    if row.kind is not CollectionKind.EVENT:
        raise NotFound()
    return row


def _show(
    view: RequestContext,
    services: Services,
    collection_id: str,
    refused: RefusedCaption | None,
    done: str = "",
) -> Response:
    with services.database.session() as session:
        event = _require_event(require_collection(session, view.access, collection_id))
        rows = photographs.list_photographs(session, event)
        captions = {row.id: Caption.of(row) for row in rows}
        last = captions[rows[-1].id] if rows else Caption()
        return view.page(
            "collections/photographs.html",
            status=refused.status if refused else 200,
            collection=event,
            photographs=rows,
            captions=captions,
            refused=refused,
            new=Caption("", last.author, last.licence or event.licence),
            done=done,
            licences=LICENCES,
            limits={"alt": ALT_LENGTH, "name": NAME_LENGTH},
            most=photographs.MOST,
            megabytes=MAX_BYTES >> 20,
        )
