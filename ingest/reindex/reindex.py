"""Build a new index while the old one answers, then switch.

Every item's points go into the new index and its new rows into ``staged_items``, a batch at a
time; a run that was killed is continued by the next. One transaction then makes rows and index the
active ones.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass

import structlog
from sqlalchemy import collate, delete, exists, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from ingest.reindex.build import BATCH_ITEMS, Builder, KeptVectors, RebuildWork, ReindexMode, Report
from ingest.reindex.staged_rows import Staged, pending, staged_ids, unstage
from ingest.worker_processes import ProcessPool
from kb.domain import SPLITTER_VERSION, Status
from kb.messages import N_, TransientError
from kb.runtime.alone import SharedWork, WorkLock, working_alone
from kb.runtime.services import Services
from kb.storage.commits import written_by
from kb.storage.db import Deadlock
from kb.storage.tables import ActiveIndex, Item, Reindexing, StagedItem, now
from kb.vectors.opening import (
    Recipe,
    VectorIndex,
    drop_index,
    list_indexes,
    open_index,
    recipe_of,
    successor,
)
from kb.vectors.patience import waiting_up_to

PATIENCE_S = 60.0
"""Seconds for which a call of the index server is repeated."""

log = structlog.get_logger()

__all__ = ["BATCH_ITEMS", "KeptVectors", "ReindexMode", "Reindexed", "needed_source", "reindex"]


@dataclass(frozen=True)
class Reindexed:
    name: str
    points: int
    kept: tuple[KeptVectors, ...]


def reindex(
    services: Services, source: ReindexMode, report: Report, batch_items: int = BATCH_ITEMS
) -> Reindexed:
    """Build an index with the present settings from ``source`` and switch to it.

    Raises:
        TransientError: disk, database or index refused a write, or another process is building
            one; run it again, it goes on.
    """
    with (
        working_alone(services, SharedWork.REINDEX) as alone,
        waiting_up_to(PATIENCE_S),
    ):
        if not alone:
            raise TransientError(
                N_(
                    "Another process is building the new index: wait until it is done, or stop it"
                    " and run `kb reindex` again."
                )
            )
        name, old = begin(services, source)

        def checked_report(done: int, total: int) -> None:
            alone.require()
            report(done, total)

        with (
            closing(ProcessPool(services)) as children,
            closing(open_index(services.settings, name, services.model.dimension)) as index,
        ):
            builder = Builder(
                services, index, source, RebuildWork(children, checked_report, None, batch_items)
            )
            builder.build()
            while not try_to_switch(services, index, alone):
                builder.build()
            remove_deleted(services, index)
            points = index.count()
        if old:
            drop_index(services.settings, old)
    return Reindexed(name, points, tuple(builder.kept.values()))


def needed_source(services: Services) -> ReindexMode:
    """Source of the new index: the pages where passages were made by another version of the
    splitter, else the passages."""
    with services.database.session() as session:
        active = session.get(ActiveIndex, 1)
    made = Recipe.read(active.name) if active else None
    same = active is None or (made is not None and made.splitter == SPLITTER_VERSION)
    return ReindexMode.PASSAGES if same else ReindexMode.PAGES


def unfinished_source(services: Services) -> ReindexMode | None:
    """Source of an interrupted run for the index that the settings ask for; None without one."""
    with services.database.session() as session:
        running = session.get(Reindexing, 1)
    asked = running is not None and recipe_of(running.name) == services.recipe
    return ReindexMode(running.source) if running and asked else None


def begin(services: Services, source: ReindexMode) -> tuple[str, str]:
    """Names of the index to build and of the one to replace. An interrupted run for the same
    settings is continued."""
    with services.database.transaction() as session:
        active, running = session.get(ActiveIndex, 1), session.get(Reindexing, 1)
        old, unfinished = active.name if active else "", running.name if running else ""
        wanted = successor(old, services.recipe)
        same = running is not None and (running.name, running.source) == (wanted, source)
        if same and wanted in list_indexes(services.settings):
            return wanted, old
        unstage(session)
        session.merge(Reindexing(id=1, name=wanted, source=source))
    for name in {unfinished, wanted} - {"", old}:
        drop_index(services.settings, name)
    return wanted, old


def is_complete(services: Services, index: VectorIndex) -> bool:
    """Whether all items are staged and the index has exactly their passages. Points without a
    passage are removed; items with missing points are staged again."""
    found = dict(index.ids())
    lacking = []
    with services.database.session() as session:
        for item_id in session.scalars(staged_ids()).all():
            row = session.get_one(StagedItem, item_id)
            passages = Staged.unpack(row.staged).content.passages
            if [found.pop(passage.id, None) for passage in passages] != [item_id] * len(passages):
                lacking.append(item_id)
            session.expunge_all()
    with services.database.transaction() as session:
        for item_id in lacking:
            session.execute(delete(StagedItem).where(StagedItem.item_id == item_id))
        waiting = session.scalar(select(exists(pending())))
    index.delete_points(found)
    index.flush()
    return not waiting


def try_to_switch(
    services: Services,
    index: VectorIndex,
    alone: WorkLock,
    take_over: AbstractContextManager[None] | None = None,
) -> bool:
    """Switch to the new index if it is complete; ``take_over`` as in ``switch``.

    Raises:
        DatabaseUnavailable: the lock of who builds an index was lost, or the database does not
            answer.
    """
    if not is_complete(services, index):
        return False
    alone.require()
    try:
        return switch(services, index.name, take_over)
    except Deadlock as error:
        log.info("the switch begins again", reason=str(error))
        return False


def switch(
    services: Services, name: str, take_over: AbstractContextManager[None] | None = None
) -> bool:
    """Make the new index and the staged rows the active ones, unless an item has just changed.
    ``take_over``: entered before all of it is committed and left after."""
    with ExitStack() as held, services.database.transaction() as session:
        _lock_all(session)
        if session.scalar(select(exists(pending()))):
            return False
        _apply_staged(session, name)
        session.merge(ActiveIndex(id=1, name=name, switched_at=now()))
        unstage(session)
        session.execute(delete(Reindexing))
        written_by(session).items.clear()  # the new index has these values
        session.flush()
        if take_over is not None:
            held.enter_context(take_over)
    return True


def _lock_all(session: Session) -> None:
    """On PostgreSQL: let nobody change a searchable item, or make one searchable, until the
    transaction ends. Lock order: items, in the order of their ids, before the active index, as
    workers do who publish one. On SQLite the transaction itself is exclusive."""
    if session.get_bind().dialect.name != "postgresql":
        return
    items = Item.__table__.c  # PostgreSQL cannot lock the nullable side of an outer join
    in_order = collate(items.id, "C")  # as Python sorts them, whatever the database's collation
    ready = select(items.id).where(items.status == Status.READY).order_by(in_order)
    # Rows that refer to items may be added: workers do so after they have locked the active index.
    session.execute(ready.with_for_update(key_share=True)).close()
    session.get(ActiveIndex, 1, with_for_update=True)


def _apply_staged(session: Session, name: str) -> None:
    for item_id in session.scalars(staged_ids()).all():
        row = session.get_one(StagedItem, item_id)
        item = session.get_one(Item, item_id)
        Staged.unpack(row.staged).apply(session, item)
        item.indexed_as = name
        flag_modified(item, "updated_at")  # a new index is no news of the item
        session.flush()
        session.expunge_all()


def remove_deleted(services: Services, index: VectorIndex) -> None:
    """Remove the points of items that were deleted during the switch."""
    found = {item_id for _, item_id in index.ids()}
    with services.database.session() as session:
        present = set(session.scalars(select(Item.id).where(Item.status != Status.DELETED)))
    if gone := found - present:
        index.delete_items(gone)
