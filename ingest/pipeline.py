"""From an accepted item to its points: read, embed, write. And back, when it is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from typing import Protocol

from sqlalchemy import delete as sql_delete
from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest import versions
from ingest.attached_files import discard as discard_files
from ingest.attachments import take_in
from ingest.duplicates import near_duplicates
from ingest.extracted_item import Content
from ingest.from_sql import from_pages
from ingest.guessed import note_guesses
from ingest.points import embedded_texts, points_of, prepared_for, rows_of
from kb.domain import Status, Verdict
from kb.embedding.late import LateVectors
from kb.messages import N_, PermanentError, TransientError
from kb.practices.practice import Practice
from kb.runtime.index_sync import filter_values, sync_filter_fields
from kb.runtime.services import Services
from kb.storage import jobs
from kb.storage.commits import written_by
from kb.storage.history import DocumentVersion
from kb.storage.jobs import Claim
from kb.storage.locks import locked_item
from kb.storage.tables import (
    ActiveIndex,
    Document,
    Item,
    Operation,
    PageRow,
    PassageRow,
    PracticeRow,
    now,
)
from kb.vectors.opening import Filter

AT_ONCE = 1000
"""Ids in one statement: databases bound the number of its parameters."""
LABEL_LENGTH = 100


class Superseded(Exception):
    """The item was deleted or queued again while this job ran: nothing of it may be kept."""


class ReportProgress(Protocol):
    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say how far the work is. Raises when nobody wants it any more."""


class ProcessesProtocol(Protocol):
    """The child processes that do the heavy work."""

    def read(
        self, sha256: str, filename: str, language: str, report: ReportProgress
    ) -> Content: ...

    def split(self, practice: Practice, content_key: str) -> Content: ...

    def embed(
        self, texts: Sequence[str], bodies: Sequence[int], report: ReportProgress
    ) -> LateVectors: ...


def index_item(
    services: Services, claim: Claim, hands: ProcessesProtocol, report: ReportProgress
) -> None:
    """Make an item searchable, or searchable anew. What can be found stays so meanwhile.

    Raises:
        KbError: it cannot be; the sentence says why.
        Superseded: nobody wants it any more.
    """
    item, version = _begin(services, claim)
    content = _content(services, claim, item, version, hands, report)
    try:
        if not content.passages:
            take_in(services, claim.item_id, content.attached)
            require_passages(content)
        made = hands.embed(*embedded_texts(content.title, content.passages), report)
        vectors = prepared_for(services, content.passages, made)
        report("indexing", 0, len(content.passages))
        if content.pages:
            take_in(services, claim.item_id, content.attached)
        _publish(services, claim, content, vectors)
    finally:
        discard_files(content.attached)


def delete_item(services: Services, claim: Claim) -> None:
    """Remove what an item left behind: points, then rows, then bytes nobody else refers to."""
    services.index.delete_items([claim.item_id])
    originals: set[str] = set()
    with services.database.transaction() as session:
        item = locked_item(session, claim.item_id)
        wanted = jobs.finish(session, claim)
        if wanted and item is not None:
            originals = {item.content_sha256, *versions.originals_of_item(session, item.id)}
            session.delete(item)
        elif item is not None and item.status is Status.READY:
            jobs.enqueue(session, item.id, Operation.REFRESH)  # its points may just have gone
    if not wanted:
        raise Superseded
    services.discard_originals(originals)


def _begin(services: Services, claim: Claim) -> tuple[Item, DocumentVersion | None]:
    """The item, and the version that is to become its present one."""
    with services.database.transaction() as session:
        item = locked_item(session, claim.item_id)
        if item is None or item.status == Status.DELETED:
            jobs.finish(session, claim)
        else:
            if item.status is not Status.READY:
                item.status, item.reason = Status.PROCESSING, None
            return item, versions.incoming_version(session, item.id)
    raise Superseded


def require_passages(content: Content) -> None:
    """Raises PermanentError for one that no search could find."""
    if not content.passages:
        raise PermanentError(
            N_(
                "No text that can be searched was found in the file: its pages are empty, or their"
                " text was not recognised. Upload a better copy."
            )
        )


def _content(
    services: Services,
    claim: Claim,
    item: Item,
    version: DocumentVersion | None,
    hands: ProcessesProtocol,
    report: ReportProgress,
) -> Content:
    if claim.operation is Operation.REFRESH and isinstance(item, Document):
        report("reading", 0, 0)
        with services.database.session() as session:
            return from_pages(session, item, services.settings)
    return read_content(item, hands, report, version)


def read_content(
    item: Item,
    hands: ProcessesProtocol,
    report: ReportProgress,
    version: DocumentVersion | None = None,
) -> Content:
    """What the item's original says, or that of its next version."""
    if isinstance(item, PracticeRow):
        practice = Practice.model_validate(item.record)
        return hands.split(practice, item.content_sha256)
    if isinstance(item, Document):
        source = version or item
        language = item.language if "language" in item.given else ""
        content = hands.read(source.content_sha256, source.filename, language, report)
        # A title that a person gave is the one that passages are embedded under.
        return replace(content, title=item.title) if "title" in item.given else content
    raise TypeError(type(item))


def _publish(services: Services, claim: Claim, content: Content, vectors: LateVectors) -> None:
    """Points first, where nothing shows them yet; then, in one transaction, all of the rest. The
    job ends last, so that one that was killed on the way tidies up when it is done again."""
    services.require_space()
    index_item, total = services.index, len(content.passages)
    with services.database.session() as session:
        item = session.get_one(Item, claim.item_id)
        apply_metadata(item, content)
        filters = filter_values(item)
        points = points_of(services, filters, content.title, content.passages, vectors)
    index_item.upsert(points)
    try:
        with services.database.transaction() as session:
            held = locked_item(session, claim.item_id)
            if held is None or not jobs.renew(session, claim, "indexing", total, total):
                raise Superseded
            _check_active(session, index_item.name)
            _write(session, held, content, vectors)
            held.status, held.indexed_as = Status.READY, index_item.name
            held.updated_at = now()
            session.flush()
            written_by(session).items.discard(held.id)  # its points have these values
    except BaseException:
        _withdraw(services, claim.item_id)
        raise
    _remove_stale_points(services, claim.item_id, {passage.id for passage in content.passages})
    sync_filter_fields(services, claim.item_id, filters)
    with services.database.transaction() as session:
        jobs.finish(session, claim)


def _check_active(session: Session, name: str) -> None:
    """Keep the index from being replaced until the transaction ends.

    Raises:
        TransientError: it was replaced already.
    """
    active = session.get(ActiveIndex, 1, with_for_update={"read": True})
    if active is not None and active.name != name:
        raise TransientError(N_("The index was replaced meanwhile: the work is done again."))


def _write(session: Session, item: Item, content: Content, vectors: LateVectors) -> None:
    """The item's rows as the content says; what was split anew from its pages leaves those be."""
    if isinstance(item, Document) and content.pages:
        version = versions.incoming_version(session, item.id)
        if version is not None:
            versions.install_version(session, item, version)
        replace_pages(session, item.id, content)
        apply_metadata(item, content)
        note_guesses(session, item, content.guesses)
        near_duplicates.store_near_duplicates(session, item, content.fingerprint)
    replace_passages(session, item.id, content, vectors)


def _withdraw(services: Services, item_id: str) -> None:
    """Take points back that no passage stands behind, unless a newer job will settle them. A
    deletion may have passed the points already."""
    with services.database.transaction() as session:
        live = jobs.find_live(session, item_id)
        if live is None or live.operation is Operation.DELETE:
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
    session.execute(sql_delete(PassageRow).where(PassageRow.item_id == item_id))
    ids = [passage.id for passage in content.passages]
    for start in range(0, len(ids), AT_ONCE):
        same = PassageRow.id.in_(ids[start : start + AT_ONCE])
        session.execute(sql_delete(PassageRow).where(same))
    session.add_all(rows_of(item_id, content.passages, vectors))


def replace_pages(session: Session, item_id: str, content: Content) -> None:
    session.execute(sql_delete(PageRow).where(PageRow.document_id == item_id))
    session.add_all(
        PageRow(
            document_id=item_id,
            number=page.number,
            label=page.label[:LABEL_LENGTH],
            raw=page.raw,
            text=page.text,
            edits=[list(astuple(edit)) for edit in page.edits],
            tables=[list(astuple(table)) for table in page.tables],
            verdict=page.verdict,
        )
        for page in content.pages
    )


def apply_metadata(item: Item, content: Content) -> None:
    """Take over what the file says about itself, where no person has said otherwise."""
    if not isinstance(item, Document):
        return
    for name in ("title", "language"):
        found = getattr(content, name)
        if name not in item.given and found:
            setattr(item, name, found)
    for name in ("publisher", "year", "authors"):
        if name not in item.given:
            setattr(item, name, getattr(content, name))
    if "authors" not in item.given:
        item.author_names = content.author_names
    item.media_type = content.media_type
    item.unit = content.unit
    item.signatures = [signature.as_row() for signature in content.signatures]
    item.outline = [asdict(heading) for heading in content.outline]
    item.notes = [note.as_json() for note in content.notes]
    verdicts = [page.verdict for page in content.pages]
    item.page_count = len(verdicts)
    item.ocr_pages = verdicts.count(Verdict.OCR)
    item.unreadable_pages = verdicts.count(Verdict.GARBAGE)
