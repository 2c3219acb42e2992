"""Begin, change, publish and remove projects in the JSON interface, and their members."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from kb.access import Right
from kb.messages import N_, PermanentError
from kb.projects import commands, members, stages
from web.api.project_models import (
    MeasuredProject,
    NewMember,
    NewProject,
    PartChoice,
    ProjectChange,
    ProjectFields,
    StageMove,
    VisibilityChoice,
)
from web.api.projects import describe_project, lock_project
from web.forms.new_project import begin_project
from web.forms.project import find_municipality
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, ServicesDep, ViewDep, requires
from web.http.entity_tags import IfMatch
from web.http.problems import ALWAYS, problems
from web.presenters import queries

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/projects",
    tags=["projects"],
    responses=ALWAYS | problems(400, 403, 404, 412, 422),
    dependencies=[requires(Right.PROJECTS)],
)


@router.post("", operation_id="begin_project", status_code=201, summary="Begin a project")
def begin(
    sent: NewProject, view: ViewDep, services: ServicesDep, access: AccessDep
) -> MeasuredProject:
    """Visible to members, with the caller as lead. From a worksheet come the conditions that were
    looked into; those that are unknown become steps."""
    told = {"language": "en" if view.reader.code == "en" else "it"} | _told(sent)
    with services.database.transaction() as session:
        if sent.practice_id and not queries.find_practice(session, access, sent.practice_id):
            raise PermanentError(N_("There is no practice “{id}”."), id=sent.practice_id)
        row = begin_project(session, access, told, sent.practice_id, sent.worksheet_id)
        project_id = row.id
    return describe_project(view, services, project_id)


@router.patch(
    "/{project_id}",
    operation_id="change_project",
    summary="Change a project",
    responses=problems(409),
)
def change(
    project_id: str,
    sent: ProjectChange,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
) -> MeasuredProject:
    """Lead and partners only. The stage is changed by itself."""
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        commands.change_project(session, access, row, sent.revision, _told(sent))
    return describe_project(view, services, project_id)


@router.post(
    "/{project_id}/stage",
    operation_id="move_project",
    summary="Move a project to another stage",
    responses=problems(409),
)
def move(
    project_id: str,
    sent: StageMove,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
) -> MeasuredProject:
    """To run it needs an indicator with baseline, target, owner and rhythm; to be measured also a
    checked value. `problems` lists all that is missing."""
    moved = stages.StageChange(sent.stage, view.reader.today(), sent.reason)
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        stages.move_stage(session, access, row, sent.revision, moved)
    return describe_project(view, services, project_id)


@router.put(
    "/{project_id}/visibility",
    operation_id="show_project",
    summary="Show a project to members or to everybody",
)
def publish(
    project_id: str,
    sent: VisibilityChoice,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
) -> MeasuredProject:
    """The lead only."""
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        commands.set_visibility(session, access, row, sent.visibility)
    return describe_project(view, services, project_id)


@router.delete(
    "/{project_id}",
    operation_id="remove_project",
    status_code=204,
    summary="Remove a project",
)
def remove(
    project_id: str, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> Response:
    """The lead only. Evidence files are documents of their own and stay."""
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        commands.remove_project(session, access, row)
    return Response(status_code=204)


@router.post(
    "/{project_id}/members",
    operation_id="invite_member",
    status_code=201,
    summary="Name or invite a member",
)
def invite(
    project_id: str,
    sent: NewMember,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
) -> MeasuredProject:
    """The lead only. An account that is invited edits once it has accepted."""
    invitation = members.Invitation(sent.body, sent.part, sent.role, sent.account)
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        members.add_member(session, access, row, invitation)
    return describe_project(view, services, project_id)


@router.post(
    "/{project_id}/accept",
    operation_id="accept_invitation",
    summary="Accept the invitation to a project",
)
def accept(
    project_id: str, view: ViewDep, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> MeasuredProject:
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        members.accept_invitation(session, access, row)
    return describe_project(view, services, project_id)


@router.patch(
    "/{project_id}/members/{member_id}",
    operation_id="set_member_part",
    summary="Change the part of a member",
)
def set_part(
    project_id: str,
    member_id: str,
    sent: PartChoice,
    view: ViewDep,
    services: ServicesDep,
    if_match: IfMatch,
) -> MeasuredProject:
    """The lead only. There is always a lead."""
    with services.database.transaction() as session:
        row = lock_project(session, view.access, project_id, if_match)
        members.set_part(session, view.access, row, member_id, sent.part)
    return describe_project(view, services, project_id)


@router.delete(
    "/{project_id}/members/{member_id}",
    operation_id="remove_member",
    status_code=204,
    summary="Leave, decline or remove",
)
def leave(
    project_id: str, member_id: str, services: ServicesDep, access: AccessDep, if_match: IfMatch
) -> Response:
    """Oneself, or by the lead. Who took part stays listed with the day."""
    with services.database.transaction() as session:
        row = lock_project(session, access, project_id, if_match)
        members.remove_member(session, access, row, member_id)
    return Response(status_code=204)


def _told(sent: ProjectFields) -> dict[str, Any]:
    """The fields of the record that were sent, the municipality as code."""
    given = sent.model_dump(exclude_unset=True, include=set(ProjectFields.model_fields))
    if given.get("municipality"):
        given["municipality"] = find_municipality(given["municipality"])
    return given
