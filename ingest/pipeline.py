"""From an accepted item to its points: read, embed, write. And back, when it is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Protocol

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingest.content import Content
from ingest.points import embedded_texts, points_of, rows_of
from kb.domain import Facets, Status, Verdict
from kb.embedding.late import LateVectors
from kb.practice import Practice
from kb.services import Services
from kb.storage import jobs
from kb.storage.jobs import Claim
from kb.storage.tables import Document, Item, PageRow, PassageRow, PracticeRow


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
    content = _content(item, hands, report)
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


def _content(item: Item, hands: Hands, report: Report) -> Content:
    if isinstance(item, PracticeRow):
        practice = Practice.model_validate(item.record)
        return hands.split(practice, item.content_sha256)
    if isinstance(item, Document):
        return hands.read(item, report)
    raise TypeError(type(item))


def _publish(services: Services, claim: Claim, content: Content, vectors: LateVectors) -> None:
    """Points first, where nothing shows them yet; then, in one transaction, all of the rest."""
    with services.database.session() as session:
        item = session.get_one(Item, claim.item_id)
        _describe(item, content)
        points = points_of(services, facets_of(item), content.title, content.passages, vectors)
    services.index.upsert(points)
    try:
        with services.database.transaction() as session:
            if not jobs.finish(session, claim):
                raise Superseded
            item = session.get_one(Item, claim.item_id)
            stale = _replace_passages(session, item, content, vectors)
            _describe(item, content)
            item.status, item.indexed_as = Status.READY, services.index_name
    except Superseded:
        services.index.delete_points([point.id for point in points])
        raise
    services.index.delete_points(stale)


def _replace_passages(
    session: Session, item: Item, content: Content, vectors: LateVectors
) -> list[str]:
    """Write the item's text anew; returns the ids of passages that are no more."""
    before = set(session.scalars(select(PassageRow.id).where(PassageRow.item_id == item.id)).all())
    session.execute(sql_delete(PassageRow).where(PassageRow.item_id == item.id))
    session.execute(sql_delete(PageRow).where(PageRow.document_id == item.id))
    session.add_all(rows_of(item.id, content.passages, vectors))
    session.add_all(
        PageRow(
            document_id=item.id,
            number=page.number,
            label=page.label,
            raw=page.raw,
            text=page.text,
            edits=[list(astuple(edit)) for edit in page.edits],
            verdict=page.verdict,
        )
        for page in content.pages
    )
    return list(before - {passage.id for passage in content.passages})


def _describe(item: Item, content: Content) -> None:
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
