"""Members of a project: invite, accept, change the part, leave."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from kb.access import Right
from kb.messages import KbError, PermanentError
from kb.projects import commands, ideas, members, parts
from kb.storage.projects import MemberPart
from web.forms.project import Invited
from web.http.context import AccessDep, NotAllowed, RequestContext, ServicesDep, ViewDep, requires
from web.presenters import queries
from web.presenters.projects import PARTS

router = APIRouter(
    prefix="/projects/{project_id}",
    include_in_schema=False,
    dependencies=[requires(Right.PROJECTS)],
)


@router.get("/members")
def member_form(project_id: str, view: ViewDep, services: ServicesDep) -> Response:
    return _form(view, services, project_id)


def _form(
    view: RequestContext,
    services: ServicesDep,
    project_id: str,
    filled: Invited | None = None,
    problem: KbError | None = None,
) -> Response:
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        if not parts.may_lead(row, view.access):
            raise NotAllowed(view.access)
        present = parts.list_present(row)
    return view.page(
        "projects/members.html",
        status=422 if problem else 200,
        row=row,
        present=present,
        part_labels=PARTS,
        filled=filled or Invited(),
        problem=problem.message if problem else None,
    )


@router.post("/lead")
def take_lead(
    project_id: str, services: ServicesDep, access: AccessDep, body: Annotated[str, Form()] = ""
) -> Response:
    """Take up an idea of the scientific board."""
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        ideas.take_lead(session, access, commands.lock_project(session, project_id), body)
    return RedirectResponse(f"/projects/{project_id}", 303)


@router.post("/members")
def invite(
    project_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    filled: Annotated[Invited, Form()],
) -> Response:
    invitation = members.Invitation(filled.body, filled.part, filled.role, filled.account)
    try:
        with services.database.transaction() as session:
            queries.require_project(session, access, project_id)
            row = commands.lock_project(session, project_id)
            members.add_member(session, access, row, invitation)
    except PermanentError as error:
        return _form(view, services, project_id, filled, error)
    return RedirectResponse(f"/projects/{project_id}/members", 303)


@router.post("/accept")
def accept(project_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        members.accept_invitation(session, access, commands.lock_project(session, project_id))
    return RedirectResponse(f"/projects/{project_id}", 303)


@router.post("/members/{member_id}/leave")
def leave(project_id: str, member_id: str, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        row = commands.lock_project(session, project_id)
        members.remove_member(session, access, row, member_id)
    return RedirectResponse(f"/projects/{project_id}", 303)


@router.post("/members/{member_id}/part")
def set_part(
    project_id: str,
    member_id: str,
    services: ServicesDep,
    access: AccessDep,
    part: Annotated[MemberPart, Form()],
) -> Response:
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        row = commands.lock_project(session, project_id)
        members.set_part(session, access, row, member_id, part)
    return RedirectResponse(f"/projects/{project_id}/members", 303)
