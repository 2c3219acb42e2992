"""The picture of a practice: shown to its readers, set and removed by those who write cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, HTTPException, Response, UploadFile
from fastapi.responses import RedirectResponse

from kb.access import Right
from kb.constants import A_DAY_S
from kb.messages import N_, Message, PermanentError
from kb.practices import pictures
from kb.practices.pictures import Credit, EncodedPicture
from kb.runtime.services import Services
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
from web.presenters import queries
from web.rendering.titles import title_of

router = APIRouter(prefix="/practices/{practice_id}/picture", include_in_schema=False)

SEVERAL = N_("Choose one picture only: a practice has one.")


@dataclass(frozen=True)
class PictureForm:
    """What the form sends. ``shown``: checksum of the picture that it was opened with."""

    image: Annotated[list[UploadFile] | None, File()] = None
    alt: Annotated[str, Form(max_length=2000)] = ""
    author: Annotated[str, Form(max_length=2000)] = ""
    licence: Annotated[str, Form(max_length=2000)] = ""
    shown: Annotated[str, Form(max_length=64)] = ""

    @property
    def credit(self) -> Credit:
        return Credit(one_line(self.alt), one_line(self.author), one_line(self.licence))

    @property
    def files(self) -> list[UploadFile]:
        return [one for one in self.image or () if one.filename]


@router.get("/{size}", name="picture")
def picture(practice_id: str, size: Size, services: ServicesDep, access: AccessDep) -> Response:
    """The picture as WebP, for those who may see the practice."""
    with services.database.session() as session:
        queries.require_practice(session, access, practice_id)
        row = queries.find_picture(session, practice_id)
        if row is None:
            raise HTTPException(404)
        content = row.large if size is Size.LARGE else row.small
    headers = {"Cache-Control": f"private, max-age={A_DAY_S}"}
    return Response(content, media_type="image/webp", headers=headers)


@router.get("", dependencies=[requires(Right.PRACTICES)])
def picture_form(practice_id: str, view: ViewDep, services: ServicesDep) -> Response:
    return _show(view, services, practice_id, None, {})


@router.post("", dependencies=[requires(Right.PRACTICES), limited(RateLimited.UPLOAD)])
def save(
    practice_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    reader: PicturesDep,
    form: Annotated[PictureForm, Depends()],
) -> Response:
    with services.database.session() as session:
        queries.require_practice(session, access, practice_id)
    problems = form.credit.problems()
    encoded = None
    try:
        encoded = _encode(reader, form.files)
    except PermanentError as error:
        problems["image"] = error.message
    if not problems:
        try:
            with services.database.transaction() as session:
                pictures.set_picture(session, access, practice_id, encoded, form.credit, form.shown)
        except PermanentError as error:
            problems["image"] = error.message
    if problems:
        return _show(view, services, practice_id, form.credit, problems)
    return RedirectResponse(f"/practices/{practice_id}", 303)


@router.post("/remove", dependencies=[requires(Right.PRACTICES)])
def remove(
    practice_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    shown: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    try:
        with services.database.transaction() as session:
            queries.require_practice(session, access, practice_id)
            pictures.remove_picture(session, access, practice_id, shown)
    except PermanentError as error:
        return _show(view, services, practice_id, None, {"image": error.message})
    return RedirectResponse(f"/practices/{practice_id}", 303)


def _encode(reader: PicturesDep, files: list[UploadFile]) -> EncodedPicture | None:
    """The chosen file; None if none was chosen, which changes only what is said of the picture.

    Raises:
        PermanentError: several were chosen, or it cannot be read.
    """
    if len(files) > 1:
        raise PermanentError(SEVERAL)
    return reader.read(files[0].file) if files else None


def _show(
    view: RequestContext,
    services: Services,
    practice_id: str,
    typed: Credit | None,
    problems: dict[str, Message],
) -> Response:
    with services.database.session() as session:
        practice = queries.require_practice(session, view.access, practice_id)
        present = queries.find_picture(session, practice_id)
    stored = Credit(present.alt, present.author, present.licence) if present else None
    title = title_of(practice, view.reader)
    return view.page(
        "practices/picture.html",
        status=422 if problems else 200,
        practice_id=practice_id,
        title=title.text,
        title_language=title.language,
        present=present,
        filled=typed or stored or Credit("", "", ""),
        problems=problems,
        licences=LICENCES,
        limits={"alt": pictures.ALT_LENGTH, "name": pictures.NAME_LENGTH},
    )
