"""``kb check``: find the differences between SQL, content store and index, and repair them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from kb.domain import Status
from kb.maintenance.difference import ADD_AGAIN, REINDEX, REPAIR, Difference, Mend
from kb.maintenance.files import compare_files
from kb.maintenance.points import compare_index_with_sql, find_unused_indexes
from kb.maintenance.rows import compare_rows, find_damage
from kb.maintenance.texts import compare_texts
from kb.messages import N_, ConfigurationError, Message
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.tables import (
    LIVE,
    Document,
    Item,
    Job,
    JobStatus,
    Operation,
    PageRow,
    PassageRow,
    now,
)
from kb.vectors.opening import drop_index


@dataclass(frozen=True)
class CheckReport:
    """``counts``: numbers of the items, passages and files that were compared."""

    counts: dict[str, int]
    differences: tuple[Difference, ...]
    mended: tuple[Difference, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether no difference is left."""
        return all(one.notice or one in self.mended for one in self.differences)

    def as_json(self) -> dict[str, Any]:
        return {
            "clean": self.clean,
            "counts": self.counts,
            "differences": [
                {**one.as_json(), "mended": str(one.mend) if one in self.mended else None}
                for one in self.differences
            ],
        }


def check_base(services: Services, *, repair: bool = False) -> CheckReport:
    """Compare SQL, content store and index; the base may be in use.

    Raises:
        TransientError: the database or the index does not answer.
    """
    began = now()
    broken = tuple(find_damage(services.database))
    if any(one.where == "sqlite" for one in broken):
        return CheckReport({}, broken)
    with services.database.session() as session:
        found = [*broken, *_differences(services, session)]
        counts = _counts(services, session)
    with services.database.session() as session:
        moving = _moving(session, began)
        kept = _recoverable(session, [one for one in found if one.where not in moving])
        kept = tuple(_unless_given_up(session, one) for one in kept)
    mended = _repair(services, kept) if repair else ()
    return CheckReport(counts, kept, mended)


def _differences(services: Services, session: Session) -> Iterator[Difference]:
    yield from compare_rows(session)
    yield from compare_files(session, services.originals)
    if services.settings.embedding_url:
        yield _compare_service(services)
    try:
        index = services.index
    except ConfigurationError as error:
        yield Difference(error.message, "index", REINDEX)
        yield from compare_texts(session, None)
        return
    yield from compare_index_with_sql(session, index)
    if name := services.due():
        what = Message(
            N_(
                "The index {name} was made by another version or with other settings: it answers"
                " questions, and `kb serve` or `kb worker` builds the new one beside it."
            ),
            {"name": name},
        )
        yield Difference(what, name, REINDEX, notice=True)
    yield from find_unused_indexes(session, services, index.name)
    yield from compare_texts(session, index.dimension)


def _compare_service(services: Services) -> Difference:
    """Why the service does not compute vectors, or which one does."""
    embedder = services.embedder
    address = embedder.address or ""
    obstacle = embedder.obstacle()
    if obstacle is not None:
        return Difference(obstacle, address, "KB_EMBEDDING_URL")
    what = Message(
        N_("The vectors of {model} are computed by a service."), {"model": services.model.name}
    )
    return Difference(what, address, "KB_EMBEDDING_URL", notice=True)


def _counts(services: Services, session: Session) -> dict[str, int]:
    items = select(func.count()).select_from(Item).where(Item.status != Status.DELETED)
    passages = select(func.count()).select_from(PassageRow)
    return {
        "items": session.scalar(items) or 0,
        "passages": session.scalar(passages) or 0,
        "originals": sum(1 for _ in services.originals.all()),
    }


def _moving(session: Session, since: datetime) -> set[str]:
    """Items that changed during the check: they may have been read in two states."""
    touched = Job.status.in_(LIVE) | (Job.created_at >= since) | (Job.finished_at >= since)
    waiting = Job.operation == Operation.INDEX, Job.status.in_(LIVE)
    present = set(session.scalars(select(Item.id)))
    lost = {id for id in session.scalars(select(Job.item_id).where(*waiting)) if id not in present}
    return set(session.scalars(select(Job.item_id).where(touched))) - lost


def _recoverable(session: Session, found: Iterable[Difference]) -> tuple[Difference, ...]:
    """The differences, without queueing documents whose original is missing: reading them again
    would lose what SQL has."""
    differences = tuple(found)
    originals = {one.where for one in differences if one.command.startswith(ADD_AGAIN)}
    documents = set(session.scalars(select(Document.id).where(Document.id.in_(originals))))
    return tuple(
        replace(one, mend=Mend.NOTHING, command=f"{ADD_AGAIN} (the same file), then {REPAIR}")
        if one.mend is Mend.QUEUE_AGAIN and one.where in documents
        else one
        for one in differences
    )


def _unless_given_up(session: Session, one: Difference) -> Difference:
    """Leave out what neither the original nor the pages in SQL could repair."""
    if one.mend is not Mend.QUEUE_AGAIN:
        return one
    item, newest = session.get(Item, one.where), jobs.find_newest(session, one.where)
    tried = newest is not None and newest.status is JobStatus.FAILED
    if item is None or item.status is not Status.READY or not tried:
        return one
    if not _has_passages(session, item):  # one more failure ends it as failed
        return one
    if newest is not None and newest.operation is Operation.INDEX and _has_pages(session, item):
        return one
    return replace(one, mend=Mend.NOTHING, command=f"{ADD_AGAIN} (a better copy), or delete it")


def _has_passages(session: Session, item: Item) -> bool:
    passages = select(PassageRow.id).where(PassageRow.item_id == item.id)
    return bool(session.scalar(select(exists(passages))))


def _has_pages(session: Session, item: Item) -> bool:
    pages = select(PageRow.number).where(PageRow.document_id == item.id)
    return bool(session.scalar(select(exists(pages))))


def _repair(services: Services, differences: Sequence[Difference]) -> tuple[Difference, ...]:
    mended = tuple(one for one in differences if one.mend is not Mend.NOTHING)
    for one in mended:
        _mend(services, one)
    return mended


def _mend(services: Services, one: Difference) -> None:
    if one.mend is Mend.DELETE_POINTS:
        services.index.delete_points(one.points)
        return
    if one.mend is Mend.DROP_INDEX:
        drop_index(services.settings, one.where)
        return
    if one.mend is Mend.REMOVE_FILE:
        services.discard_originals({one.where})
        return
    if one.mend is Mend.REMOVE_UNFINISHED:
        services.originals.remove_leftovers()
        return
    with services.database.transaction() as session:
        item = session.get(Item, one.where)
        if one.mend is Mend.CANCEL_JOB:
            jobs.cancel(session, one.where)
        elif one.mend is Mend.QUEUE_DELETION:
            jobs.enqueue(session, one.where, Operation.DELETE)
        elif item is not None and item.status is not Status.DELETED:
            _queue_again(session, item)


def _queue_again(session: Session, item: Item) -> None:
    """Queue reading the original again or, where that failed before, splitting the pages in SQL."""
    newest = jobs.find_newest(session, item.id)
    failed = newest is not None and newest.status is JobStatus.FAILED
    if failed and item.status is Status.READY and _has_pages(session, item):
        jobs.enqueue(session, item.id, Operation.REFRESH)
    else:
        jobs.enqueue_index(session, item)
