"""Fetch or check one cited source: visit its address, add what is there as a document bound to the
source, or say what stands in the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.fetching.addresses import parse_address
from ingest.fetching.archive import Memento, find_memento
from ingest.fetching.contents import Contents, leads_to, read_contents
from ingest.fetching.page_signs import have_same_text
from ingest.fetching.queue import VisitClaim
from ingest.fetching.refusal import NotFetched
from ingest.fetching.visit import NOT_MODIFIED, Visited, Visitor
from ingest.metadata import Metadata
from ingest.submit import same_bytes, submit
from ingest.versions import submit_version
from kb.access import OPERATOR, Access
from kb.corpus.starter_reports import StarterReport, find_starter_report
from kb.domain import Status, Visibility
from kb.messages import N_, Message
from kb.practices.parts import Source
from kb.runtime.services import Services
from kb.storage.originals import OriginalMissing
from kb.storage.private_files import working_folder
from kb.storage.sources import Asked, FetchedSource, SourceState, address_id
from kb.storage.tables import Document, PracticeRow, now
from kb.text.licences import is_open

LOOKED_AT = 1 << 16
"""Bytes read of a source that is only checked and was never fetched."""
REFRESHES = 3
"""Pages followed that only send their readers elsewhere."""
MOVED_TO = N_("It has moved to {address}: correct the card.")

Cited = Source | StarterReport
"""What is known of a text before it is fetched."""
Values = dict[str, Any]
"""Columns of ``FetchedSource`` to be written."""


@dataclass(frozen=True)
class Found:
    """What a visit brought, in ``path``; ``contents`` is None if nothing has changed (304)."""

    path: Path
    visited: Visited
    contents: Contents | None
    memento: Memento | None = None


def run_visit(services: Services, visitor: Visitor, claim: VisitClaim) -> Values:
    """Do what was asked for an address. Returns the outcome as columns of its row.

    Raises:
        NotFetched: it was not fetched; ``state`` and message say why.
        TransientError: the disk or the database did not take it.
        Stopped: the program stops.
    """
    services.require_space()
    with services.database.session() as session:
        row = session.get_one(FetchedSource, claim.id)
        cited = find_starter_report(services.settings, row.url) or find_citation(session, row.url)
    spool = services.settings.spool_dir() / "source"
    with working_folder(spool, services.settings.data_dir) as folder:
        found = _visit(services, visitor, row, cited, folder / "body", claim.asked)
        if claim.asked is Asked.CHECK:
            return _checked(services, row, found)
        return _stored(services, row, cited, found)


def find_citation(session: Session, url: str) -> Source | None:
    """A source with this address, of any published card."""
    wanted = address_id(url)
    rows = select(PracticeRow.record).where(PracticeRow.status != Status.DELETED)
    for record in session.scalars(rows):
        for source in record.get("sources", ()):
            if source.get("url") and address_id(source["url"]) == wanted:
                return Source.model_validate(source)
    return None


def _visit(
    services: Services,
    visitor: Visitor,
    row: FetchedSource,
    cited: Cited | None,
    path: Path,
    asked: Asked,
) -> Found:
    url = parse_address(row.url)
    try:
        return _visit_address(visitor, row, url, path, asked)
    except NotFetched as error:
        gate = services.settings.fetch_archive
        if error.state is not SourceState.GONE or not gate or asked is Asked.CHECK:
            raise
        if row.document_id is not None:
            raise
        return _visit_archive(visitor, gate, url, cited, path, error)


def _visit_address(
    visitor: Visitor, row: FetchedSource, url: httpx.URL, path: Path, asked: Asked
) -> Found:
    cut_at = LOOKED_AT if asked is Asked.CHECK and not row.sha256 else None
    target = url
    for _ in range(REFRESHES + 1):
        with path.open("wb") as into:
            visited = visitor.visit(target, into, _conditions(row), cut_at=cut_at)
        if visited.answer.status == NOT_MODIFIED:
            return Found(path, visited, None)
        if not (refresh := leads_to(path)):
            break
        target = parse_address(refresh, base=visited.answer.url)
    return Found(path, visited, read_contents(path, url, visited))


def _visit_archive(
    visitor: Visitor,
    gate: str,
    url: httpx.URL,
    cited: Cited | None,
    path: Path,
    gone: NotFetched,
) -> Found:
    """The archive's copy; if there is none, the source is gone."""
    try:
        with path.open("wb") as into:
            memento = find_memento(visitor, gate, url, cited.year if cited else None, into)
        copy = memento.visited
        return Found(path, copy, read_contents(path, copy.answer.url, copy), memento)
    except NotFetched as error:
        if error.retry:
            raise
        raise gone from error


def _conditions(row: FetchedSource) -> dict[str, str]:
    """Headers that ask for the source only if it has changed since it was fetched."""
    if row.document_id is None or row.archived_url:
        return {}
    conditions = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _checked(services: Services, row: FetchedSource, found: Found) -> Values:
    """The outcome of a visit that stores nothing."""
    values = _seen_values(row, found)
    if not row.sha256:
        return values if "state" in values else values | {"state": SourceState.REACHABLE}
    if found.contents is None or _is_unchanged(services, row, found):
        return values if "state" in values else values | {"state": _state_of_known(row)}
    return values | {"state": SourceState.CHANGED, "changed_at": now(), "reason": None}


def _stored(services: Services, row: FetchedSource, cited: Cited | None, found: Found) -> Values:
    """Add what was found as a document, or as a new version of the one that is there."""
    values = _seen_values(row, found)
    known = row.document_id is not None and bool(row.sha256)
    if found.contents is None or (known and _is_unchanged(services, row, found)):
        return values if "state" in values else values | {"state": _state_of_known(row)}
    document_id = _add(services, row, cited, found, found.contents)
    headers = found.visited.answer.headers
    stored = {
        "document_id": document_id,
        "sha256": _digest(found.path),
        "size": found.path.stat().st_size,
        "etag": headers.get("etag", "")[:1000],
        "last_modified": headers.get("last-modified", "")[:100],
        "fetched_at": now(),
    }
    if known:
        stored |= {"state": SourceState.CHANGED, "changed_at": now()}
    return {"state": SourceState.FETCHED, **values, **stored}


def _seen_values(row: FetchedSource, found: Found) -> Values:
    """What every visit says. ``state`` is among it if it was moved or comes from the archive."""
    values: Values = {
        "status": found.visited.answer.status,
        "final_url": found.visited.url,
        "reason": None,
    }
    if found.contents is not None:
        values["is_page"] = found.contents.is_page
    if found.memento is not None:
        made_at = found.memento.made_at
        return values | {
            "state": SourceState.ARCHIVED,
            "archived_url": found.visited.url,
            "archived_at": made_at,
        }
    if found.visited.moved and _is_elsewhere(row.url, found.visited.answer.url):
        reason = Message(MOVED_TO, {"address": found.visited.url})
        return values | {"state": SourceState.MOVED, "reason": reason.as_json()}
    return values


def _state_of_known(row: FetchedSource) -> SourceState:
    """The state of a fetched source that is as it was at the last visit."""
    if row.changed_at is not None:
        return SourceState.CHANGED
    return SourceState.ARCHIVED if row.archived_url else SourceState.FETCHED


def _is_unchanged(services: Services, row: FetchedSource, found: Found) -> bool:
    if _digest(found.path) == row.sha256:
        return True
    if not (found.contents and found.contents.is_page and row.is_page):
        return False
    try:
        before = b"".join(services.originals.read(row.sha256))
    except OriginalMissing:
        return False
    return have_same_text(before, found.path.read_bytes())


def _add(
    services: Services,
    row: FetchedSource,
    cited: Cited | None,
    found: Found,
    contents: Contents,
) -> str:
    access = Access(OPERATOR.visibilities, OPERATOR.rights, row.account_id)
    with found.path.open("rb") as stream:
        document_id = _find_replaceable(services, row, found.path)
        if document_id is not None:
            submit_version(services, document_id, stream, contents.filename, access)
        else:
            metadata = _describe(cited, found, contents)
            document_id = submit(services, stream, contents.filename, metadata, access).id
    with services.database.transaction() as session:
        document = session.get(Document, document_id)
        if document is not None:
            document.accessed_at = now()
    return document_id


def _find_replaceable(services: Services, row: FetchedSource, path: Path) -> str | None:
    """The document of which this is a new version; None if there is none, or if another document
    has these bytes."""
    if row.document_id is None:
        return None
    with services.database.session() as session:
        document = session.get(Document, row.document_id)
        other = same_bytes(session, _digest(path))
    if document is None or document.status is Status.DELETED:
        return None
    return row.document_id if other is None or other.id == row.document_id else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe(cited: Cited | None, found: Found, contents: Contents) -> Metadata:
    """Metadata from the card's source or the list of reports. Researchers alone see the document,
    unless its licence is marked as open."""
    licence = contents.signs.licence if contents.signs else ""
    listed = cited if isinstance(cited, StarterReport) else None
    if listed is not None:
        licence = listed.licence
    fields: Mapping[str, Any] = {
        "source_url": found.visited.url,
        "licence": licence,
        "themes": listed.themes if listed else (),
        "visibility": Visibility.PUBLIC if is_open(licence) else Visibility.RESEARCHERS,
    }
    if cited is not None:
        fields = {
            **fields,
            "title": cited.title,
            "publisher": cited.publisher,
            "year": cited.year,
            "language": cited.language,
        }
    return Metadata.read(fields)


def _is_elsewhere(cited: str, final: httpx.URL) -> bool:
    """Whether two addresses differ by more than https, «www.», capitals and a slash at the end."""
    return _comparable(parse_address(cited)) != _comparable(final)


def _comparable(url: httpx.URL) -> tuple[str, str, bytes]:
    return url.host.lower().removeprefix("www."), url.path.rstrip("/").lower(), url.query
