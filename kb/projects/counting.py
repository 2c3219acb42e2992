"""What is counted of projects, for the scientific board: each number with the rows behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from kb.access import Access
from kb.domain import Status
from kb.storage.projects import (
    CheckDecision,
    Indicator,
    Measurement,
    MeasurementCheck,
    ProjectRow,
    Stage,
)
from kb.storage.tables import Item, PracticeRow
from kb.text.folding import title_order

DAYS_OF_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class CountedRow:
    """A project, or a practice. ``detail``: why it stopped. ``months``: to the first value.
    ``values``: number of checked values."""

    id: str
    title: str
    detail: str = ""
    months: float | None = None
    values: int = 0


Rows = tuple[CountedRow, ...]


@dataclass(frozen=True)
class ProjectCounts:
    """Of the projects that the caller may see. ``with_two``: with at least two checked values.
    ``measured_again``: practices with a checked value of an indicator that answers a result of
    theirs. ``taken_up`` and ``ideas_measured``: of the ``ideas`` of the scientific board."""

    projects: Rows
    with_baseline: Rows
    with_two: Rows
    with_first: Rows
    stopped: Rows
    measured_again: Rows
    ideas: Rows
    taken_up: Rows
    ideas_measured: Rows

    @property
    def median_months(self) -> float | None:
        """Months from the start of a project to its first value; None without values."""
        months = [one.months for one in self.with_first if one.months is not None]
        return median(months) if months else None

    @property
    def stopped_share(self) -> float | None:
        """Between 0 and 1; None without projects."""
        return len(self.stopped) / len(self.projects) if self.projects else None


def count_projects(session: Session, access: Access) -> ProjectCounts:
    checked = _select_checked(access).subquery()
    is_checked = ProjectRow.id.in_(select(checked.c.project_id))
    two = select(checked.c.project_id).group_by(checked.c.project_id).having(func.count() >= 2)
    based = select(Indicator.project_id).where(
        Indicator.baseline.is_not(None), Indicator.baseline_on.is_not(None)
    )
    is_idea = ProjectRow.record["signed_by_board"].as_string() != ""
    is_taken = func.coalesce(ProjectRow.record["seeks_lead"].as_boolean(), False).is_(False)
    return ProjectCounts(
        projects=_list(session, access),
        with_baseline=_list(session, access, ProjectRow.id.in_(based)),
        with_two=_list(session, access, ProjectRow.id.in_(two)),
        with_first=_list_first_values(session, access),
        stopped=_list(session, access, ProjectRow.stage == Stage.STOPPED),
        measured_again=_list_practices(session, access),
        ideas=_list(session, access, is_idea),
        taken_up=_list(session, access, is_idea, is_taken),
        ideas_measured=_list(session, access, is_idea, is_checked),
    )


def _list(session: Session, access: Access, *where: ColumnElement[bool]) -> Rows:
    """Projects that meet the conditions, by title."""
    checked = _select_checked(access).subquery()
    number = select(func.count()).where(checked.c.project_id == ProjectRow.id).scalar_subquery()
    rows = session.execute(
        select(ProjectRow.id, ProjectRow.title, ProjectRow.stage, ProjectRow.record, number).where(
            ProjectRow.id.in_(_select_seen(access)), *where
        )
    )
    return _sort(
        CountedRow(
            id,
            title,
            record.get("stopped_because", "") if stage is Stage.STOPPED else "",
            values=values,
        )
        for id, title, stage, record, values in rows
    )


def _list_first_values(session: Session, access: Access) -> Rows:
    """Projects with a reported number, with the months from their start, or from their first day
    here, to the day on which the first was reported."""
    rows = session.execute(
        select(
            ProjectRow.id,
            ProjectRow.title,
            ProjectRow.record,
            ProjectRow.created_at,
            func.min(Measurement.reported_at),
        )
        .join(Indicator, Indicator.project_id == ProjectRow.id)
        .join(Measurement, Measurement.indicator_id == Indicator.id)
        .where(ProjectRow.id.in_(_select_seen(access)), Measurement.value.is_not(None))
        .group_by(ProjectRow.id, Item.id)
    )
    found = []
    for id, title, record, created_at, first in rows:
        started = record.get("started")
        begun = date.fromisoformat(started) if started else created_at.date()
        months = max((first.date() - begun).days, 0) / DAYS_OF_A_MONTH
        found.append(CountedRow(id, title, months=months))
    return _sort(found)


def _list_practices(session: Session, access: Access) -> Rows:
    checked = _select_checked(access).subquery()
    rows = session.execute(
        select(PracticeRow.id, PracticeRow.title, func.count())
        .join(checked, checked.c.practice_id == PracticeRow.id)
        .where(
            PracticeRow.status != Status.DELETED, PracticeRow.visibility.in_(access.visibilities)
        )
        .group_by(PracticeRow.id, Item.id)
    )
    return _sort(CountedRow(id, title, values=values) for id, title, values in rows)


def _sort(rows: Iterable[CountedRow]) -> Rows:
    return tuple(sorted(rows, key=lambda row: title_order(row.title, row.id)))


def _select_checked(access: Access) -> Select[str, str, int]:
    """Project, practice and id of the measurements whose last check is good, that have a number and
    that no other corrects."""
    later, newer = aliased(Measurement), aliased(MeasurementCheck)
    is_corrected = exists(select(later.id).where(later.supersedes == Measurement.id))
    is_decided_again = exists(
        select(newer.id).where(
            newer.measurement_id == Measurement.id, newer.id > MeasurementCheck.id
        )
    )
    return (
        select(Indicator.project_id, Indicator.practice_id, Measurement.id)
        .join(Measurement, Measurement.indicator_id == Indicator.id)
        .join(MeasurementCheck, MeasurementCheck.measurement_id == Measurement.id)
        .where(
            Indicator.project_id.in_(_select_seen(access)),
            Measurement.value.is_not(None),
            MeasurementCheck.decision == CheckDecision.CHECKED,
            ~is_corrected,
            ~is_decided_again,
        )
    )


def _select_seen(access: Access) -> Select[str]:
    project, item = ProjectRow.__table__.c, Item.__table__.c
    return (
        select(project.id)
        .join(item.id.table, item.id == project.id)
        .where(item.status != Status.DELETED, item.visibility.in_(access.visibilities))
    )
