"""From an accepted item to its points: read, embed, write. And back, when it is deleted."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from typing import Protocol

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.content import Content
from ingest.page_image import images_of
from ingest.points import embedded_texts, points_of, rows_of
from kb.domain import Facets, Status, Verdict
from kb.embedding.late import LateVectors
from kb.practice import Practice
from kb.services import Services
from kb.storage import jobs
from kb.storage.jobs import Claim
from kb.storage.tables import Document, Item, PageRow, PassageRow, PracticeRow
from kb.vectors import Filter


class Superseded(Exception):
    """The item was deleted or queued again while this job ran: nothing of it may be kept."""


class Report(Protocol):
    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say how far the work is. Raises when nobody wants it any more."""


class Hands(Protocol):
    """The child processes that do the heavy work."""

    def read(self, document: Document, report: Report) -> Content: ...

    def split(self, practice: Practice, content_key: str) -> Content: ...

    def embed(self, texts: Sequence[str], bodies: Sequence[int], report: Report) -> LateVectors: ...


def index(services: Services, claim: Claim, hands: Hands, report: Report) -> None:
    """Make an item searchable, or searchable anew.

    Raises:
        KbError: it cannot be; the sentence says why.
        Superseded: nobody wants it any more.
    """
    item = _begin(services, claim)
    content = content_of(item, hands, report)
    vectors = hands.embed(*embedded_texts(content.title, content.passages), report)
    report("indexing", 0, len(content.passages))
    _publish(services, claim, content, vectors)


def delete(services: Services, claim: Claim) -> None:
    """Remove what an item left behind: points, then rows, then bytes nobody else refers to."""
    services.index.delete_items([claim.item_id])
    with services.database.transaction() as session:
        item = session.get(Item, claim.item_id)
        if not jobs.finish(session, claim):
            raise Superseded
        if item is not None:
            session.delete(item)
            session.flush()
            _remove_original(services, session, item.content_sha256)


def facets_of(item: Item) -> Facets:
    """What filters and counts know about an item."""
    return Facets(
        kind=item.kind,
        item_id=item.id,
        visibility=item.visibility,
        language=item.language,
        year=item.year,
        country=item.country,
        themes=tuple(item.themes),
    )


def _begin(services: Services, claim: Claim) -> Item:
    with services.database.transaction() as session:
        item = session.get(Item, claim.item_id)
        if item is None or item.status == Status.DELETED:
            jobs.finish(session, claim)
        else:
            item.status, item.reason = Status.PROCESSING, None
            return item
    raise Superseded


def content_of(item: Item, hands: Hands, report: Report) -> Content:
    if isinstance(item, PracticeRow):
        practice = Practice.model_validate(item.record)
        return hands.split(practice, item.content_sha256)
    if isinstance(item, Document):
        content = hands.read(item, report)
        # A title that a person gave is the one that passages are embedded under.
        return replace(content, title=item.title) if "title" in item.given else content
    raise TypeError(type(item))


def _publish(services: Services, claim: Claim, content: Content, vectors: LateVectors) -> None:
    """Points first, where nothing shows them yet; then, in one transaction, all of the rest."""
    index = services.index
    with services.database.session() as session:
        item = session.get_one(Item, claim.item_id)
        describe(item, content)
        points = points_of(services, facets_of(item), content.title, content.passages, vectors)
    index.upsert(points)
    try:
        with services.database.transaction() as session:
            if not jobs.finish(session, claim):
                raise Superseded
            item = session.get_one(Item, claim.item_id)
            replace_passages(session, item.id, content, vectors)
            replace_pages(session, item.id, content)
            describe(item, content)
            item.status, item.indexed_as = Status.READY, index.name
    except BaseException:
        _withdraw(services, claim.item_id)
        raise
    _remove_stale_points(services, claim.item_id, {passage.id for passage in content.passages})


def _withdraw(services: Services, item_id: str) -> None:
    """Take points back that no passage stands behind, unless a newer job will settle them."""
    with services.database.transaction() as session:
        if not jobs.is_live(session, item_id):
            known = set(session.scalars(select(PassageRow.id).where(PassageRow.item_id == item_id)))
            _remove_stale_points(services, item_id, known)


def _remove_stale_points(services: Services, item_id: str, known: set[str]) -> None:
    """Remove the item's points that are not of a passage in ``known``."""
    where = Filter(visibility=None, item_ids=frozenset({item_id}))
    services.index.delete_points({id for id, _ in services.index.ids(where)} - known)


def replace_passages(
    session: Session, item_id: str, content: Content, vectors: LateVectors
) -> None:
    """Write the item's passages anew. The same content may still have passages under an item
    whose deletion is waiting its turn; those go at once."""
    ids = [passage.id for passage in content.passages]
    old = (PassageRow.item_id == item_id) | PassageRow.id.in_(ids)
    session.execute(sql_delete(PassageRow).where(old))
    session.add_all(rows_of(item_id, content.passages, vectors))


def replace_pages(session: Session, item_id: str, content: Content) -> None:
    session.execute(sql_delete(PageRow).where(PageRow.document_id == item_id))
    session.add_all(
        PageRow(
            document_id=item_id,
            number=page.number,
            label=page.label,
            raw=page.raw,
            text=page.text,
            edits=[list(astuple(edit)) for edit in page.edits],
            verdict=page.verdict,
        )
        for page in content.pages
    )


def describe(item: Item, content: Content) -> None:
    """Take over what the file says about itself, where no person has said otherwise."""
    if not isinstance(item, Document):
        return
    for name in ("title", "authors", "publisher", "year", "language"):
        found = getattr(content, name)
        if name not in item.given and found:
            setattr(item, name, found)
    item.media_type = content.media_type
    item.unit = content.unit
    item.outline = [asdict(heading) for heading in content.outline]
    verdicts = [page.verdict for page in content.pages]
    item.page_count = len(verdicts)
    item.ocr_pages = verdicts.count(Verdict.OCR)
    item.unreadable_pages = verdicts.count(Verdict.GARBAGE)


def _remove_original(services: Services, session: Session, sha256: str) -> None:
    """Inside the transaction, whose write lock keeps an upload of the same bytes waiting."""
    if not session.scalar(
        select(func.count()).select_from(Document).where(Document.content_sha256 == sha256)
    ):
        services.originals.remove(sha256)
        shutil.rmtree(images_of(services.settings, sha256), ignore_errors=True)
