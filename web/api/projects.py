"""Projects in the JSON interface: what their pages show, with every value and who checked it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from kb.access import Access
from kb.projects.parts import list_taking_part
from kb.projects.values import find_superseded, next_due, state_of
from kb.projects.writing import read_project
from kb.storage.projects import Indicator, Measurement, ProjectRow
from web.http.context import AccessDep, ServicesDep
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
def get_project(project_id: str, services: ServicesDep, access: AccessDep) -> dict[str, Any]:
    """The project with its indicators, and every measurement with its state: `reported`, `checked`,
    `sent-back` or `superseded`. A file that the caller may not open is `null`."""
    with services.database.session() as session:
        row = queries.require_project(session, access, project_id)
        ids = {one.document_id for i in row.indicators for one in i.measurements if one.document_id}
        files = set(queries.items_by_id(session, access, ids))
        cards = set(queries.items_by_id(session, access, [i.practice_id for i in row.indicators]))
        indicators = [indicator_fields(one, files | cards) for one in row.indicators]
        return {**project_fields(session, access, row), "indicators": indicators}


def project_fields(session: Session, access: Access, row: ProjectRow) -> dict[str, Any]:
    """The record with what rows have beside it, and the practices that the caller may see. Members
    are named by their body alone."""
    project = read_project(row)
    cards = queries.items_by_id(session, access, project.practice_ids)
    return {
        "id": row.id,
        **project.model_dump(mode="json", exclude={"practice_ids"}),
        "place": project.place_name,
        "region": project.region,
        "visibility": row.visibility,
        "changed_at": row.updated_at.isoformat(),
        "practices": [
            {"id": id, "title": cards[id].title} for id in project.practice_ids if id in cards
        ],
        "members": [
            {"body": one.body, "part": one.part, "role": one.role} for one in list_taking_part(row)
        ],
        "card": row.card_id,
    }


def indicator_fields(one: Indicator, seen: set[str]) -> dict[str, Any]:
    """``seen``: ids of the documents and practices that the caller may see."""
    superseded = find_superseded(one)
    names = (
        "id", "text", "text_en", "measure", "unit", "unit_en", "better", "aggregable", "baseline",
        "baseline_numerator", "baseline_denominator", "baseline_on", "baseline_how", "target",
        "target_on", "source", "every_months", "owner",
    )  # fmt: skip
    return {
        **{name: getattr(one, name) for name in names},
        "practice_id": one.practice_id if one.practice_id in seen else "",
        "result_key": one.result_key if one.practice_id in seen else "",
        "retired": one.retired_at is not None,
        "next_due": next_due(one),
        "measurements": [_measurement(m, superseded, seen) for m in one.measurements],
    }


def _measurement(m: Measurement, superseded: frozenset[int], seen: set[str]) -> dict[str, Any]:
    check = m.checks[-1] if m.checks else None
    return {
        "id": m.id,
        "period_start": m.period_start,
        "period_end": m.period_end,
        "value": m.value,
        "numerator": m.numerator,
        "denominator": m.denominator,
        "note": m.note,
        "state": state_of(m, superseded),
        "document_id": m.document_id if m.document_id in seen else None,
        "reporter": m.reporter,
        "reported_at": m.reported_at,
        "supersedes": m.supersedes,
        "checker": check.checker if check else None,
        "checked_at": check.checked_at if check else None,
        "check_note": check.note if check else "",
    }
