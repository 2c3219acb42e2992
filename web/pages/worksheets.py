"""Transfer worksheets of the caller's account: list, create, form, print, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.messages import N_
from kb.places import municipalities
from kb.practices.practice import Practice
from kb.worksheets import commands
from kb.worksheets.conditions import NOTE_CHARACTERS
from web.exports.worksheet import paper
from web.http.context import AccessDep, ServicesDep, ViewDep, require_account, requires
from web.http.limits import RateLimited, limited
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.scenarios import present_kept
from web.presenters.worksheets import (
    ANSWERS,
    PARTS,
    build_conditions,
    compare_place,
    count_answers,
    group_conditions,
    read_titles,
)
from web.printing.download import PaperFormat, download_paper

router = APIRouter(
    prefix="/worksheets", include_in_schema=False, dependencies=[requires(Right.NOTES)]
)


@router.get("")
def worksheet_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        listed = commands.list_worksheets(session, require_account(access))
        titles = read_titles(session, access, listed, view.reader)
        return view.page(
            "worksheets/list.html",
            listed=[
                (one, titles[one.id], municipalities.find(one.municipality), count_answers(one))
                for one in listed
            ],
            answers=ANSWERS,
        )


@router.get("/new")
def new_worksheet(
    practice: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        card = _require_practice(session, access, practice)
        own = find_own_place(session, view.request, access)
    return view.page("worksheets/new.html", practice=card, own=own)


@router.post("")
def make_worksheet(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    practice: Annotated[str, Form(max_length=100)],
    place: Annotated[str, Form(max_length=6)],
) -> Response:
    with services.database.transaction() as session:
        card = _require_practice(session, access, practice)
        municipality = municipalities.named(place)
        worksheet = commands.open_worksheet(
            session,
            require_account(access),
            card,
            municipality.istat_code,
            view.reader.code,
            lambda: build_conditions(session, card, municipality, view.reader),
        )
        return RedirectResponse(f"/worksheets/{worksheet.id}", 303)


@router.get(
    "/{worksheet_id}.{format}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)]
)
def print_worksheet(
    worksheet_id: str, format: PaperFormat, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    if format is PaperFormat.CSV:
        raise HTTPException(404)
    with services.database.session() as session:
        worksheet = commands.require_worksheet(session, require_account(access), worksheet_id)
        titles = read_titles(session, access, [worksheet], view.reader)
        scenarios = present_kept(session, access, worksheet, view.reader)
        printed = paper(worksheet, titles[worksheet.id].text, view.reader, scenarios)
    return download_paper(view.reader.gettext(N_("worksheet")), format, printed)


@router.get("/{worksheet_id}")
def worksheet_page(
    worksheet_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, saved: str = ""
) -> Response:
    with services.database.session() as session:
        worksheet = commands.require_worksheet(session, require_account(access), worksheet_id)
        practice = queries.find_practice(session, access, worksheet.practice_id)
        current = commands.find_card_hash(session, worksheet.practice_id)
        place = municipalities.find(worksheet.municipality)
        title = read_titles(session, access, [worksheet], view.reader)[worksheet.id]
        alike = compare_place(session, practice, place, view.reader) if practice and place else None
        scenarios = present_kept(session, access, worksheet, view.reader)
    return view.page(
        "worksheets/page.html",
        worksheet=worksheet,
        title=title.text,
        title_language=title.language,
        practice=practice,
        changed=practice is not None and current != worksheet.practice_sha256,
        place=place,
        alike=alike,
        parts=group_conditions(worksheet),
        counts=count_answers(worksheet),
        headings=PARTS,
        answers=ANSWERS,
        longest=NOTE_CHARACTERS,
        scenarios=scenarios,
        saved=bool(saved),
    )


async def _read_fields(request: Request) -> dict[str, str]:
    """Text fields of the form by name; their names depend on the worksheet's conditions."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


@router.post("/{worksheet_id}")
def save_worksheet(
    worksheet_id: str,
    services: ServicesDep,
    access: AccessDep,
    filled: Annotated[dict[str, str], Depends(_read_fields)],
) -> Response:
    with services.database.transaction() as session:
        commands.save_answers(
            commands.require_worksheet(session, require_account(access), worksheet_id), filled
        )
    return RedirectResponse(f"/worksheets/{worksheet_id}?saved=1", 303)


@router.post("/{worksheet_id}/renew")
def renew_worksheet(
    worksheet_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    """Replace the conditions with those of the present card."""
    with services.database.transaction() as session:
        worksheet = commands.require_worksheet(session, require_account(access), worksheet_id)
        card = _require_practice(session, access, worksheet.practice_id)
        place = municipalities.find(worksheet.municipality)
        fresh = build_conditions(session, card, place, view.reader) if place else []
        commands.renew_conditions(session, worksheet, fresh)
    return RedirectResponse(f"/worksheets/{worksheet_id}", 303)


@router.post("/{worksheet_id}/scenarios/delete")
def drop_scenario(
    worksheet_id: str,
    services: ServicesDep,
    access: AccessDep,
    measure: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    with services.database.transaction() as session:
        worksheet = commands.require_worksheet(session, require_account(access), worksheet_id)
        commands.drop_scenario(worksheet, measure)
    return RedirectResponse(f"/worksheets/{worksheet_id}", 303)


@router.post("/{worksheet_id}/delete")
def delete_worksheet(worksheet_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        commands.delete_worksheet(session, require_account(access), worksheet_id)
    return RedirectResponse("/worksheets", 303)


def _require_practice(session: Session, access: Access, practice_id: str) -> Practice:
    practice = queries.find_practice(session, access, practice_id)
    if practice is None:
        raise HTTPException(404)
    return practice
