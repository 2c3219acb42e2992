"""Indicators and measurements in the JSON interface: define, report with a file, correct, check."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.domain import Visibility
from kb.messages import N_, PermanentError
from kb.projects import commands, measurements, parts
from kb.projects.indicators import IndicatorFields
from kb.projects.measurements import CheckResult, MeasurementFields
from kb.projects.validated import read_fields
from kb.projects.values import require_indicator
from kb.runtime.services import Services
from kb.storage.projects import ProjectRow
from web.api.project_models import (
    CheckChoice,
    IndicatorOut,
    MeasuredProject,
    MeasurementOut,
    NewIndicator,
    Retirement,
)
from web.api.projects import describe_project, lock_project
from web.forms.evidence import add_evidence, may_be_evidence, report_value
from web.http.api_route import ApiRoute
from web.http.context import AccessDep, Number, RequestContext, ServicesDep, ViewDep, requires
from web.http.entity_tags import IfMatch, Precondition, forget_state
from web.http.limits import RateLimited, limited
from web.http.problems import ALWAYS, problems
from web.presenters import queries

router = APIRouter(
    route_class=ApiRoute,
    prefix="/api/v1/projects/{project_id}",
    tags=["projects"],
    responses=ALWAYS | problems(400, 403, 404, 412, 422),
)
MAKE = requires(Right.PROJECTS)
Numeral = Annotated[float | None, Form(allow_inf_nan=False)]


@router.post("/indicators", status_code=201, summary="Add an indicator", dependencies=[MAKE])
def add_indicator(
    project_id: str, sent: NewIndicator, view: ViewDep, services: ServicesDep, if_match: IfMatch
) -> IndicatorOut:
    """Lead and partners only."""
    return _save_indicator(view, services, project_id, None, sent, if_match)


@router.put(
    "/indicators/{indicator_id}",
    summary="Describe an indicator anew",
    dependencies=[MAKE],
)
def change_indicator(
    project_id: str,
    indicator_id: str,
    sent: NewIndicator,
    view: ViewDep,
    services: ServicesDep,
    if_match: IfMatch,
) -> IndicatorOut:
    """Fields that are not sent become empty. Once values are reported the unit stays. `If-Match`
    takes the ETag of the project."""
    return _save_indicator(view, services, project_id, indicator_id, sent, if_match)


@router.post(
    "/indicators/{indicator_id}/retire",
    summary="Stop measuring an indicator, or take it up again",
    dependencies=[MAKE],
)
def retire_indicator(
    project_id: str,
    indicator_id: str,
    sent: Retirement,
    view: ViewDep,
    services: ServicesDep,
    if_match: IfMatch,
) -> MeasuredProject:
    with services.database.transaction() as session:
        row = lock_project(session, view.access, project_id, if_match)
        commands.retire_indicator(session, view.access, row, indicator_id, retired=sent.retired)
    return describe_project(view, services, project_id)


@router.post(
    "/indicators/{indicator_id}/measurements",
    status_code=201,
    summary="Report a measurement, or correct one",
    responses=problems(413, 429),
    dependencies=[MAKE, limited(RateLimited.UPLOAD)],
)
def report_measurement(  # noqa: PLR0913  # one parameter for each field of the form
    project_id: str,
    indicator_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    if_match: IfMatch,
    *,
    period_start: Annotated[date, Form(examples=["2027-01-01"])],
    period_end: Annotated[date, Form(examples=["2027-12-31"])],
    value: Numeral = None,
    numerator: Numeral = None,
    denominator: Numeral = None,
    note: Annotated[str, Form(max_length=4000)] = "",
    supersedes: Annotated[Number | None, Form(description="Id of the value to correct.")] = None,
    document_id: Annotated[
        str, Form(max_length=64, description="Evidence that is here already.")
    ] = "",
    file: Annotated[UploadFile | None, File(description="The evidence.")] = None,
    visibility: Annotated[Visibility, Form(description="Of the file.")] = Visibility.MEMBERS,
) -> MeasurementOut:
    """A number, or numerator and denominator, or a note that says why there is none. The file
    becomes a document of its own, with its own visibility. Lead and partners only."""
    told = {
        "period_start": period_start, "period_end": period_end, "value": value,
        "numerator": numerator, "denominator": denominator, "note": note, "supersedes": supersedes,
    }  # fmt: skip
    fields = read_fields(MeasurementFields, told)
    with services.database.session() as session:
        row = queries.require_project(session, access, project_id)
        if_match.check(row)
        title = _require_evidence(session, access, row, indicator_id, document_id, fields)
    if file is not None and file.filename:
        document_id, title = add_evidence(services, access, file, visibility)
    evidence = {"document_id": document_id or None, "document_title": title}
    fields = read_fields(MeasurementFields, told | evidence)
    with services.database.transaction() as session:
        lock_project(session, access, project_id, if_match)
        made = report_value(session, access, project_id, indicator_id, fields).id
    return _measurement(view, services, project_id, made)


@router.post(
    "/measurements/{measurement_id}/checks",
    status_code=201,
    summary="Check a measurement, or send it back",
    dependencies=[requires(Right.CHECK)],
)
def check_measurement(
    project_id: str,
    measurement_id: Number,
    sent: CheckChoice,
    view: ViewDep,
    services: ServicesDep,
    if_match: IfMatch,
) -> MeasurementOut:
    """By researchers who never took part in the project."""
    with services.database.transaction() as session:
        row = lock_project(session, view.access, project_id, if_match)
        result = CheckResult(sent.decision, sent.note)
        measurements.decide(session, view.access, row, measurement_id, result)
    return _measurement(view, services, project_id, measurement_id)


def _save_indicator(
    view: RequestContext,
    services: Services,
    project_id: str,
    indicator_id: str | None,
    fields: IndicatorFields,
    if_match: Precondition,
) -> IndicatorOut:
    access, named = view.access, fields.practice_id
    with services.database.transaction() as session:
        queries.require_project(session, access, project_id)
        if named and not queries.find_practice(session, access, named):
            raise PermanentError(N_("There is no practice “{id}”."), id=named)
        row = lock_project(session, access, project_id, if_match)
        saved = commands.save_indicator(session, access, row, fields, indicator_id).id
    shown = describe_project(view, services, project_id)
    forget_state(view.request)
    return next(one for one in shown.indicators if one.id == saved)


def _require_evidence(  # what is reported, and of what
    session: Session,
    access: Access,
    row: ProjectRow,
    indicator_id: str,
    document_id: str,
    fields: MeasurementFields,
) -> str:
    """Title of the document that is named as evidence, empty for none. Tries the rules of the
    measurement, so that no file is stored for one that is refused.

    Raises:
        NotFound: the project has no such indicator.
        PermanentError: the caller may not report, may not name the document, or breaks a rule.
    """
    parts.require_editor(row, access)
    measurements.try_rules(require_indicator(row, indicator_id), fields)
    known = may_be_evidence(session, access, row, indicator_id, document_id)
    if not document_id:
        return ""
    if not known:
        raise PermanentError(N_("The file of the value is not here any more: choose it again."))
    item = queries.find_item(session, access, document_id)
    return item.title if item else ""


def _measurement(
    view: RequestContext, services: Services, project_id: str, measurement_id: int
) -> MeasurementOut:
    shown = describe_project(view, services, project_id)
    forget_state(view.request)
    every = (m for one in shown.indicators for m in one.measurements)
    return next(one for one in every if one.id == measurement_id)
