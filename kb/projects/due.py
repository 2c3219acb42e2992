"""What is due or stands still in the projects under way, and who sees to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from kb.access import Access
from kb.domain import Status
from kb.projects.parts import EDITORS
from kb.projects.project import ENDED
from kb.projects.values import add_months
from kb.storage.accounts import AuditEntry
from kb.storage.projects import Indicator, Measurement, MemberPart, ProjectMember, ProjectRow
from kb.storage.tables import Item


@dataclass(frozen=True)
class DueMeasure:
    """A value that an indicator waits for. ``owner``: who sees to it, in words."""

    project_id: str
    project_title: str
    indicator: Indicator
    due: date
    owner: str


@dataclass(frozen=True)
class StillProject:
    """A project that nobody has changed since ``changed_at``."""

    row: ProjectRow
    changed_at: datetime


def list_due(session: Session, access: Access, until: date) -> list[DueMeasure]:
    """The values due by ``until``, overdue ones first, of the projects under way that the caller
    may see."""
    later = aliased(Measurement)
    is_superseded = exists(select(later.id).where(later.supersedes == Measurement.id))
    last = (
        select(Measurement.indicator_id, func.max(Measurement.period_end).label("day"))
        .where(Measurement.value.is_not(None), ~is_superseded)
        .group_by(Measurement.indicator_id)
        .subquery()
    )
    rows = session.execute(
        select(Indicator, Item.id, Item.title, last.c.day)
        .join(Item, Item.id == Indicator.project_id)
        .outerjoin(last, last.c.indicator_id == Indicator.id)
        .where(
            Indicator.every_months.is_not(None),
            Indicator.retired_at.is_(None),
            Item.id.in_(_select_under_way(access)),
        )
    )
    found = []
    for indicator, project_id, title, measured in rows:
        since = measured or indicator.baseline_on
        if since is None or (due := add_months(since, indicator.every_months)) > until:
            continue
        found.append(DueMeasure(project_id, title, indicator, due, indicator.owner))
    return sorted(found, key=lambda one: (one.due, one.project_title, one.indicator.position))


def list_still(session: Session, access: Access, before: datetime) -> list[StillProject]:
    """The projects under way that nobody has changed since ``before``, the longest first."""
    # Items are written by the index too, so the log of changes tells when somebody did something
    done = (
        select(AuditEntry.subject_id, func.max(AuditEntry.at).label("at"))
        .where(AuditEntry.subject_id.in_(_select_under_way(access)))
        .group_by(AuditEntry.subject_id)
        .subquery()
    )
    rows = session.execute(
        select(ProjectRow, done.c.at)
        .outerjoin(done, done.c.subject_id == ProjectRow.id)
        .where(ProjectRow.id.in_(_select_under_way(access)))
    )
    found = [StillProject(row, at or row.created_at) for row, at in rows]
    still = [one for one in found if one.changed_at < before]
    return sorted(still, key=lambda one: (one.changed_at, one.row.id))


def find_owners(session: Session, measures: Sequence[DueMeasure]) -> dict[str, list[DueMeasure]]:
    """What is due of whom, by account: of the owner who may report values, else of the leads."""
    projects = {one.project_id for one in measures}
    members = session.execute(
        select(ProjectMember.project_id, ProjectMember.account_id, ProjectMember.part).where(
            ProjectMember.project_id.in_(projects),
            ProjectMember.account_id.is_not(None),
            ProjectMember.joined_at.is_not(None),
            ProjectMember.left_at.is_(None),
            ProjectMember.part.in_(EDITORS),
        )
    ).all()
    found: dict[str, list[DueMeasure]] = {}
    for one in measures:
        own = [row for row in members if row.project_id == one.project_id]
        owner = one.indicator.owner_id
        reached = {row.account_id for row in own if row.account_id == owner} or {
            row.account_id for row in own if row.part is MemberPart.LEAD
        }
        for account_id in sorted(reached):
            found.setdefault(account_id, []).append(one)
    return found


def _select_under_way(access: Access) -> Select[str]:
    project, item = ProjectRow.__table__.c, Item.__table__.c
    return (
        select(project.id)
        .join(item.id.table, item.id == project.id)
        .where(
            project.stage.not_in([one.value for one in ENDED]),
            item.status != Status.DELETED,
            item.visibility.in_(access.visibilities),
        )
    )
