"""Indicators of a project and their measurements: define, report with a file, correct."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Visibility
from kb.messages import KbError, PermanentError
from kb.practices.numbers import number
from kb.practices.parts import MeasuredResult
from kb.practices.practice import Practice
from kb.projects import commands, parts
from kb.projects.indicators import IndicatorFields, result_key
from kb.projects.measurements import MeasurementFields
from kb.projects.validated import read_fields
from kb.projects.values import require_indicator
from kb.runtime.services import Services
from kb.storage.projects import ProjectRow
from kb.vocabulary.vocabularies import load as load_vocabulary
from web.forms.evidence import add_evidence, may_be_evidence, report_value
from web.forms.project import SentForm, read_form, read_indicator, read_measurement
from web.http.context import AccessDep, NotAllowed, RequestContext, ServicesDep, ViewDep, requires
from web.http.limits import RateLimited, limited
from web.presenters import queries
from web.presenters.projects import find_reference, present_project

router = APIRouter(prefix="/projects/{project_id}", include_in_schema=False)
MAKE = requires(Right.PROJECTS)
Filling = Annotated[SentForm, Depends(read_form)]
NEW, KEEP = "new", "keep"


@router.get("/indicators/{indicator_id}", dependencies=[MAKE])
def indicator_form(
    project_id: str, indicator_id: str, view: ViewDep, services: ServicesDep
) -> Response:
    """``new`` for another one."""
    return _indicator_form(view, services, project_id, indicator_id)


def _indicator_form(
    view: RequestContext,
    services: ServicesDep,
    project_id: str,
    indicator_id: str,
    filled: dict[str, Any] | None = None,
    problem: KbError | None = None,
) -> Response:
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        kept = problem is not None and parts.has_left(row, view.access)
        if not (kept or parts.may_edit(row, view.access)):
            raise NotAllowed(view.access)
        known = None if indicator_id == NEW else require_indicator(row, indicator_id)
        if filled is None:
            names = IndicatorFields.model_fields
            filled = {name: getattr(known, name) if known else "" for name in names}
            filled |= {
                name: number(value, view.reader.code)
                for name, value in filled.items()
                if isinstance(value, float)
            }
            filled["answers"] = f"{known.practice_id}|{known.result_key}" if known else ""
        results = _list_results(session, view.access, row)
        shown = {(card.id, key) for card, key, _ in results}
        own = (known.practice_id, known.result_key) if known else ("", "")
        keeps = own != ("", "") and own not in shown
        if keeps and filled["answers"] == "|".join(own):
            filled["answers"] = KEEP
    return view.page(
        "projects/indicator.html",
        status=422 if problem else 200,
        row=row,
        known=known,
        filled=filled,
        results=results,
        keeps=keeps,
        measures=load_vocabulary("measures"),
        problem=problem.message if problem else None,
    )


def _list_results(
    session: Session, access: Access, row: ProjectRow
) -> list[tuple[Practice, str, MeasuredResult]]:
    """Results that an indicator can answer: card, key and result."""
    found = []
    for one in row.practice_rows:
        if card := queries.find_practice(session, access, one.practice_id):
            found += [(card, result_key(r), r) for r in card.results if r.achieved]
    return found


@router.post("/indicators/{indicator_id}", dependencies=[MAKE])
def save_indicator(
    project_id: str,
    indicator_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: Filling,
) -> Response:
    try:
        fields = read_fields(IndicatorFields, read_indicator(form, view.reader.code))
        with services.database.transaction() as session:
            queries.require_project(session, access, project_id)
            row = commands.lock_project(session, project_id)
            known = None if indicator_id == NEW else require_indicator(row, indicator_id)
            if known and form["answers"] == KEEP:
                own = {"practice_id": known.practice_id, "result_key": known.result_key}
                fields = fields.model_copy(update=own)
            commands.save_indicator(session, access, row, fields, known.id if known else None)
    except PermanentError as error:
        filled = dict.fromkeys((*IndicatorFields.model_fields, "answers"), "")
        return _indicator_form(
            view, services, project_id, indicator_id, filled | form.as_values(), error
        )
    return RedirectResponse(f"/projects/{project_id}#indicators", 303)


@router.post("/indicators/{indicator_id}/retire", dependencies=[MAKE])
def retire_indicator(
    project_id: str, indicator_id: str, services: ServicesDep, access: AccessDep, form: Filling
) -> Response:
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        row = commands.lock_project(session, project_id)
        retired = form["again"] == ""
        commands.retire_indicator(session, access, row, indicator_id, retired=retired)
    return RedirectResponse(f"/projects/{project_id}#indicators", 303)


@router.get("/indicators/{indicator_id}/measure", dependencies=[MAKE])
def measure_form(
    project_id: str, indicator_id: str, view: ViewDep, services: ServicesDep, corrects: str = ""
) -> Response:
    filled: dict[str, str] = defaultdict(str, supersedes=corrects[:9])
    return _measure_form(view, services, project_id, indicator_id, filled)


def _measure_form(
    view: RequestContext,
    services: ServicesDep,
    project_id: str,
    indicator_id: str,
    filled: dict[str, str],
    problem: KbError | None = None,
) -> Response:
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        kept = problem is not None and parts.has_left(row, view.access)
        if not (kept or parts.may_edit(row, view.access)):
            raise NotAllowed(view.access)
        indicator = require_indicator(row, indicator_id)
        shown = present_project(session, view.access, row, view.reader)
        one = next(i for i in shown.indicators if i.id == indicator_id)
        corrected = next(
            (m for m in indicator.measurements if str(m.id) == filled.get("supersedes")), None
        )
        reference = find_reference(session, view.access, indicator)
    return view.page(
        "projects/measure.html",
        status=422 if problem else 200,
        row=row,
        indicator=indicator,
        one=one,
        corrected=corrected,
        reference=reference,
        filled=filled,
        problem=problem.message if problem else None,
    )


@router.post("/indicators/{indicator_id}/measure", dependencies=[MAKE, limited(RateLimited.UPLOAD)])
def report_measure(
    project_id: str,
    indicator_id: str,
    view: ViewDep,
    services: ServicesDep,
    form: Filling,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    access = view.access
    filled = form.as_values()
    try:
        values = read_measurement(form, view.reader.code)
        read_fields(MeasurementFields, values)
        with services.database.session() as session:
            row = queries.require_project(session, access, project_id)
            parts.require_editor(row, access)
            told = form["document_id"]
            may_be = may_be_evidence(session, access, row, indicator_id, told)
            filled["document_id"] = told if may_be else ""
        if filled["document_id"]:
            values["document_title"] = filled["document_title"] = form["document_title"][:500]
        if file is not None and file.filename:
            filled |= _take_evidence(services, access, form, file)
            values["document_title"] = filled["document_title"]
        values["document_id"] = filled["document_id"] or None
        fields = read_fields(MeasurementFields, values)
        with services.database.transaction() as session:
            report_value(session, access, project_id, indicator_id, fields)
    except PermanentError as error:
        return _measure_form(view, services, project_id, indicator_id, filled, error)
    return RedirectResponse(f"/projects/{project_id}#indicator-{indicator_id}", 303)


def _take_evidence(
    services: Services, access: Access, form: SentForm, file: UploadFile
) -> dict[str, str]:
    """Add the file with the visibility chosen for it."""
    chosen = form["visibility"]
    visibility = Visibility(chosen) if chosen in list(Visibility) else Visibility.MEMBERS
    document_id, title = add_evidence(services, access, file, visibility)
    return {"document_id": document_id, "document_title": title}
