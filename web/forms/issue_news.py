"""What happened since the last issue, for those who compose the next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.collections.contents import EntryRow
from kb.domain import Kind, Status, Visibility
from kb.messages import N_
from kb.periodical.issues import find_last_published
from kb.periodical.texts import COLLECTION_PREFIX, NOTE_PREFIX
from kb.practices.drafts import list_revisions
from kb.projects.values import list_checked
from kb.storage.collections import Collection, CollectionKind, CollectionState
from kb.storage.projects import Measurement, ProjectRow, Stage
from kb.storage.revisions import PracticeRevision, RevisionState
from kb.storage.tables import PracticeRow, UnansweredQuestion, now
from web.forms.card_changes import summarize_changes
from web.presenters.projects import text_of, write_value
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

WITHOUT_ISSUE = timedelta(days=90)
"""How far back the first issue looks."""
AHEAD = timedelta(days=120)
"""How far ahead events are offered."""
MOST = 40
"""Lines under each heading."""
MOST_QUESTIONS = 10
MOST_SENTENCES = 5
QUESTION_PREFIX = "question:"


@dataclass(frozen=True)
class NewsLine:
    """``key``: of the entry it becomes; a ``question:`` becomes a note with the question."""

    key: str
    title: str
    language: str
    path: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewsGroup:
    heading: str
    lines: tuple[NewsLine, ...]


@dataclass(frozen=True)
class News:
    since: datetime
    groups: tuple[NewsGroup, ...]


def list_news(session: Session, number: int, reader: Locale) -> News:
    """What everybody may see of what is new since the issue before ``number``."""
    last = find_last_published(session, before=number)
    since = last.published_at if last and last.published_at else now() - WITHOUT_ISSUE
    practices = _list_practices(session, since)
    projects = _list_projects(session)
    groups = (
        (N_("New cards"), _new_cards(practices, since, reader)),
        (N_("Changed cards"), _changed_cards(session, practices, since, reader)),
        (N_("Checked measurements"), _measured(projects, since, reader)),
        (N_("Projects begun"), _begun(projects, since)),
        (N_("Projects concluded or stopped"), _ended(projects, since, reader)),
        (N_("Events"), _events(session, since, reader)),
        (N_("Questions that wait for an answer"), _questions(session, since, reader)),
    )
    return News(
        since,
        tuple(
            NewsGroup(heading, found)
            for heading, lines in groups
            if (found := tuple(line for line, _ in zip(lines, range(MOST), strict=False)))
        ),
    )


def find_taken(news: News, entries: Sequence[EntryRow]) -> frozenset[str]:
    """Keys of what an issue with these entries has already. A question is taken once a note has
    it."""
    notes = [entry.note for entry in entries if entry.id.startswith(NOTE_PREFIX)]
    questions = [
        line.key
        for group in news.groups
        for line in group.lines
        if line.key.startswith(QUESTION_PREFIX)
        and any(line.key.removeprefix(QUESTION_PREFIX) in note for note in notes)
    ]
    return frozenset([*(entry.id for entry in entries), *questions])


def _list_practices(session: Session, since: datetime) -> Sequence[PracticeRow]:
    query = select(PracticeRow).where(
        PracticeRow.status == Status.READY,
        PracticeRow.visibility.in_(PUBLIC.visibilities),
        PracticeRow.updated_at > since,
    )
    return session.scalars(query.order_by(PracticeRow.updated_at.desc())).all()


def _list_projects(session: Session) -> Sequence[ProjectRow]:
    query = select(ProjectRow).where(
        ProjectRow.status != Status.DELETED, ProjectRow.visibility == Visibility.PUBLIC
    )
    return session.scalars(query.order_by(ProjectRow.created_at.desc())).all()


def _new_cards(
    practices: Sequence[PracticeRow], since: datetime, reader: Locale
) -> Iterator[NewsLine]:
    for row in practices:
        if row.created_at > since:
            title = title_of(row, reader)
            yield NewsLine(row.id, title.text, title.language, f"/practices/{row.id}")


def _changed_cards(
    session: Session, practices: Sequence[PracticeRow], since: datetime, reader: Locale
) -> Iterator[NewsLine]:
    """Cards with a revision published since, with what it changed."""
    for row in practices:
        if row.created_at > since:
            continue
        published = [
            one for one in list_revisions(session, row.id) if one.state is RevisionState.PUBLISHED
        ]
        told = _tell_changes(published, since, reader)
        if told:
            title = title_of(row, reader)
            path = f"/practices/{row.id}"
            yield NewsLine(row.id, title.text, title.language, path, told)


def _tell_changes(
    published: Sequence[PracticeRevision], since: datetime, reader: Locale
) -> tuple[str, ...]:
    """``published``: newest first."""
    before = [one for one in published if (one.decided_at or one.created_at) <= since]
    if not published or not before or published[0] is before[0]:
        return ()
    told = summarize_changes(before[0].record, published[0].record, reader).sentences
    return tuple(told[:MOST_SENTENCES])


def _measured(
    projects: Sequence[ProjectRow], since: datetime, reader: Locale
) -> Iterator[NewsLine]:
    for row in projects:
        told = []
        for indicator in row.indicators:
            for one in list_checked(indicator):
                if _checked_at(one) > since:
                    value = write_value(indicator, one.value, reader)
                    day = reader.date(one.period_end)
                    told.append(f"{text_of(indicator, reader)[0]}: {value} ({day})")
        if told:
            yield _project_line(row, *told)


def _checked_at(one: Measurement) -> datetime:
    return max(check.checked_at for check in one.checks)


def _begun(projects: Sequence[ProjectRow], since: datetime) -> Iterator[NewsLine]:
    for row in projects:
        if row.created_at > since:
            yield _project_line(row)


def _ended(projects: Sequence[ProjectRow], since: datetime, reader: Locale) -> Iterator[NewsLine]:
    for row in projects:
        ended = str(row.record.get("concluded") or "")
        if row.stage in (Stage.MEASURED, Stage.STOPPED) and ended >= since.date().isoformat():
            label = N_("Concluded") if row.stage is Stage.MEASURED else N_("Stopped")
            why = str(row.record.get("stopped_because") or "")
            said = reader.gettext(label)
            yield _project_line(row, f"{said}: {why}" if why else said)


def _project_line(row: ProjectRow, *told: str) -> NewsLine:
    return NewsLine(row.id, row.title, row.language, f"/{Kind.PROJECT}s/{row.id}", told)


def _events(session: Session, since: datetime, reader: Locale) -> Iterator[NewsLine]:
    """Events held since, and those to come."""
    query = select(Collection).where(
        Collection.kind == CollectionKind.EVENT,
        Collection.state == CollectionState.PUBLISHED,
        Collection.visibility.in_(PUBLIC.visibilities),
        Collection.held_on >= since.date(),
        Collection.held_on <= (now() + AHEAD).date(),
    )
    for row in session.scalars(query.order_by(Collection.held_on)):
        title = title_of(row, reader)
        told = [reader.date(row.held_on)] if row.held_on else []
        told += [row.held_in] if row.held_in else []
        yield NewsLine(
            COLLECTION_PREFIX + row.id,
            title.text,
            title.language,
            f"/collections/{row.id}",
            (" · ".join(told),),
        )


def _questions(session: Session, since: datetime, reader: Locale) -> Iterator[NewsLine]:
    query = select(UnansweredQuestion).where(
        UnansweredQuestion.settled_at.is_(None), UnansweredQuestion.last_asked_at > since
    )
    order = (UnansweredQuestion.times.desc(), UnansweredQuestion.last_asked_at.desc())
    for row in session.scalars(query.order_by(*order).limit(MOST_QUESTIONS)):
        times = reader.ngettext("asked {n} time", "asked {n} times", row.times)
        told = (times.format(n=row.times),)
        yield NewsLine(QUESTION_PREFIX + row.text, row.text, row.language, "", told)
