"""What an issue says: built from the items of its entries, and shown as it was published."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.collections.commands import list_deleted_public
from kb.collections.contents import EntryRow, Rows, group_rows
from kb.domain import DEFAULT_LANGUAGE, Status, Visibility
from kb.messages import N_, Message, PermanentError
from kb.periodical.issues import IssueForm, rows_of
from kb.periodical.texts import (
    COLLECTION_PREFIX,
    NOTE_PREFIX,
    EntryKind,
    EntryTexts,
    IssueTexts,
    SectionTexts,
    TextFact,
)
from kb.practices.practice import Practice
from kb.projects.project import Project
from kb.projects.values import list_checked
from kb.storage.collections import Collection, CollectionState
from kb.storage.history import RemovedItem
from kb.storage.periodical import Issue, IssueState
from kb.storage.projects import ProjectRow
from kb.storage.tables import Document, Item, PracticeRow
from web.presenters.projects import text_of, write_value
from web.presenters.tiles import figures
from web.rendering.i18n import Locale, load_locales
from web.rendering.markdown import plain_text
from web.rendering.names import STAGES
from web.rendering.titles import where

MOST_FIGURES = 3
"""Measured results of a practice that an issue quotes."""
STOPPED = N_("Why it stopped")
SUMMARY_LENGTH = 600
"""Characters of the argument of a collection."""


class EntryFate(enum.StrEnum):
    """What became of an entry since the issue was published."""

    SAME = "same"
    CHANGED = "changed"
    REMOVED = "removed"
    """The item is gone; what the issue said of it stays."""
    WITHDRAWN = "withdrawn"
    """The item is no longer for everybody: the issue does not show its texts either."""


@dataclass(frozen=True)
class IssueEntry:
    """``texts`` of a withdrawn entry say only its key and kind."""

    texts: EntryTexts
    seen: EntryFate = EntryFate.SAME


@dataclass(frozen=True)
class ShownSection:
    title: str
    text: str
    entries: tuple[IssueEntry, ...]


@dataclass(frozen=True)
class ShownIssue:
    texts: IssueTexts
    sections: tuple[ShownSection, ...]


@dataclass(frozen=True)
class BuiltIssue:
    """``problems``: entries that cannot be published, and why."""

    texts: IssueTexts
    problems: tuple[Message, ...] = ()

    def require_publishable(self) -> IssueTexts:
        """Raises PermanentError with the first problem."""
        for one in self.problems:
            raise PermanentError(one.template, **one.params)
        return self.texts


def build_issue(session: Session, issue: Issue, zone: tzinfo) -> BuiltIssue:
    """What a draft says now, in the words that everybody may read."""
    return build_texts(session, issue.number, IssueForm.of(issue), rows_of(issue), zone)


def build_texts(
    session: Session, number: int, form: IssueForm, rows: Rows, zone: tzinfo
) -> BuiltIssue:
    """As ``build_issue``, of a form that is not saved yet."""
    if form.dated is None:
        raise PermanentError(N_("Write the day as year-month-day, for example 2026-05-04."))
    describe = build_describer(session, [row.id for row in rows], form.language, zone)
    problems: list[Message] = []
    sections = []
    for group in group_rows(rows):
        entries = []
        for row in group.entries:
            texts = describe(row)
            if texts is None:
                problems.append(_say_missing(session, row.id))
            else:
                entries.append(texts)
        title, text = (group.section.title, group.section.text) if group.section else ("", "")
        sections.append(SectionTexts(title=title, text=text, entries=tuple(entries)))
    said = IssueTexts(
        number=number,
        dated=form.dated,
        title=form.title,
        title_en=form.title_en,
        language=form.language,
        editorial=form.editorial,
        sections=tuple(sections),
    )
    return BuiltIssue(said, tuple(problems))


def build_describer(
    session: Session, keys: Iterable[str], language: str, zone: tzinfo
) -> Callable[[EntryRow], EntryTexts | None]:
    """Return a function that describes one entry; None for what not everybody may see. Loads the
    items of all entries at once."""
    locales = load_locales()
    reader = (locales.get(language) or locales[DEFAULT_LANGUAGE]).in_zone(zone)
    wanted = list(keys)
    items = {item.id: item for item in _load_items(session, wanted) if _is_shown(item)}
    shown = {row.id: row for row in _load_collections(session, wanted) if _is_published(row)}

    def describe(row: EntryRow) -> EntryTexts | None:
        if row.id.startswith(NOTE_PREFIX):
            return EntryTexts(key=row.id, kind=EntryKind.NOTE, language=language, note=row.note)
        if row.id.startswith(COLLECTION_PREFIX):
            found = shown.get(row.id.removeprefix(COLLECTION_PREFIX))
            return _describe_collection(found, row.note, reader) if found else None
        item = items.get(row.id)
        return _describe_item(item, row.note, reader) if item else None

    return describe


def show_published(session: Session, texts: IssueTexts, zone: tzinfo) -> ShownIssue:
    """A published issue as it may be shown today."""
    keys = [entry.key for entry in texts.entries()]
    describe = build_describer(session, keys, texts.language, zone)
    hidden, gone = _find_hidden(session, keys), _find_gone(session, keys)

    def show(entry: EntryTexts) -> IssueEntry:
        if entry.key in hidden:
            return IssueEntry(EntryTexts(key=entry.key, kind=entry.kind), EntryFate.WITHDRAWN)
        if entry.key in gone:
            return IssueEntry(entry, EntryFate.REMOVED)
        present = describe(EntryRow(entry.key, entry.note))
        changed = present is not None and present.sha256 != entry.sha256
        return IssueEntry(entry, EntryFate.CHANGED if changed else EntryFate.SAME)

    return _show(texts, show)


def issue_path(issue: Issue) -> str:
    """The address of an issue; of its preview, until it is published."""
    published = issue.state is IssueState.PUBLISHED
    return f"/magazine/{issue.number}" + ("" if published else "/preview")


def show_draft(texts: IssueTexts) -> ShownIssue:
    """An issue that is not published, as readers would see it."""
    return _show(texts, IssueEntry)


def _show(texts: IssueTexts, show: Callable[[EntryTexts], IssueEntry]) -> ShownIssue:
    sections = tuple(
        ShownSection(one.title, one.text, tuple(show(entry) for entry in one.entries))
        for one in texts.sections
    )
    return ShownIssue(texts, sections)


def _load_items(session: Session, keys: Sequence[str]) -> Sequence[Item]:
    return session.scalars(select(Item).where(Item.id.in_(keys))).all()


def _load_collections(session: Session, keys: Sequence[str]) -> Sequence[Collection]:
    ids = _list_collection_ids(keys)
    return session.scalars(select(Collection).where(Collection.id.in_(ids))).all()


def _list_collection_ids(keys: Iterable[str]) -> list[str]:
    return [
        key.removeprefix(COLLECTION_PREFIX) for key in keys if key.startswith(COLLECTION_PREFIX)
    ]


def _is_shown(item: Item) -> bool:
    return item.visibility in PUBLIC.visibilities and item.status is not Status.DELETED


def _is_published(row: Collection) -> bool:
    return row.visibility in PUBLIC.visibilities and row.state is CollectionState.PUBLISHED


def _find_hidden(session: Session, keys: Sequence[str]) -> frozenset[str]:
    """Keys of what is there, or was until it was removed, and not for everybody."""
    item, removed = Item.__table__.c, RemovedItem.__table__.c
    hidden = {row.id for row in _load_items(session, keys) if row.visibility != Visibility.PUBLIC}
    there = set(session.scalars(select(item.id).where(item.id.in_(keys))))
    lost = select(removed.id).where(removed.id.in_(keys), removed.visibility != Visibility.PUBLIC)
    hidden |= {key for key in session.scalars(lost) if key not in there}
    collections = _load_collections(session, keys)
    hidden |= {COLLECTION_PREFIX + row.id for row in collections if not _is_published(row)}
    missing = set(_list_collection_ids(keys)) - {row.id for row in collections}
    public = list_deleted_public(session, missing)
    hidden |= {COLLECTION_PREFIX + one for one in missing if one not in public}
    return frozenset(hidden)


def _find_gone(session: Session, keys: Sequence[str]) -> frozenset[str]:
    there = {row.id for row in _load_items(session, keys) if row.status is not Status.DELETED}
    there |= {COLLECTION_PREFIX + row.id for row in _load_collections(session, keys)}
    return frozenset(key for key in keys if key not in there and not key.startswith(NOTE_PREFIX))


def _say_missing(session: Session, key: str) -> Message:
    item = session.get(Item, key)
    row = session.get(Collection, key.removeprefix(COLLECTION_PREFIX))
    title = item.title if item else row.title if row else key
    if (item is not None and item.status is not Status.DELETED) or row is not None:
        return Message(
            N_("Not everybody may see “{title}”: take it out, or have it shown to everybody."),
            {"title": title},
        )
    return Message(N_("“{title}” is not in the base any more: take it out."), {"title": title})


def _describe_item(item: Item, note: str, reader: Locale) -> EntryTexts:
    match item:
        case ProjectRow():
            return _describe_project(item, note, reader)
        case PracticeRow():
            return _describe_practice(item, note, reader)
        case Document():
            known = (", ".join(item.authors), item.publisher, str(item.year or ""))
            return EntryTexts(
                key=item.id,
                kind=EntryKind.DOCUMENT,
                title=item.title,
                language=item.language,
                lead=" · ".join(part for part in known if part),
                note=note,
                path=f"/documents/{item.id}",
            )
    raise TypeError(item.kind)


def _describe_practice(row: PracticeRow, note: str, reader: Locale) -> EntryTexts:
    practice = Practice.model_validate(row.record)
    achieved = [result for result in practice.results if result.achieved][:MOST_FIGURES]
    place = where(practice.place.name, practice.place.country, reader)
    in_english = reader.code == "en" and bool(practice.summary_en)
    return EntryTexts(
        key=row.id,
        kind=EntryKind.PRACTICE,
        title=practice.title,
        title_en=practice.title_en,
        language=DEFAULT_LANGUAGE,
        lead=f"{place} · {practice.start}–{practice.end or ''}",
        summary=practice.summary_en if in_english else practice.summary,
        facts=tuple(
            TextFact(label=one.indicator, value=one.in_words) for one in figures(achieved, reader)
        ),
        note=note,
        path=f"/practices/{row.id}",
    )


def _describe_project(row: ProjectRow, note: str, reader: Locale) -> EntryTexts:
    project = Project.model_validate(row.record)
    facts = []
    for one in row.indicators:
        for measured in list_checked(one)[-1:]:
            value = write_value(one, measured.value, reader)
            day = reader.date(measured.period_end)
            facts.append(TextFact(label=text_of(one, reader)[0], value=f"{value} ({day})"))
    if project.stopped_because:
        facts.append(TextFact(label=reader.gettext(STOPPED), value=project.stopped_because))
    stage = reader.gettext(STAGES[row.stage])
    return EntryTexts(
        key=row.id,
        kind=EntryKind.PROJECT,
        title=project.title,
        language=project.language,
        lead=f"{project.place_name} · {project.lead_body} · {stage}",
        summary=project.why,
        facts=tuple(facts[:MOST_FIGURES]),
        note=note,
        path=f"/projects/{row.id}",
    )


def _describe_collection(row: Collection, note: str, reader: Locale) -> EntryTexts:
    days = [reader.date(day) for day in (row.held_on, row.held_until) if day]
    known = (" – ".join(dict.fromkeys(days)), row.held_in, row.organiser)
    return EntryTexts(
        key=COLLECTION_PREFIX + row.id,
        kind=EntryKind.COLLECTION,
        title=row.title,
        title_en=row.title_en,
        language=row.language,
        lead=" · ".join(part for part in known if part),
        summary=plain_text(row.argument)[:SUMMARY_LENGTH],
        note=note,
        path=f"/collections/{row.id}",
    )
