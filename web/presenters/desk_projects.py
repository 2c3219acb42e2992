"""Panels of the desk about projects: one's own, and values that wait for a check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from kb.access import Access
from kb.messages import N_
from kb.projects.parts import find_invitation, may_check, may_edit
from kb.projects.values import MeasurementState, find_superseded, list_current, next_due, state_of
from kb.storage.projects import (
    Indicator,
    Measurement,
    MeasurementCheck,
    ProjectMember,
    ProjectRow,
    Stage,
)
from web.presenters import queries
from web.presenters.desk_panels import DeskLine, DeskPanel, cut_panel
from web.rendering.i18n import Locale
from web.rendering.names import STAGES

UNDER_WAY = (Stage.RUN, Stage.ADAPT, Stage.UNDERSTAND, Stage.IDEA)


def build_projects(session: Session, access: Access, reader: Locale) -> DeskPanel:
    """The caller's projects with what waits in each: invitations first, then values sent back."""
    own = select(ProjectMember.project_id).where(
        ProjectMember.account_id == access.account_id, ProjectMember.left_at.is_(None)
    )
    rows = queries.projects_by_id(session, access, session.scalars(own).all())
    today = reader.today()
    waiting = [(_find_waiting(row, access, today), row) for row in rows]
    lines = sorted(waiting, key=lambda pair: (pair[0][0], pair[1].title))
    return cut_panel(
        N_("Your projects"),
        N_("None yet. Begin one from the page of a practice, or from a worksheet."),
        "/projects",
        (
            DeskLine(row.title, f"/projects/{row.id}{at}", reader.gettext(note), row.language)
            for (_, note, at), row in lines
        ),
    )


def _find_waiting(row: ProjectRow, access: Access, today: date) -> tuple[int, str, str]:
    """Order, what waits for the caller, and where on the page it stands."""
    if find_invitation(row, access):
        return 0, N_("you are invited"), ""
    if may_edit(row, access) and row.stage is not Stage.STOPPED:
        for indicator in row.indicators:
            if any(state_of(m) is MeasurementState.SENT_BACK for m in list_current(indicator)):
                return 1, N_("a value was sent back"), f"#indicator-{indicator.id}"
        for indicator in row.indicators:
            due = next_due(indicator) if row.stage in UNDER_WAY else None
            if due is not None and due < today:
                return 2, N_("a value is overdue"), f"#indicator-{indicator.id}"
    return 3, STAGES[row.stage], ""


def build_values(session: Session, access: Access, reader: Locale) -> DeskPanel:
    """Projects with reported values that the caller may check."""
    checked = exists(
        select(MeasurementCheck.id).where(MeasurementCheck.measurement_id == Measurement.id)
    )
    later = aliased(Measurement)
    corrected = exists(select(later.id).where(later.supersedes == Measurement.id))
    reported = (
        select(Indicator.project_id)
        .join(Measurement, Measurement.indicator_id == Indicator.id)
        .where(Measurement.value.is_not(None), ~checked, ~corrected)
    )
    rows = queries.projects_by_id(session, access, session.scalars(reported).all())
    found = ((list(_list_unchecked(row, access)), row) for row in rows if may_check(row, access))
    return cut_panel(
        N_("Values of projects to check"),
        N_("No value waits."),
        "/projects",
        (
            DeskLine(
                row.title,
                f"/projects/{row.id}#measure-{values[0].id}",
                reader.number(len(values)),
                row.language,
            )
            for values, row in found
            if values
        ),
    )


def _list_unchecked(row: ProjectRow, access: Access) -> Iterator[Measurement]:
    for indicator in row.indicators:
        superseded = find_superseded(indicator)
        for one in indicator.measurements:
            is_open = state_of(one, superseded) is MeasurementState.REPORTED
            if is_open and one.value is not None and one.reported_by != access.account_id:
                yield one
