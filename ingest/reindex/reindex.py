"""A new index beside the old one, which answers until the new one is complete.

Every item's points go into the new index and its new rows into ``staged_items``, a batch at a
time; a run that was killed goes on where it stopped. One transaction then makes rows and index
the active ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from ingest.attached_files import without_files
from ingest.bulk import embed_together
from ingest.extracted_item import Content
from ingest.from_sql import from_pages, from_passages
from ingest.pipeline import apply_metadata, read_content, require_passages
from ingest.points import points_of
from ingest.reindex.staged_rows import Staged, pending, staged_ids, unstage
from ingest.worker_processes import ProcessPool
from kb.domain import SPLITTER_VERSION, Status
from kb.messages import KbError, Message, TransientError
from kb.runtime.index_sync import filter_values
from kb.runtime.services import Services
from kb.storage.commits import written_by
from kb.storage.tables import (
    ActiveIndex,
    Document,
    Item,
    PracticeRow,
    Reindexing,
    StagedItem,
    now,
)
from kb.vectors.opening import VectorIndex, drop_index, list_indexes, open_index, successor

BATCH_ITEMS = 64
BATCH_PASSAGES = 256
"""A batch is embedded together, so that all cores have work, and written before the next."""

Report = Callable[[int, int], None]
"""Gets the number of items done and of items in all."""


class ReindexMode(StrEnum):
    """What the new index is made from."""

    PASSAGES = "reembed"
    PAGES = "resplit"
    ORIGINALS = "full"


@dataclass(frozen=True)
class KeptVectors:
    """A document whose original could not be read again, and that stays as it was."""

    id: str
    title: str
    reason: Message


@dataclass(frozen=True)
class Reindexed:
    name: str
    points: int
    kept: tuple[KeptVectors, ...]


@dataclass(frozen=True)
class _Reread:
    item: Item
    content: Content
    whole: bool


def reindex(
    services: Services, source: ReindexMode, report: Report, batch_items: int = BATCH_ITEMS
) -> Reindexed:
    """Build an index with the present settings from ``source`` and switch to it.

    Raises:
        TransientError: disk, database or index did not take it; run it again, it goes on.
    """
    name, old = _begin(services, source)
    with closing(open_index(services.settings, name, services.model.dimension)) as index:
        builder = _Builder(services, index, source, report, batch_items)
        builder.build()
        while not (_complete(services, index) and _switch(services, name)):
            builder.build()
        points = index.count()
    if old:
        drop_index(services.settings, old)
    return Reindexed(name, points, tuple(builder.kept.values()))


def needed_source(services: Services) -> ReindexMode:
    """What the new index must be made from: the pages where passages were cut by another version
    of the splitter, else the passages as they are."""
    with services.database.session() as session:
        active = session.get(ActiveIndex, 1)
    same = active is None or f"-{SPLITTER_VERSION}-" in active.name
    return ReindexMode.PASSAGES if same else ReindexMode.PAGES


def _begin(services: Services, source: ReindexMode) -> tuple[str, str]:
    """Names of the index to build and of the one to replace. An interrupted run that wanted the
    same is taken up again."""
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


class _Builder:
    """Fills the new index with what it does not yet have."""

    def __init__(
        self,
        services: Services,
        index: VectorIndex,
        source: ReindexMode,
        report: Report,
        batch_items: int,
    ) -> None:
        self.services = services
        self.index = index
        self.source = source
        self.report = report
        self.batch_items = batch_items
        self.kept: dict[str, KeptVectors] = {}

    def build(self) -> None:
        with self.services.database.session() as session:
            waiting = session.scalars(pending()).all()
            done = session.scalar(select(func.count()).select_from(staged_ids().subquery())) or 0
        total = done + len(waiting)
        self.report(done, total)
        with closing(ProcessPool(self.services)) as children:
            for batch in _batches(self._reread(waiting, children), self.batch_items):
                self._write(batch)
                done += len(batch)
                self.report(done, total)

    def _reread(self, item_ids: Sequence[str], children: ProcessPool) -> Iterator[_Reread]:
        for item_id in item_ids:
            with self.services.database.session() as session:
                item = session.get(Item, item_id)
                if item is None or item.status is not Status.READY:
                    continue
                read = self._read(session, item, children)
            yield read

    def _read(self, session: Session, item: Item, children: ProcessPool) -> _Reread:
        hands = children.of(0)
        if self.source is ReindexMode.ORIGINALS:
            try:
                content = without_files(read_content(item, hands, lambda *_: None))
                require_passages(content)
                return _Reread(item, content, whole=True)
            except TransientError:
                raise
            except KbError as error:
                self.kept[item.id] = KeptVectors(item.id, item.title, error.message)
        elif self.source is ReindexMode.PAGES and isinstance(item, Document):
            return _Reread(item, from_pages(session, item, self.services.settings), whole=False)
        elif self.source is ReindexMode.PAGES and isinstance(item, PracticeRow):
            return _Reread(item, read_content(item, hands, lambda *_: None), whole=False)
        return _Reread(item, from_passages(session, item), whole=False)

    def _write(self, batch: Sequence[_Reread]) -> None:
        """Points first: what is staged has its points."""
        self.services.require_space()
        vectors = embed_together(self.services, [one.content for one in batch])
        staged = []
        for one, part in zip(batch, vectors, strict=True):
            based_on = one.item.updated_at
            if one.whole:
                apply_metadata(one.item, one.content)
            filters, content = filter_values(one.item), one.content
            self.index.upsert(
                points_of(self.services, filters, content.title, content.passages, part)
            )
            packed = Staged.of(content, one.whole, part).pack()
            staged.append(StagedItem(item_id=one.item.id, based_on=based_on, staged=packed))
        self.index.flush()
        with self.services.database.transaction() as session:
            here = select(Item.id).where(Item.id.in_([row.item_id for row in staged]))
            present = set(session.scalars(here))
            for row in staged:
                if row.item_id in present:
                    session.merge(row)


def _batches(read: Iterator[_Reread], most: int) -> Iterator[list[_Reread]]:
    batch: list[_Reread] = []
    passages = 0
    for one in read:
        batch.append(one)
        passages += len(one.content.passages)
        if len(batch) >= most or passages >= BATCH_PASSAGES:
            yield batch
            batch, passages = [], 0
    if batch:
        yield batch


def _complete(services: Services, index: VectorIndex) -> bool:
    """Whether all is staged and the index has exactly the staged passages. What it has too much
    is removed; what it has too little is to be staged again."""
    found = dict(index.ids())
    with services.database.transaction() as session:
        for item_id in session.scalars(staged_ids()).all():
            row = session.get_one(StagedItem, item_id)
            passages = Staged.unpack(row.staged).content.passages
            if [found.pop(passage.id, None) for passage in passages] != [item_id] * len(passages):
                session.delete(row)
            session.flush()
            session.expunge_all()
        waiting = session.scalar(select(exists(pending())))
    index.delete_points(found)
    index.flush()
    return not waiting


def _switch(services: Services, name: str) -> bool:
    """Make the new index and the staged rows the active ones, unless an item has just changed."""
    with services.database.transaction() as session:
        if session.scalar(select(exists(pending()))):
            return False
        for item_id in session.scalars(staged_ids()).all():
            row = session.get_one(StagedItem, item_id)
            item = session.get_one(Item, item_id)
            Staged.unpack(row.staged).apply(session, item)
            item.indexed_as = name
            flag_modified(item, "updated_at")  # a new index is no news of the item
            session.flush()
            session.expunge_all()
        session.merge(ActiveIndex(id=1, name=name, switched_at=now()))
        unstage(session)
        session.execute(delete(Reindexing))
        written_by(session).items.clear()  # the new index has these values
    return True
