"""Move a project from stage to stage: idea, understand, adapt, run, measured, or stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.messages import Message
from kb.projects.indicators import list_gaps
from kb.projects.parts import require_editor
from kb.projects.project import MEASURING, NO_CHECKED_VALUE, NO_INDICATOR, NO_LEAD, Project
from kb.projects.validated import NotNow, ProjectConflict, read_fields
from kb.projects.values import list_checked
from kb.projects.writing import read_project, write_record
from kb.storage.projects import ProjectRow, Stage


@dataclass(frozen=True)
class StageChange:
    """``reason`` is needed to stop. ``today``: the day noted as start or end."""

    stage: Stage
    today: date
    reason: str = ""


def list_missing(row: ProjectRow, stage: Stage) -> list[Message]:
    """What the project lacks before it may be in the stage: to go on, a lead; to run, an indicator
    with baseline, target, owner and rhythm; to be measured, a checked value."""
    if stage not in (Stage.IDEA, Stage.STOPPED) and read_project(row).seeks_lead:
        return [NO_LEAD]
    if stage not in MEASURING:
        return []
    active = [one for one in row.indicators if one.retired_at is None]
    if not active:
        return [NO_INDICATOR]
    gaps = [list_gaps(one) for one in active]
    missing = [] if any(not one for one in gaps) else min(gaps, key=len)
    if stage is Stage.MEASURED and not any(list_checked(one) for one in row.indicators):
        missing = [*missing, NO_CHECKED_VALUE]
    return missing


def move_stage(
    session: Session, access: Access, row: ProjectRow, revision: int, change: StageChange
) -> Project:
    """Put the project into another stage, forward or back.

    The day of the start is set when it first runs, the day of the end when it is measured or
    stopped.

    Raises:
        NotNow: something is missing.
        ProjectConflict: ``revision`` is not the present one.
        PermanentError: the caller may not, or no reason is given for stopping (InvalidFields).
    """
    require_editor(row, access)
    if revision != row.revision:
        raise ProjectConflict
    if missing := list_missing(row, change.stage):
        raise NotNow(missing)
    before = read_project(row)
    started, concluded = _find_days(before, change)
    is_stop = change.stage is Stage.STOPPED
    project = read_fields(
        Project,
        {
            **row.record,
            "stage": change.stage,
            "started": started,
            "concluded": concluded,
            "stopped_because": change.reason if is_stop else before.stopped_because,
        },
    )
    write_record(session, row, project)
    audit.record_event(
        session, access, "project.stage", row.id, was=before.stage.value, stage=change.stage.value
    )
    return project


def _find_days(before: Project, change: StageChange) -> tuple[date | None, date | None]:
    """Start and end after the change: an end stays if the stage does, and a start that is still to
    come is none for a project that ends."""
    started = before.started
    if change.stage not in (Stage.MEASURED, Stage.STOPPED):
        begins = change.stage is Stage.RUN and started is None
        return (change.today if begins else started), None
    stays = change.stage is before.stage and before.concluded is not None
    concluded = before.concluded if stays else change.today
    return (started if started and concluded and started <= concluded else None), concluded
