"""Projects in the JSON interface: what their pages show, with every value and who checked it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from kb.access import Access
from kb.projects import commands, parts
from kb.runtime.services import Services
from kb.storage.projects import ProjectRow
from web.api.project_models import MeasuredProject, ProjectList, ProjectMemberOut
from web.exports.project_data import all_fields, project_fields
from web.exports.project_files import MEDIA_TYPES, ProjectFile, download_project
from web.forms.known_values import KnownValues
from web.http.addresses import site_of
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep
from web.http.entity_tags import Precondition, note_state
from web.http.paging import Paged, cut_page, link_next
from web.http.problems import ALWAYS, problems
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.queries import ProjectListQuery

router = APIRouter(
    route_class=ApiRoute, prefix="/api/v1/projects", tags=["projects"], responses=ALWAYS
)


class PagedProjects(KnownValues, ProjectListQuery, Paged):
    pass


@router.get("", summary="Projects that meet filters, 24 to a page", responses=problems(400, 422))
def list_projects(
    view: ViewDep,
    response: Response,
    services: ServicesDep,
    access: AccessDep,
    wanted: Annotated[PagedProjects, Query()],
) -> ProjectList:
    """`total` and `projects`, the last changed first, without their indicators."""
    with services.database.session() as session:
        rows = {row.id: row for row in queries.matching_projects(session, access, wanted)}
        keys = sorted(((-row.updated_at.timestamp(),), row.id) for row in rows.values())
        page = cut_page(
            view.request, keys, wanted, usual=queries.PROJECTS_PER_PAGE, page=wanted.page
        )
        shown = [
            {**project_fields(session, access, row), **_with_rights(row, access)}
            for row in map(rows.__getitem__, page.ids)
        ]
    link_next(view.request, response, page.next)
    found = {"total": len(keys), "projects": shown, "next": page.next}
    return ProjectList.model_validate(found)


@router.get("/{project_id}", summary="A project", responses=problems(404, 422))
def get_project(project_id: str, view: ViewDep, services: ServicesDep) -> MeasuredProject:
    """The project with its indicators, and every measurement with its state: `reported`, `checked`,
    `sent-back` or `superseded`. A file that the caller may not open is `null`."""
    return describe_project(view, services, project_id)


def describe_project(view: RequestContext, services: Services, project_id: str) -> MeasuredProject:
    """The project as the caller sees it, with its state for the ETag of the answer. Raises
    NotFound."""
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        note_state(view.request, row)
        fields = all_fields(session, view.access, row, site_of(view.request))
        return MeasuredProject.model_validate({**fields, **_with_rights(row, view.access)})


@router.get(
    "/{project_id}/download/{file}",
    operation_id="download_project_file",
    summary="Indicators, measurements, results and due dates of a project as files",
    dependencies=[queued(QueuedWork.PAPER)],
    response_class=Response,
    responses={
        **problems(404, 422),
        200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}},
    },
)
def get_file(project_id: str, file: ProjectFile, view: ViewDep, services: ServicesDep) -> Response:
    """`measurements.csv` has a row per measurement and `indicators.csv` one per indicator, with the
    names of the JSON fields; `results.xml` has the elements of the results of the IATI activity
    standard 2.03, with checked values only; `due.ics` the days of steps and measurements."""
    with services.database.session() as session:
        row = queries.require_project(session, view.access, project_id)
        return download_project(session, view, row, file, for_programs=True)


def lock_project(
    session: Session, access: Access, project_id: str, if_match: Precondition
) -> ProjectRow:
    """The project for a change, until the transaction ends.

    Raises:
        NotFound: the caller does not see it.
        ChangedMeanwhile: it is in another state than ``If-Match`` names.
        StateExcluded: it is in one that ``If-None-Match`` names.
    """
    queries.require_project(session, access, project_id)
    row = commands.lock_project(session, project_id)
    if_match.check(row)
    return row


def _with_rights(row: ProjectRow, access: Access) -> dict[str, Any]:
    """The revision that a change names; members as on the page, where invitations that wait are
    seen by lead, partners and who is invited."""
    leads, own = parts.may_lead(row, access), parts.list_own(row, access)
    members = [
        ProjectMemberOut(
            body=one.body,
            part=one.part,
            role=one.role,
            id=one.id if leads or one in own else None,
            accepted=one.account_id is None or one.joined_at is not None,
        )
        for one in parts.list_shown(row, access)
    ]
    return {"revision": row.revision, "members": members}
