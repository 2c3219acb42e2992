"""The archive of the association: events, issues of the magazine, concluded projects, by year; and
what is coming."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.messages import N_
from kb.projects import parts
from kb.projects.project import Project
from kb.storage.collections import Collection, CollectionKind, CollectionState
from kb.storage.periodical import Issue, IssueState
from kb.storage.projects import ProjectRow, Stage
from web.presenters import queries
from web.presenters.issue_texts import issue_path
from web.presenters.projects import PARTS
from web.rendering.i18n import Locale
from web.rendering.names import EVENT_TYPES
from web.rendering.titles import title_of

PROJECT, ISSUE = "project", "issue"
TYPES = {
    **{str(kind): label for kind, label in EVENT_TYPES.items()},
    ISSUE: N_("Issue of the magazine"),
    PROJECT: N_("Project"),
}
"""What the archive is filtered by."""


@dataclass(frozen=True)
class ArchiveEntry:
    """A thing that was done. ``people``: name and part of each; ``materials``: items of an event or
    an issue that the reader may see."""

    day: date
    type: str
    title: str
    language: str
    url: str
    place: str
    organiser: str
    people: tuple[tuple[str, str], ...] = ()
    licence: str = ""
    has_recording: bool = False
    materials: int = 0


@dataclass(frozen=True)
class ArchiveYear:
    year: int
    entries: tuple[ArchiveEntry, ...]


def list_archive(session: Session, access: Access, reader: Locale) -> list[ArchiveEntry]:
    """What has happened until today, the last first."""
    today = reader.today()
    seen = queries.entries_seen(session, access)
    events = [
        _event_entry(row, reader, seen.get(row.id, 0)) for row in list_events(session, access)
    ]
    issues = _list_issues(session, access, reader, seen)
    entries = [*events, *issues, *_list_projects(session, access, reader)]
    done = (entry for entry in entries if entry.day <= today)
    return sorted(done, key=lambda entry: (entry.day, entry.title), reverse=True)


def select_entries(
    entries: Iterable[ArchiveEntry], type: str = "", person: str = ""
) -> list[ArchiveEntry]:
    """Those of the type, with the person; an empty condition lets all through."""
    wanted = person.casefold()
    return [
        entry
        for entry in entries
        if (not type or entry.type == type)
        and (not wanted or any(name.casefold() == wanted for name, _ in entry.people))
    ]


def group_by_year(entries: Iterable[ArchiveEntry]) -> list[ArchiveYear]:
    """``entries`` are ordered by day, the last first."""
    years: dict[int, list[ArchiveEntry]] = {}
    for entry in entries:
        years.setdefault(entry.day.year, []).append(entry)
    return [ArchiveYear(year, tuple(found)) for year, found in years.items()]


def list_events(session: Session, access: Access) -> Sequence[Collection]:
    """The published events with a day that the caller may see, by day."""
    rows = queries.list_collections(session, access)
    dated = [
        (row.held_on, row)
        for row in rows
        if row.kind is CollectionKind.EVENT
        and row.state is CollectionState.PUBLISHED
        and row.held_on is not None
    ]
    return [row for _, row in sorted(dated, key=lambda pair: (pair[0], pair[1].id))]


def list_coming(session: Session, access: Access, today: date) -> list[Collection]:
    """The published events that are not over, the next first."""
    rows = list_events(session, access)
    return [row for row in rows if (row.held_until or row.held_on or today) >= today]


def _event_entry(row: Collection, reader: Locale, materials: int) -> ArchiveEntry:
    title = title_of(row, reader)
    return ArchiveEntry(
        day=row.held_on or date.min,
        type=str(row.event_type or ""),
        title=title.text,
        language=title.language,
        url=f"/collections/{row.id}",
        place=row.held_in,
        organiser=row.organiser,
        people=tuple((one["name"], one["part"]) for one in row.people),
        licence=row.licence,
        has_recording=bool(row.recordings),
        materials=materials,
    )


def _list_issues(
    session: Session, access: Access, reader: Locale, seen: Mapping[str, int]
) -> Iterator[ArchiveEntry]:
    """The published issues of the magazine."""
    published = (
        select(Issue)
        .join(Issue.collection)
        .where(Issue.state == IssueState.PUBLISHED, Collection.visibility.in_(access.visibilities))
    )
    for issue in session.scalars(published):
        title = title_of(issue.collection, reader)
        yield ArchiveEntry(
            day=issue.dated,
            type=ISSUE,
            title=title.text,
            language=title.language,
            url=issue_path(issue),
            place="",
            organiser="",
            materials=seen.get(issue.collection_id, 0),
        )


def _list_projects(session: Session, access: Access, reader: Locale) -> list[ArchiveEntry]:
    """Concluded and stopped projects that say on which day they ended."""
    ended = select(ProjectRow).where(
        ProjectRow.kind == Kind.PROJECT,
        ProjectRow.visibility.in_(access.visibilities),
        ProjectRow.status != Status.DELETED,
        ProjectRow.stage.in_((Stage.MEASURED, Stage.STOPPED)),
    )
    found = []
    for row in session.scalars(ended):
        project = Project.model_validate(row.record)
        if project.concluded is not None:
            found.append(
                ArchiveEntry(
                    day=project.concluded,
                    type=PROJECT,
                    title=row.title,
                    language=row.language,
                    url=f"/projects/{row.id}",
                    place=project.place_name,
                    organiser=project.lead_body,
                    people=tuple(
                        (one.body, reader.gettext(PARTS[one.part]))
                        for one in parts.list_taking_part(row)
                        if one.body != project.lead_body
                    ),
                )
            )
    return found
