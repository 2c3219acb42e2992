"""From a card's figures to their places in its sources: found, shown beside the page, taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import N_, PermanentError
from kb.practices import drafts
from kb.practices.quotations import RESULT, quoted_spans
from kb.practices.taking_places import (
    CardText,
    TakenPlace,
    add_other_figure,
    card_text,
    take_place,
)
from kb.storage.tables import PageRow
from kb.text.written_numbers import find_numbers
from web.http.context import (
    AccessDep,
    Number,
    RendererDep,
    ServicesDep,
    ViewDep,
    requires,
)
from web.presenters import queries
from web.presenters.figure_places import ShownPlace, read_figures
from web.presenters.page_names import name_page
from web.presenters.page_picture import draw_page
from web.presenters.queries import require_document

router = APIRouter(
    prefix="/practices/{practice_id}/figures",
    include_in_schema=False,
    dependencies=[requires(Right.PRACTICES)],
)


@dataclass(frozen=True)
class TakenForm:
    """A place as it was shown. ``version``: of the draft that it was shown for, 0 for none.
    ``number``: the number in the words that is another figure for the same thing."""

    source: Annotated[str, Form()]
    document: Annotated[str, Form()]
    page: Annotated[Number, Form()]
    quote: Annotated[str, Form(max_length=10_000)]
    version: Annotated[int, Form(ge=0)] = 0
    number: Annotated[str, Form(max_length=100)] = ""
    replace: Annotated[bool, Form()] = False


@dataclass(frozen=True)
class FigureAddress:
    """A figure of a card. ``place``: number of the place, from 1, whose page is shown."""

    practice_id: str
    key: str
    place: Annotated[int, Query(ge=1, le=20)] = 1


@router.get("")
def figure_list(
    practice_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, taken: str = ""
) -> Response:
    """``taken``: key of the figure whose place was just taken."""
    with services.database.session() as session:
        card = read_figures(services, session, access, practice_id, view.reader)
        draft = drafts.open_revision(session, practice_id)
    return view.page(
        "figures/list.html", practice_id=practice_id, card=card, draft=draft, taken=taken
    )


@router.get("/{key}")
def figure_page(
    address: Annotated[FigureAddress, Depends()],
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    renderer: RendererDep,
) -> Response:
    practice_id, place = address.practice_id, address.place
    with services.database.session() as session:
        card = read_figures(services, session, access, practice_id, view.reader, address.key)
        shown = card.figures[0]
        chosen = shown.all_places[place - 1] if place <= len(shown.all_places) else None
        row = _page_row(session, chosen)
    picture = None
    if chosen is not None and row is not None:
        spans = quoted_spans(row.text, chosen.quote)
        picture = draw_page(services, renderer, chosen.document, row, spans, access)
    return view.page(
        "figures/figure.html",
        practice_id=practice_id,
        card=card,
        shown=shown,
        chosen=chosen,
        place=place,
        page=row,
        where=name_page(chosen.document, row, view.reader) if chosen and row else "",
        picture=picture,
    )


@router.post("/{key}/take")
def take(
    practice_id: str,
    key: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: Annotated[TakenForm, Depends()],
) -> Response:
    """Take the place into the open draft, or into a new one."""
    with services.database.transaction() as session:
        text = _unchanged_text(session, access, practice_id, form)
        figure = text.figure(key)
        place = _place(session, access, form, view)
        revision = drafts.revise_practice(session, access, practice_id)
        if form.number:
            record, index = add_other_figure(revision.record, figure, place, _value(form.number))
            drafts.save_draft(session, access, revision.id, revision.version, record)
            entry = f"{RESULT}-{index}-entry"
            return RedirectResponse(f"/drafts/{revision.id}?at={entry}#{entry}", 303)
        record = take_place(revision.record, figure, place, replace=form.replace)
        drafts.save_draft(session, access, revision.id, revision.version, record)
    return RedirectResponse(f"/practices/{practice_id}/figures?taken={key}#{key}", 303)


def _unchanged_text(
    session: Session, access: Access, practice_id: str, form: TakenForm
) -> CardText:
    text = card_text(session, access, practice_id)
    if text is None:
        raise HTTPException(404)
    if text.version != form.version:
        raise PermanentError(
            N_("The card was changed meanwhile: open the list of its figures again.")
        )
    return text


def _place(session: Session, access: Access, form: TakenForm, view: ViewDep) -> TakenPlace:
    document = require_document(session, access, form.document)
    row = queries.find_page(session, document, form.page)
    if row is None:
        raise HTTPException(404)
    return TakenPlace(form.source, document, row, form.quote, view.reader.today())


def _page_row(session: Session, chosen: ShownPlace | None) -> PageRow | None:
    return queries.find_page(session, chosen.document, chosen.place.page) if chosen else None


def _value(number: str) -> float | None:
    """The number that people read there, if it can only be one."""
    values = [value for one in find_numbers(number) for value in one.values]
    return values[0] if len(values) == 1 else None
