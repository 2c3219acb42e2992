"""Fill a new index, one batch of items at a time, and stage the rows that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.attached_files import without_files
from ingest.bulk import EmbedTexts, embed_together
from ingest.extracted_item import Content
from ingest.from_sql import from_pages, from_passages
from ingest.pipeline import apply_metadata, read_content, require_passages
from ingest.points import points_of
from ingest.reindex.staged_rows import Staged, pending, staged_ids
from ingest.worker_processes import ProcessPool
from kb.domain import Status
from kb.messages import KbError, Message, TransientError
from kb.runtime.index_sync import filter_values
from kb.runtime.services import Services
from kb.storage.tables import Document, Item, StagedItem
from kb.vectors.opening import VectorIndex

BATCH_ITEMS = 64
BATCH_PASSAGES = 256
"""Items of a batch: embedded together, written before the next batch."""

Report = Callable[[int, int], None]
"""Called with the number of items done and of all items."""


class ReindexMode(StrEnum):
    """Source of the new index: originals, pages in SQL, or passages in SQL."""

    PASSAGES = "reembed"
    PAGES = "resplit"
    ORIGINALS = "full"


@dataclass(frozen=True)
class KeptVectors:
    """A document whose original could not be read again; its rows and vectors are kept."""

    id: str
    title: str
    reason: Message


@dataclass(frozen=True)
class RebuildWork:
    """Dependencies of the builder, and the callback for progress. ``embed``: None for the model in
    this process."""

    children: ProcessPool
    report: Report
    embed: EmbedTexts | None = None
    batch_items: int = BATCH_ITEMS


@dataclass(frozen=True)
class _Reread:
    item: Item
    content: Content
    whole: bool


class Builder:
    """Adds the items to the new index that it does not have."""

    def __init__(
        self,
        services: Services,
        index: VectorIndex,
        source: ReindexMode,
        work: RebuildWork,
    ) -> None:
        self.services = services
        self.index = index
        self.source = source
        self.work = work
        self.kept: dict[str, KeptVectors] = {}

    def build(self) -> None:
        with self.services.database.session() as session:
            waiting = session.scalars(pending()).all()
            done = session.scalar(select(func.count()).select_from(staged_ids().subquery())) or 0
        total = done + len(waiting)
        self.work.report(done, total)
        for batch in _batches(self._reread(waiting), self.work.batch_items):
            self._write(batch)
            done += len(batch)
            self.work.report(done, total)

    def _reread(self, item_ids: Sequence[str]) -> Iterator[_Reread]:
        for item_id in item_ids:
            with self.services.database.session() as session:
                item = session.get(Item, item_id)
                if item is None or item.status is not Status.READY:
                    continue
                read = self._read(session, item)
            yield read

    def _read(self, session: Session, item: Item) -> _Reread:
        try:
            return self._read_anew(session, item)
        except TransientError:
            raise
        except (KbError, ValidationError) as error:
            reason = error.message if isinstance(error, KbError) else Message(str(error))
            self.kept[item.id] = KeptVectors(item.id, item.title, reason)
        return _Reread(item, from_passages(session, item), whole=False)

    def _read_anew(self, session: Session, item: Item) -> _Reread:
        """Raises KbError or ValidationError: nothing that can be found comes of it."""
        if self.source is ReindexMode.PASSAGES:
            return _Reread(item, from_passages(session, item), whole=False)
        whole = self.source is ReindexMode.ORIGINALS
        if isinstance(item, Document) and not whole:
            content = from_pages(session, item, self.services.settings)
        else:
            hands = self.work.children.of(0)
            content = without_files(read_content(item, hands, lambda *_: None))
        require_passages(content)
        return _Reread(item, content, whole)

    def _write(self, batch: Sequence[_Reread]) -> None:
        """Write points before staged rows, so that every staged row has its points."""
        self.services.require_space()
        vectors = embed_together(self.services, [one.content for one in batch], self.work.embed)
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
