"""Check SQL by itself: database file, foreign keys, items against jobs, counts, collections."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, aliased

from kb.domain import Status
from kb.maintenance.difference import ADD_AGAIN, REINDEX, RESTORE, Difference, Mend
from kb.messages import N_, Message
from kb.storage.collections import Collection, CollectionEntry, CollectionKind
from kb.storage.db import Database
from kb.storage.history import DocumentVersion, VersionState
from kb.storage.network import Profile
from kb.storage.periodical import Issue, IssueState, hash_json
from kb.storage.pictures import EventPhotograph, PracticePicture
from kb.storage.projects import MemberPart, ProjectRow
from kb.storage.tables import (
    LIVE,
    Document,
    Item,
    Job,
    Operation,
    PageRow,
    PassageRow,
    Reindexing,
)


def find_damage(database: Database) -> Iterator[Difference]:
    """Run SQLite's integrity check; PostgreSQL checks pages when it reads them."""
    if database.engine.dialect.name != "sqlite":
        return
    try:
        with database.engine.connect() as connection:
            found = connection.execute(text("PRAGMA integrity_check(10)")).scalars().all()
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    except DatabaseError as error:
        found, broken = [str(error.orig)], []
    for reason in found:
        if reason != "ok":
            what = Message(N_("The database file is damaged: {reason}."), {"reason": reason})
            yield Difference(what, "sqlite", RESTORE)
    for table, parent in sorted({(row[0], row[2]) for row in broken}):
        count = sum(row[0] == table and row[2] == parent for row in broken)
        what = Message(
            N_("{count} rows of {table} refer to missing rows of {parent}."),
            {"count": count, "table": table, "parent": parent},
        )
        yield Difference(what, table, RESTORE)


def compare_rows(session: Session) -> Iterator[Difference]:
    yield from _stuck(session)
    yield from _waiting_versions(session)
    yield from _jobs_of_nothing(session)
    yield from _counts(session)
    yield from _entries(session)
    yield from _projects(session)
    yield from _pictures(session)
    yield from _photographs(session)
    yield from _profiles(session)
    yield from _issues(session)
    if running := session.get(Reindexing, 1):
        what = Message(N_("The index {name} is half built."), {"name": running.name})
        command = f"{REINDEX} --{running.source}"
        yield Difference(what, running.name, command, notice=True)


def _pictures(session: Session) -> Iterator[Difference]:
    """Pictures of practices whose bytes are not those that were stored."""
    for practice_id in session.scalars(select(PracticePicture.practice_id)).all():
        row = session.get_one(PracticePicture, practice_id)
        if hashlib.sha256(row.large).hexdigest() != row.sha256 or not row.small:
            what = Message(N_("The picture of {id} is damaged."), {"id": practice_id})
            yield Difference(what, practice_id, RESTORE)
        session.expunge(row)


def _photographs(session: Session) -> Iterator[Difference]:
    """Photographs of events whose bytes are not those that were stored."""
    for id in session.scalars(select(EventPhotograph.id)).all():
        row = session.get_one(EventPhotograph, id)
        if hashlib.sha256(row.large).hexdigest() != row.sha256 or not row.small:
            what = Message(
                N_("The photograph “{alt}” of {id} is damaged."),
                {"alt": row.alt, "id": row.collection_id},
            )
            yield Difference(what, row.collection_id, RESTORE)
        session.expunge(row)


def _stuck(session: Session) -> Iterator[Difference]:
    """Items with a waiting status and no job."""
    live = select(Job.item_id).where(Job.status.in_(LIVE))
    waiting = (Status.QUEUED, Status.PROCESSING, Status.DELETED)
    columns = (Item.id, Item.title, Item.status)
    stuck = select(*columns).where(Item.status.in_(waiting), Item.id.not_in(live))
    for item_id, title, status in session.execute(stuck.order_by(Item.id)):
        deleted = status is Status.DELETED
        template = (
            N_("“{title}” was deleted and its removal is not queued.")
            if deleted
            else N_("“{title}” is {status} and no job will ever work on it.")
        )
        mend = Mend.QUEUE_DELETION if deleted else Mend.QUEUE_AGAIN
        what = Message(template, {"title": title, "status": str(status)})
        yield Difference(what, item_id, mend=mend)


def _waiting_versions(session: Session) -> Iterator[Difference]:
    """Waiting next versions of documents without a job."""
    live = select(Job.item_id).where(Job.status.in_(LIVE))
    lost = (
        select(Item.id, Item.title)
        .join(DocumentVersion, DocumentVersion.document_id == Item.id)
        .where(
            DocumentVersion.state == VersionState.INCOMING,
            Item.status != Status.DELETED,
            Item.id.not_in(live),
        )
    )
    for item_id, title in session.execute(lost.order_by(Item.id)):
        what = Message(
            N_("A new version of “{title}” waits and no job will ever work on it."),
            {"title": title},
        )
        yield Difference(what, item_id, mend=Mend.QUEUE_AGAIN)


def _jobs_of_nothing(session: Session) -> Iterator[Difference]:
    """Jobs without an item, except deletions."""
    lost = (
        select(Job.item_id)
        .outerjoin(Item, Item.id == Job.item_id)
        .where(Job.status.in_(LIVE), Job.operation != Operation.DELETE, Item.id.is_(None))
    )
    for item_id in session.scalars(lost.order_by(Job.item_id)):
        what = Message(N_("A job waits for an item that does not exist."))
        yield Difference(what, item_id, mend=Mend.CANCEL_JOB)


def _counts(session: Session) -> Iterator[Difference]:
    """Check that passages are numbered from 0 without gaps, and that page counts are right."""
    passages = (
        select(Item.id, Item.title, func.count(PassageRow.id), func.max(PassageRow.ordinal))
        .outerjoin(PassageRow, PassageRow.item_id == Item.id)
        .where(Item.status == Status.READY)
        .group_by(Item.id, Item.title)
        .order_by(Item.id)
    )
    for item_id, title, count, last in session.execute(passages):
        if count == 0 or last != count - 1:
            expected = 1 if last is None else last + 1
            what = Message(
                N_("“{title}” has {count} passages and should have at least {expected}."),
                {"title": title, "count": count, "expected": expected},
            )
            yield Difference(what, item_id, mend=Mend.QUEUE_AGAIN)
    pages = (
        select(Document.id, Document.title, Document.page_count, func.count(PageRow.number))
        .outerjoin(PageRow, PageRow.document_id == Document.id)
        .where(Document.status == Status.READY)
        .group_by(Document.id, Document.title, Document.page_count)
        .order_by(Document.id)
    )
    for item_id, title, expected, count in session.execute(pages):
        if count != expected:
            what = Message(
                N_("“{title}” has {count} pages and should have {expected}."),
                {"title": title, "count": count, "expected": expected},
            )
            yield Difference(what, item_id, mend=Mend.QUEUE_AGAIN)


def _entries(session: Session) -> Iterator[Difference]:
    item = aliased(Item)
    gone = (
        select(CollectionEntry.collection_id, CollectionEntry.item_id)
        .outerjoin(item, item.id == CollectionEntry.item_id)
        .join(Collection, Collection.id == CollectionEntry.collection_id)
        .where((item.id.is_(None)) | (item.status == Status.DELETED))
        .where(Collection.kind != CollectionKind.ISSUE)  # they keep what they say of it
        .order_by(CollectionEntry.collection_id, CollectionEntry.position)
    )
    for collection, item_id in session.execute(gone):
        what = Message(
            N_("The collection “{collection}” lists {item}, which is not here."),
            {"collection": collection, "item": item_id},
        )
        yield Difference(what, item_id, ADD_AGAIN, notice=True)


def _projects(session: Session) -> Iterator[Difference]:
    """Projects whose columns differ from their record, and those without anybody who leads them."""
    rows = select(ProjectRow).where(ProjectRow.status != Status.DELETED).order_by(ProjectRow.id)
    for row in session.scalars(rows):
        written = (str(row.record.get("stage")), row.record.get("municipality"))
        if written != (row.stage.value, row.municipality):
            what = Message(
                N_("The stage or the place of the project “{title}” is not that of its record."),
                {"title": row.title},
            )
            yield Difference(what, row.id, RESTORE)
        leads = [one for one in row.members if one.part is MemberPart.LEAD]
        if not any(one.account_id and one.joined_at and not one.left_at for one in leads):
            what = Message(
                N_("Nobody leads the project “{title}”: name a lead on its page."),
                {"title": row.title},
            )
            yield Difference(what, row.id, f"/projects/{row.id}/members", notice=True)


def _profiles(session: Session) -> Iterator[Difference]:
    """What profiles of the network name and is not here any more."""
    present = set(session.scalars(select(Item.id).where(Item.status != Status.DELETED)))
    for profile in session.scalars(select(Profile).order_by(Profile.name, Profile.id)):
        for item_id in profile.known:
            if item_id not in present:
                what = Message(
                    N_("The profile “{name}” says that it knows {item}, which is not here."),
                    {"name": profile.name, "item": item_id},
                )
                yield Difference(what, item_id, notice=True)


def _issues(session: Session) -> Iterator[Difference]:
    """Published issues whose texts are not those that were published."""
    for issue in session.scalars(select(Issue).where(Issue.state == IssueState.PUBLISHED)):
        if not issue.texts or hash_json(issue.texts) != issue.texts_sha256:
            what = Message(
                N_("Issue {number} of the magazine does not say what was published."),
                {"number": issue.number},
            )
            yield Difference(what, issue.collection_id, RESTORE)
