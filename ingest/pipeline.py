"""The ingest pipeline: read, embed and write an item; and remove a deleted one."""

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
from ingest.practice_passages import SectionText
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
from kb.storage.projects import ProjectRow
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
"""Ids in one SQL statement, because databases limit its number of parameters."""
LABEL_LENGTH = 100
"""Characters kept of a page label, the width of its column."""


class Superseded(Exception):
    """The item was deleted or queued again while this job ran: discard the result."""


class ReportProgress(Protocol):
    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report progress: ``done`` of ``total`` pages or passages. Raises if the job was
        cancelled."""


class ProcessesProtocol(Protocol):
    """The child processes that read, split and embed. See ``ingest.worker_processes``."""

    def read(
        self, sha256: str, filename: str, language: str, report: ReportProgress
    ) -> Content: ...

    def split(self, practice: Practice, content_key: str) -> Content: ...

    def split_sections(self, written: SectionText, content_key: str) -> Content: ...

    def embed(
        self, texts: Sequence[str], bodies: Sequence[int], report: ReportProgress
    ) -> LateVectors: ...


def index_item(
    services: Services, claim: Claim, children: ProcessesProtocol, report: ReportProgress
) -> None:
    """Read, embed and index an item. A searchable item stays searchable meanwhile.

    Raises:
        KbError: the item cannot be indexed; the message has the reason.
        Superseded: the item was deleted or queued again.
    """
    item, version = _start_processing(services, claim)
    content = _load_content(services, claim, item, version, children, report)
    try:
        if not content.passages:
            take_in(services, claim.item_id, content.attached)
            require_passages(content)
        made = children.embed(*embedded_texts(content.title, content.passages), report)
        vectors = prepared_for(services, content.passages, made)
        report("indexing", 0, len(content.passages))
        if content.pages:
            take_in(services, claim.item_id, content.attached)
        _publish(services, claim, content, vectors)
    finally:
        discard_files(content.attached)


def delete_item(services: Services, claim: Claim) -> None:
    """Remove a deleted item's points, then its rows, then the original files that no other document
    uses."""
    services.index.delete_items([claim.item_id])
    originals: set[str] = set()
    with services.database.transaction() as session:
        item = locked_item(session, claim.item_id)
        wanted = jobs.finish(session, claim)
        if wanted and item is not None:
            originals = {item.content_sha256, *versions.originals_of_item(session, item.id)}
            session.delete(item)
        elif item is not None and item.status is Status.READY:
            jobs.enqueue(
                session, item.id, Operation.REFRESH
            )  # its points may have been deleted above
    if not wanted:
        raise Superseded
    services.discard_originals(originals)


def _start_processing(services: Services, claim: Claim) -> tuple[Item, DocumentVersion | None]:
    """Mark the item as being processed. Returns it and its waiting version, if any."""
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
    """Raises PermanentError for an item without passages, which no search could find."""
    if not content.passages:
        raise PermanentError(
            N_(
                "No text that can be searched was found in the file: its pages are empty, or their"
                " text was not recognised. Upload a better copy."
            )
        )


def _load_content(
    services: Services,
    claim: Claim,
    item: Item,
    version: DocumentVersion | None,
    children: ProcessesProtocol,
    report: ReportProgress,
) -> Content:
    if claim.operation is Operation.REFRESH and isinstance(item, Document):
        report("reading", 0, 0)
        with services.database.session() as session:
            return from_pages(session, item, services.settings)
    return read_content(item, children, report, version)


def read_content(
    item: Item,
    children: ProcessesProtocol,
    report: ReportProgress,
    version: DocumentVersion | None = None,
) -> Content:
    """Read and split the item's original, or that of its waiting version."""
    if isinstance(item, PracticeRow):
        practice = Practice.model_validate(item.record)
        return children.split(practice, item.content_sha256)
    if isinstance(item, ProjectRow):
        sections = tuple((heading, text) for heading, text in item.sections)
        written = SectionText(item.title, item.language, sections)
        return children.split_sections(written, item.content_sha256)
    if isinstance(item, Document):
        source = version or item
        language = item.language if "language" in item.given else ""
        content = children.read(source.content_sha256, source.filename, language, report)
        # A title given by a person goes into the passages' headers.
        return replace(content, title=item.title) if "title" in item.given else content
    raise TypeError(type(item))


def _publish(services: Services, claim: Claim, content: Content, vectors: LateVectors) -> None:
    """Write the points, then all rows in one transaction, then end the job.

    Points without rows are not shown. The job ends last, so that a killed one is run again and
    cleans up.
    """
    services.require_space()
    index, total = services.index, len(content.passages)
    with services.database.session() as session:
        item = session.get_one(Item, claim.item_id)
        apply_metadata(item, content)
        filters = filter_values(item)
        points = points_of(services, filters, content.title, content.passages, vectors)
    index.upsert(points)
    try:
        with services.database.transaction() as session:
            held = locked_item(session, claim.item_id)
            if held is None or not jobs.renew(session, claim, "indexing", total, total):
                raise Superseded
            _check_active(session, index.name)
            _write_rows(session, held, content, vectors)
            held.status, held.indexed_as = Status.READY, index.name
            held.updated_at = now()
            session.flush()
            written_by(session).items.discard(held.id)  # its points have these values
    except BaseException:
        _remove_orphan_points(services, claim.item_id)
        raise
    _remove_stale_points(services, claim.item_id, {passage.id for passage in content.passages})
    sync_filter_fields(services, claim.item_id, filters)
    with services.database.transaction() as session:
        jobs.finish(session, claim)


def _check_active(session: Session, name: str) -> None:
    """Lock the active index's row so that no other index becomes active before the transaction
    ends.

    Raises:
        TransientError: another index is active already.
    """
    active = session.get(ActiveIndex, 1, with_for_update={"read": True})
    if active is not None and active.name != name:
        raise TransientError(N_("The index was replaced meanwhile: the work is done again."))


def _write_rows(session: Session, item: Item, content: Content, vectors: LateVectors) -> None:
    """Write the item's rows. Pages are written only when the file was read; a split of the stored
    pages leaves them."""
    if isinstance(item, Document) and content.pages:
        version = versions.incoming_version(session, item.id)
        if version is not None:
            versions.install_version(session, item, version)
        replace_pages(session, item.id, content)
        apply_metadata(item, content)
        note_guesses(session, item, content.guesses)
        near_duplicates.store_near_duplicates(session, item, content.fingerprint)
    replace_passages(session, item.id, content, vectors)


def _remove_orphan_points(services: Services, item_id: str) -> None:
    """Delete the item's points that have no passage row, unless an indexing job is queued, which
    will do so. Needed because this job may have written points after a deletion removed them."""
    with services.database.transaction() as session:
        live = jobs.find_live(session, item_id)
        if live is None or live.operation is Operation.DELETE:
            known = set(session.scalars(select(PassageRow.id).where(PassageRow.item_id == item_id)))
            _remove_stale_points(services, item_id, known)


def _remove_stale_points(services: Services, item_id: str, known: set[str]) -> None:
    """Delete the item's points whose id is not in ``known``."""
    where = Filter(visibility=None, item_ids=frozenset({item_id}))
    services.index.delete_points({id for id, _ in services.index.ids(where)} - known)


def replace_passages(
    session: Session, item_id: str, content: Content, vectors: LateVectors
) -> None:
    """Replace the item's passages.

    Passage ids depend on the content only: rows with the same ids under another item, which is
    waiting to be deleted, are removed as well.
    """
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
    """Copy the metadata read from the file to the item, except fields that a person has filled
    in."""
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
