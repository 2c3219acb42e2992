"""Store the record of a project with all that is made of it: columns, filter values, text."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kb.domain import Status, Visibility
from kb.messages import N_, PermanentError
from kb.places import municipalities
from kb.practices.counts import SIZES
from kb.practices.local_use import refresh_local_use
from kb.practices.taken_up import digest_text, name_practices
from kb.projects.project import Project
from kb.projects.texts import build_sections
from kb.storage import jobs
from kb.storage.filter_values import write_filter_values
from kb.storage.projects import ProjectPractice, ProjectRow
from kb.storage.tables import PracticeRow, now


def read_project(row: ProjectRow) -> Project:
    """The record of a row."""
    return Project.model_validate(row.record)


def write_record(session: Session, row: ProjectRow, project: Project) -> None:
    """Store the record and all that is copied from it; queue indexing if the text changed."""
    before = {one.practice_id for one in row.practice_rows}
    row.record = project.model_dump(mode="json")
    row.revision = (row.revision or 0) + 1
    row.title, row.language = project.title, project.language
    row.country, row.stage, row.municipality = "IT", project.stage, project.municipality
    row.year = project.started.year if project.started else None
    row.seeks_partners = bool(project.seeks) or project.seeks_lead
    row.themes = list(project.themes)
    _write_practices(session, row, project)
    refresh(session, row)
    refresh_local_use(session, before - set(project.practice_ids))


def refresh(session: Session, row: ProjectRow) -> None:
    """Write filter values and searchable text anew after any change of the project; queue indexing
    if the text changed."""
    session.flush()  # values reported just now need their ids to be put in order
    project = read_project(row)
    write_filter_values(row, _filter_values(project))
    row.sections = name_practices(build_sections(row, project), row)
    sha256 = digest_text(row)
    is_new = row.content_sha256 != sha256
    row.content_sha256 = sha256
    row.updated_at = now()
    session.flush()
    if is_new:
        jobs.enqueue_index(session, row)
    refresh_local_use(session, project.practice_ids)


def _filter_values(project: Project) -> dict[str, tuple[str, ...]]:
    """With the name of the place, which results show and no filter has."""
    place = municipalities.named(project.municipality)
    size = next(
        (name for name, most in SIZES.items() if (place.population or 0) <= most),
        "over-100000",
    )
    return {
        "region": (place.region,),
        "population": (size,),
        "stage": (project.stage.value,),
        "place": (place.name,),
    }


def _write_practices(session: Session, row: ProjectRow, project: Project) -> None:
    """Rows of the practices taken up, with the titles of those that everybody may see."""
    known = {one.practice_id: one for one in row.practice_rows}
    wanted = []
    for position, practice_id in enumerate(dict.fromkeys(project.practice_ids)):
        one = known.get(practice_id)
        practice = session.get(PracticeRow, practice_id)
        if practice is not None and practice.status is Status.DELETED:
            practice = None
        if one is None:
            if practice is None:
                raise PermanentError(N_("There is no practice “{id}”."), id=practice_id[:100])
            one = ProjectPractice(practice_id=practice_id)
        if practice is not None:
            is_public = practice.visibility is Visibility.PUBLIC
            one.title = practice.title if is_public else ""
        one.position = position
        wanted.append(one)
    row.practice_rows = wanted
