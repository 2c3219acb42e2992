"""Create, change, publish and remove projects. The functions work in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access, Right
from kb.accounts import audit
from kb.domain import Kind, Status, Visibility
from kb.messages import N_, NotFound, PermanentError
from kb.practices.local_use import refresh_local_use
from kb.projects import parts
from kb.projects.indicators import IndicatorFields, write_indicator
from kb.projects.project import Project
from kb.projects.validated import ProjectConflict, read_fields
from kb.projects.writing import read_project, refresh, write_record
from kb.storage import jobs
from kb.storage.history import RemovedItem
from kb.storage.locks import locked_item
from kb.storage.projects import (
    Indicator,
    MemberPart,
    ProjectMember,
    ProjectRow,
)
from kb.storage.tables import Document, Item, Operation, now
from kb.text.slugs import number_until_free, slugify

TAKEN_BY_PAGES = {"new", "feed", "map"}
"""Path segments under ``/projects`` that cannot be ids."""
VISIBILITIES = (Visibility.MEMBERS, Visibility.PUBLIC)
MOST_INDICATORS = 20


def create_project(session: Session, access: Access, values: Mapping[str, Any]) -> ProjectRow:
    """Create a project, visible to members, with the caller as lead. ``values``: fields of a
    ``Project``.

    Raises:
        PermanentError: the caller may not, or a field is wrong (InvalidFields).
    """
    if access.account_id is None or not access.may(Right.PROJECTS):
        raise PermanentError(N_("Sign in to begin a project."))
    project = read_fields(Project, values)
    row = ProjectRow(
        id=_free_id(session, project.title),
        kind=Kind.PROJECT,
        title=project.title,
        visibility=Visibility.MEMBERS,
        status=Status.QUEUED,
        content_sha256="",
        record={},
        created_by=access.account_id,
    )
    row.members.append(
        ProjectMember(
            account_id=access.account_id,
            part=MemberPart.LEAD,
            body=project.lead_body,
            invited_at=now(),
            joined_at=now(),
        )
    )
    session.add(row)
    write_record(session, row, project)
    audit.record_event(session, access, "project.create", row.id, title=project.title)
    return row


def lock_project(session: Session, project_id: str) -> ProjectRow:
    """The project, locked until the transaction ends. Does not check visibility.

    Raises NotFound.
    """
    item = locked_item(session, project_id)
    if not isinstance(item, ProjectRow) or item.status is Status.DELETED:
        raise NotFound()
    return item


def change_project(
    session: Session, access: Access, row: ProjectRow, revision: int, changes: Mapping[str, Any]
) -> Project:
    """Replace fields of the record. The stage is changed by ``kb.projects.stages`` alone.

    Raises:
        ProjectConflict: ``revision`` is not the present one.
        PermanentError: the caller may not, or a field is wrong (InvalidFields).
    """
    parts.require_editor(row, access)
    if revision != row.revision:
        raise ProjectConflict
    project = read_fields(Project, {**row.record, **changes})
    if project == read_project(row):
        return project
    write_record(session, row, project)
    audit.record_event(session, access, "project.change", row.id, fields=sorted(changes))
    return project


def save_indicator(
    session: Session,
    access: Access,
    row: ProjectRow,
    fields: IndicatorFields,
    indicator_id: str | None = None,
) -> Indicator:
    """Add an indicator, or change one.

    Raises:
        NotFound: the project has no indicator of that id.
        PermanentError: the caller may not, there are too many, or the change would break what was
            measured.
    """
    parts.require_editor(row, access)
    known = {one.id: one for one in row.indicators}
    if indicator_id is not None and indicator_id not in known:
        raise NotFound()
    if indicator_id is None and len(known) >= MOST_INDICATORS:
        raise PermanentError(
            N_("A project has at most {most} indicators: few that are measured say more."),
            most=MOST_INDICATORS,
        )
    _require_taken_up(row, known.get(indicator_id or ""), fields.practice_id)
    indicator = known.get(indicator_id or "")
    if indicator is None:
        indicator = Indicator(position=len(known), text=fields.text)
        row.indicators.append(indicator)
    else:
        _require_same_measure(indicator, fields)
    write_indicator(indicator, fields)
    if not indicator.owner_id:
        indicator.owner_id = access.account_id
    session.flush()
    refresh(session, row)
    audit.record_event(session, access, "indicator.save", row.id, indicator=indicator.id)
    return indicator


def retire_indicator(
    session: Session, access: Access, row: ProjectRow, indicator_id: str, *, retired: bool
) -> None:
    """Stop measuring an indicator, or take it up again; its values stay. Without values it is
    deleted.

    Raises:
        NotFound: the project has no indicator of that id.
        PermanentError: the caller may not.
    """
    parts.require_editor(row, access)
    indicator = next((one for one in row.indicators if one.id == indicator_id), None)
    if indicator is None:
        raise NotFound()
    if retired and not indicator.measurements:
        row.indicators.remove(indicator)
    else:
        indicator.retired_at = now() if retired else None
    session.flush()
    refresh(session, row)
    audit.record_event(session, access, "indicator.retire", row.id, indicator=indicator_id)


def set_visibility(
    session: Session, access: Access, row: ProjectRow, visibility: Visibility
) -> None:
    """Show the project to everybody, or to members only; its measurement sheet likewise.

    Raises:
        PermanentError: the caller does not lead, or the visibility is neither of the two.
    """
    parts.require_lead(row, access)
    if visibility not in VISIBILITIES:
        raise PermanentError(N_("A project is visible to members or to everybody."))
    if row.visibility is visibility:
        return
    row.visibility = visibility
    if row.sheet_id and (sheet := session.get(Document, row.sheet_id)):
        sheet.visibility = visibility
    session.flush()
    refresh(session, row)
    audit.record_event(session, access, "project.visibility", row.id, visibility=visibility.value)


def remove_project(session: Session, access: Access, row: ProjectRow) -> None:
    """Hide a project at once; the worker removes its points and rows. Evidence files and
    the measurement sheet are documents of their own and stay.

    Raises:
        PermanentError: the caller does not lead.
    """
    parts.require_lead(row, access)
    row.status = Status.DELETED
    left = ("id", "kind", "title", "language", "visibility")
    session.merge(RemovedItem(removed_at=now(), **{name: getattr(row, name) for name in left}))
    jobs.enqueue(session, row.id, Operation.DELETE, access.account_id)
    session.flush()
    refresh_local_use(session, [one.practice_id for one in row.practice_rows])
    audit.record_event(session, access, "project.delete", row.id, title=row.title)


def _require_taken_up(row: ProjectRow, known: Indicator | None, practice_id: str) -> None:
    """An indicator answers a result of a practice that the project takes up, or the one it answered
    before."""
    taken_up = {"", known.practice_id if known else "", *(p.practice_id for p in row.practice_rows)}
    if practice_id not in taken_up:
        raise PermanentError(
            N_("The project does not take this practice up: choose a result of one that it does.")
        )


def _require_same_measure(indicator: Indicator, fields: IndicatorFields) -> None:
    """Values that were reported are in the indicator's unit, and after its baseline."""
    if not indicator.measurements:
        return
    if fields.written_unit != indicator.unit:
        raise PermanentError(
            N_("Values in {unit} were reported already: add another indicator for another unit."),
            unit=indicator.unit or "–",
        )
    first = min(one.period_end for one in indicator.measurements)
    if fields.baseline_on and first < fields.baseline_on:
        raise PermanentError(
            N_("A value of {day} was reported already: the baseline must lie before it."),
            day=first,
        )


def _free_id(session: Session, title: str) -> str:
    wanted = slugify(title) or "project"
    beginning = func.substr(Item.id, 1, len(wanted)) == wanted
    taken = {*TAKEN_BY_PAGES, *session.scalars(select(Item.id).where(beginning))}
    return number_until_free(wanted, taken)
