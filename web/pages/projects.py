"""Projects: list, page, sections, checks of values, stage, visibility, deletion."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from kb.access import Right
from kb.domain import Visibility
from kb.messages import N_, KbError, NotFound, PermanentError
from kb.places import municipalities
from kb.practices.numbers import number
from kb.practices.terms import CostKind
from kb.projects import commands, measurements, parts, stages
from kb.projects.measurements import CheckResult
from kb.projects.validated import NotNow
from kb.projects.writing import read_project
from kb.storage.projects import CheckDecision, Stage
from kb.vocabulary import vocabularies
from web.exports.project_files import ProjectFile, download_project
from web.forms.new_project import begin_project, read_worksheet
from web.forms.project import EMPTY_ROWS, SECTIONS, SentForm, find_municipality, read_form
from web.http.context import (
    AccessDep,
    NotAllowed,
    RequestContext,
    ServicesDep,
    ViewDep,
    requires,
)
from web.http.own_place import find_own_place
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.listing import number_pages
from web.presenters.metadata.site import describe_list, describe_project
from web.presenters.project_card import present_card
from web.presenters.projects import PARTS, present_project
from web.presenters.queries import PROJECTS_PER_PAGE, ProjectListQuery
from web.presenters.tiles import project_card
from web.rendering.names import STAGES

router = APIRouter(prefix="/projects", include_in_schema=False)
Filling = Annotated[SentForm, Depends(read_form)]
MAKE = requires(Right.PROJECTS)


@router.get("")
def project_list(
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[ProjectListQuery, Query()],
) -> Response:
    with services.database.session() as session:
        listing = queries.list_projects(session, access, wanted)
        cards = [project_card(row, view.reader) for row in listing.rows]
    return view.page(
        "projects/list.html",
        metadata=describe_list(
            view.site, "/projects", N_("Projects"), filters=wanted.parameters(), page=wanted.page
        ),
        cards=cards,
        listing=listing,
        wanted=wanted,
        stages=STAGES,
        pages=number_pages(
            "/projects", wanted.parameters(), wanted.page, listing.total, PROJECTS_PER_PAGE
        ),
    )


@router.get("/new", dependencies=[MAKE])
def new_project(
    view: ViewDep,
    services: ServicesDep,
    practice: Annotated[str, Query(max_length=100)] = "",
    worksheet: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    return _new_form(view, services, practice, worksheet)


def _new_form(
    view: RequestContext,
    services: ServicesDep,
    practice: str,
    worksheet: str,
    filled: dict[str, str] | None = None,
    problem: KbError | None = None,
) -> Response:
    with services.database.session() as session:
        found = read_worksheet(session, view.access, worksheet) if worksheet else {}
        practice = practice or next(iter(found.get("practice_ids", ())), "")
        card = queries.find_practice(session, view.access, practice) if practice else None
        own = find_own_place(session, view.request, view.access)
    place = municipalities.find(found.get("municipality", "")) or own
    return view.page(
        "projects/new.html",
        status=422 if problem else 200,
        card=card,
        worksheet=worksheet,
        known=len(found.get("findings", ())),
        steps=len(found.get("steps", ())),
        filled=filled
        or {
            "title": "",
            "place": f"{place.name} ({place.province})" if place else "",
            "lead_body": "",
            "why": found.get("why", ""),
            "started": "",
        },
        problem=problem.message if problem else None,
    )


@router.post("", dependencies=[MAKE])
def make_project(
    view: ViewDep, services: ServicesDep, access: AccessDep, form: Filling
) -> Response:
    practice, worksheet = form["practice"][:100], form["worksheet"][:36]
    try:
        with services.database.transaction() as session:
            told = {
                "language": view.reader.code if view.reader.code == "en" else "it",
                "title": form["title"],
                "municipality": find_municipality(form["place"]),
                "lead_body": form["lead_body"],
                "why": form["why"],
                "started": form["started"] or None,
            }
            row = begin_project(session, access, told, practice, worksheet)
            return RedirectResponse(f"/projects/{row.id}", 303)
    except PermanentError as error:
        return _new_form(view, services, practice, worksheet, form.as_values(), error)


@router.get("/{project_id}")
def project_page(
    project_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    return _show(view, services, project_id)


def _show(
    view: RequestContext,
    services: ServicesDep,
    project_id: str,
    problem: KbError | None = None,
    reason: str = "",
    note: str = "",
) -> Response:
    """The page of a project. ``problem``: why what was sent was refused, with its ``reason`` for
    stopping, or its ``note`` on a measurement."""
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        shown = present_project(session, view.access, row, view.reader)
        metadata = describe_project(session, view.site, project_id)
        card = present_card(session, view.access, row, view.reader)
    missing = problem.missing if isinstance(problem, NotNow) else []
    return view.page(
        "projects/page.html",
        metadata=metadata,
        status=422 if problem else 200,
        shown=shown,
        card=card,
        project=shown.project,
        stages=STAGES,
        forward=[stage for stage in Stage if stage is not Stage.STOPPED],
        part_labels=PARTS,
        today=view.reader.today(),
        problem=problem.message if problem else None,
        problem_list=missing,
        reason=reason,
        note=note,
    )


@router.get("/{project_id}/download/{file}", dependencies=[queued(QueuedWork.PAPER)])
def download(project_id: str, file: ProjectFile, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        return download_project(session, view, row, file)


@router.get("/{project_id}/edit/{section}", dependencies=[MAKE])
def edit_section(project_id: str, section: str, view: ViewDep, services: ServicesDep) -> Response:
    return _section_form(view, services, project_id, section)


def _section_form(
    view: RequestContext,
    services: ServicesDep,
    project_id: str,
    section: str,
    changes: dict[str, Any] | None = None,
    problem: KbError | None = None,
) -> Response:
    if section not in SECTIONS:
        raise NotFound()
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        kept = problem is not None and parts.has_left(row, view.access)
        if not (kept or parts.may_edit(row, view.access)):
            raise NotAllowed(view.access)
        project = read_project(row).model_dump(mode="json")
        for one in project["budget"]:
            one["amount"] = number(one["amount"], view.reader.code)
        record = {**project, **(changes or {})}
    place = municipalities.find(str(record["municipality"]))
    said = f"{place.name} ({place.province})" if place else ""
    return view.page(
        "projects/edit.html",
        status=422 if problem else 200,
        row=row,
        section=section,
        heading=SECTIONS[section][0],
        record=record,
        place=record.get("place", said),
        themes=vocabularies.load("themes"),
        cost_kinds=list(CostKind),
        empty=EMPTY_ROWS,
        revision=row.revision,
        problem=problem.message if problem else None,
    )


@router.post("/{project_id}/edit/{section}", dependencies=[MAKE])
def save_section(
    project_id: str,
    section: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: Filling,
) -> Response:
    if section not in SECTIONS:
        raise NotFound()
    changes: dict[str, Any] = {}
    try:
        with services.database.transaction() as session:
            queries.require_project(session, access, project_id)
            changes = SECTIONS[section][1](form, view.reader.code)
            row = commands.lock_project(session, project_id)
            commands.change_project(session, access, row, form.whole("revision"), changes)
    except PermanentError as error:
        again = changes or {
            **form.as_values(),
            "seeks": form["seeks"].splitlines(),
            "themes": form.all("themes"),
        }
        return _section_form(view, services, project_id, section, again, error)
    return RedirectResponse(f"/projects/{project_id}#{section}", 303)


@router.post("/{project_id}/stage", dependencies=[MAKE])
def move_stage(
    project_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, form: Filling
) -> Response:
    stage = form["stage"]
    if stage not in list(Stage):
        raise NotFound()
    today: date = view.reader.today()
    change = stages.StageChange(Stage(stage), today, form["reason"])
    try:
        with services.database.transaction() as session:
            queries.require_project(session, access, project_id)
            row = commands.lock_project(session, project_id)
            stages.move_stage(session, access, row, form.whole("revision"), change)
    except PermanentError as error:
        return _show(view, services, project_id, error, form["reason"])
    return RedirectResponse(f"/projects/{project_id}", 303)


@router.post("/{project_id}/visibility", dependencies=[MAKE])
def set_visibility(
    project_id: str,
    services: ServicesDep,
    access: AccessDep,
    visibility: Annotated[Visibility, Form()],
) -> Response:
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        row = commands.lock_project(session, project_id)
        commands.set_visibility(session, access, row, visibility)
    return RedirectResponse(f"/projects/{project_id}", 303)


@router.post("/{project_id}/delete", dependencies=[MAKE])
def delete_project(project_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        commands.remove_project(session, access, commands.lock_project(session, project_id))
    return RedirectResponse("/projects", 303)


@router.post("/{project_id}/measures/{measure_id}/decide", dependencies=[requires(Right.CHECK)])
def decide(
    project_id: str,
    measure_id: int,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    form: Filling,
) -> Response:
    """Check a measurement, or send it back with a note. The note is shown again if that is not
    possible, for example because a correction came meanwhile."""
    is_good = form["decision"] == CheckDecision.CHECKED
    decision = CheckDecision.CHECKED if is_good else CheckDecision.SENT_BACK
    try:
        with services.database.transaction() as session:
            queries.require_project(session, access, project_id)
            row = commands.lock_project(session, project_id)
            result = CheckResult(decision, form["note"])
            measurements.decide(session, access, row, measure_id, result)
    except PermanentError as error:
        return _show(view, services, project_id, error, note=form["note"])
    return RedirectResponse(f"/projects/{project_id}#measure-{measure_id}", 303)
