"""Projects as the caller may see them, read from SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from kb.access import Access
from kb.domain import Kind
from kb.places import municipalities
from kb.storage.projects import Indicator, Measurement, ProjectPractice, ProjectRow
from kb.storage.tables import Item
from kb.text.folding import fold_text, title_order
from web.presenters.queries.items import (
    build_not_found,
    find_item,
    find_removed,
    select_visible,
)

PROJECTS_PER_PAGE = 24


class ProjectListQuery(BaseModel):
    """The filters of the list. Empty means any."""

    q: str = Field(default="", max_length=200, description="Words of the title or the lead body.")
    stage: str = Field(default="", max_length=20, description="A stage.")
    theme: str = Field(default="", max_length=50, description="A slug of the list of themes.")
    province: str = Field(default="", max_length=2, description="A province's two letters.")
    practice: str = Field(default="", max_length=100, description="Id of a practice taken up.")
    seeks: bool = Field(default=False, description="Only those that seek partners.")
    page: int = Field(default=1, ge=1, le=10_000, description="From 1.")

    def parameters(self) -> list[tuple[str, str]]:
        """Name and value of every parameter that is set, without the page number."""
        chosen = self.model_dump(exclude={"page"}, exclude_defaults=True)
        return [(name, "true" if value is True else str(value)) for name, value in chosen.items()]


@dataclass(frozen=True)
class ProjectListing:
    """A page of projects; counts by value of those that may be seen, whatever the filters."""

    rows: Sequence[ProjectRow]
    total: int
    stages: dict[str, int]
    themes: dict[str, int]
    provinces: dict[str, int]


def require_project(session: Session, access: Access, project_id: str) -> ProjectRow:
    """The project. Raises NotFound for one that does not exist or may not be seen."""
    row = session.scalars(_select_projects(access).where(Item.id == project_id)).one_or_none()
    if row is None:
        raise build_not_found(session, access, project_id)
    return row


def list_projects(session: Session, access: Access, wanted: ProjectListQuery) -> ProjectListing:
    """A page of the projects that meet the filters, the last changed first."""
    seen = session.scalars(_select_projects(access).order_by(Item.updated_at.desc(), Item.id)).all()
    found = _choose(session, access, seen, wanted)
    start = (wanted.page - 1) * PROJECTS_PER_PAGE
    return ProjectListing(
        found[start : start + PROJECTS_PER_PAGE],
        len(found),
        _count(row.stage.value for row in seen),
        _count(theme for row in seen for theme in row.themes),
        _count(_province_of(row) for row in seen),
    )


def matching_projects(
    session: Session, access: Access, wanted: ProjectListQuery
) -> Sequence[ProjectRow]:
    """All projects that meet the filters, the last changed first."""
    seen = session.scalars(_select_projects(access).order_by(Item.updated_at.desc(), Item.id))
    return _choose(session, access, seen.all(), wanted)


def projects_by_id(session: Session, access: Access, ids: Iterable[str]) -> Sequence[ProjectRow]:
    """Those of the projects that may be seen, by title."""
    projects = _select_projects(access).where(Item.id.in_(set(ids)))
    return sorted(session.scalars(projects), key=lambda row: title_order(row.title, row.id))


def projects_of_practice(
    session: Session, access: Access, practice_id: str
) -> Sequence[ProjectRow]:
    """The projects that take a practice up and may be seen, by title."""
    taken = select(ProjectPractice.project_id).where(ProjectPractice.practice_id == practice_id)
    projects = _select_projects(access).where(Item.id.in_(taken))
    return sorted(session.scalars(projects), key=lambda row: title_order(row.title, row.id))


def _select_projects(access: Access) -> Select[ProjectRow]:
    visible = select_visible(access, Kind.PROJECT).with_only_columns(Item.id)
    measured = selectinload(ProjectRow.indicators).selectinload(Indicator.measurements)
    return (
        select(ProjectRow)
        .where(ProjectRow.id.in_(visible))
        .options(
            selectinload(ProjectRow.practice_rows),
            selectinload(ProjectRow.members),
            measured.selectinload(Measurement.checks),
        )
    )


def _choose(
    session: Session, access: Access, seen: Sequence[ProjectRow], wanted: ProjectListQuery
) -> list[ProjectRow]:
    """Those that meet the filters; none of a practice that the caller may not know of."""
    if wanted.practice and not _may_name(session, access, wanted.practice):
        return []
    return [row for row in seen if _meets(row, wanted)]


def _may_name(session: Session, access: Access, practice_id: str) -> bool:
    """Whether the caller may know that there is such a practice, or was."""
    is_seen = find_item(session, access, practice_id, Kind.PRACTICE) is not None
    return is_seen or find_removed(session, practice_id, access) is not None


def _meets(row: ProjectRow, wanted: ProjectListQuery) -> bool:
    words = fold_text(f"{row.title} {row.record.get('lead_body', '')}")
    return (
        all(word in words for word in fold_text(wanted.q).split())
        and wanted.stage in ("", row.stage.value)
        and (not wanted.theme or wanted.theme in row.themes)
        and wanted.province.upper() in ("", _province_of(row))
        and (
            not wanted.practice
            or any(one.practice_id == wanted.practice for one in row.practice_rows)
        )
        and (not wanted.seeks or row.seeks_partners)
    )


def _province_of(row: ProjectRow) -> str:
    place = municipalities.find(row.municipality)
    return place.province if place else ""


def _count(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts
