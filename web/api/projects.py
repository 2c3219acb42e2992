"""Projects in the JSON interface: what their pages show, with every value and who checked it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from web.exports.project_data import all_fields, project_fields
from web.exports.project_files import MEDIA_TYPES, ProjectFile, download_project
from web.http.addresses import site_of
from web.http.context import AccessDep, ServicesDep, ViewDep
from web.http.problems import ALWAYS, problems
from web.presenters import queries
from web.presenters.queries import ProjectListQuery

router = APIRouter(prefix="/api/v1/projects", tags=["projects"], responses=ALWAYS)


@router.get("", summary="Projects that meet filters, 24 to a page", responses=problems(422))
def list_projects(
    services: ServicesDep, access: AccessDep, wanted: Annotated[ProjectListQuery, Query()]
) -> dict[str, Any]:
    """`total` and `projects`, the last changed first, without their indicators."""
    with services.database.session() as session:
        listing = queries.list_projects(session, access, wanted)
        return {
            "total": listing.total,
            "projects": [project_fields(session, access, row) for row in listing.rows],
        }


@router.get("/{project_id}", summary="A project", responses=problems(404, 422))
def get_project(
    project_id: str, request: Request, services: ServicesDep, access: AccessDep
) -> dict[str, Any]:
    """The project with its indicators, and every measurement with its state: `reported`, `checked`,
    `sent-back` or `superseded`. A file that the caller may not open is `null`."""
    with services.database.session() as session:
        row = queries.require_project(session, access, project_id)
        return all_fields(session, access, row, site_of(request))


@router.get(
    "/{project_id}/download/{file}",
    summary="Indicators, measurements, results and due dates of a project as files",
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
