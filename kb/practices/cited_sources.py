"""The sources that published cards cite, with what was found at their addresses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.messages import N_, Message, PermanentError
from kb.practices.parts import Source
from kb.storage.sources import Asked, FetchedSource, SourceState, address_id
from kb.storage.tables import Document, PracticeRow

QUEUED, HERE, NO_ADDRESS = "queued", "here", "no-address"
"""States of a source beside those of its address: it waits to be asked; it is a document that was
uploaded; the card has no address for it."""


@dataclass(frozen=True)
class CardSource:
    """``visit``: what was found at the address, if it was asked. ``document``: the document of this
    base that holds the source, named by the card or fetched."""

    practice_id: str
    practice_title: str
    source: Source
    visit: FetchedSource | None
    document: Document | None
    practice_title_en: str = ""

    @property
    def url(self) -> str:
        return (self.source.url or "").strip()

    @property
    def state(self) -> str:
        """A ``SourceState``, or ``QUEUED``, ``HERE`` or ``NO_ADDRESS``."""
        if self.visit is not None and self.visit.asked is not Asked.NOTHING:
            return QUEUED
        if self.visit is not None and self.visit.state is not SourceState.NOT_ASKED:
            return self.visit.state.value
        if self.document is not None:
            return HERE
        return SourceState.NOT_ASKED.value if self.url else NO_ADDRESS


def list_cited_sources(
    session: Session, access: Access, practice_ids: Collection[str] | None = None
) -> list[CardSource]:
    """The sources of published cards that the caller may read, by card, in the card's order.

    Raises:
        PermanentError: one of the practices does not exist.
    """
    rows = _practices(session, access, practice_ids)
    english = {row.id: str(row.record.get("title_en") or "") for row in rows}
    found = look_up_sources(
        session,
        access,
        [(row.id, row.title, source) for row in rows for source in _sources_of(row.record)],
    )
    return [replace(one, practice_title_en=english[one.practice_id]) for one in found]


def look_up_sources(
    session: Session, access: Access, listed: Collection[tuple[str, str, Source]]
) -> list[CardSource]:
    """What was found at the addresses of sources, each with id and title of what names it."""
    visits = _visits(session, {source.url for _, _, source in listed if source.url})
    held = {source.document or _fetched(visits, source.url) for _, _, source in listed}
    documents = _documents(session, access, held)
    return [
        CardSource(
            holder_id,
            holder_title,
            source,
            visits.get(address_id(source.url or "")),
            documents.get(source.document or _fetched(visits, source.url)),
        )
        for holder_id, holder_title, source in listed
    ]


def find_bound_documents(
    session: Session, access: Access, sources: Collection[Mapping[str, Any]]
) -> dict[str, Document]:
    """Documents that hold the sources of a card's record, by source id, as far as the caller may
    read them. The record may be a draft."""
    wanted = {str(one.get("url")).strip() for one in sources if one and one.get("url")}
    visits = _visits(session, wanted)
    held = {
        str(one.get("id")): str(one.get("document") or _fetched(visits, one.get("url")))
        for one in sources
        if one
    }
    documents = _documents(session, access, set(held.values()))
    return {name: documents[held_in] for name, held_in in held.items() if held_in in documents}


def _practices(
    session: Session, access: Access, practice_ids: Collection[str] | None
) -> list[PracticeRow]:
    query = select(PracticeRow).where(
        PracticeRow.status != Status.DELETED, PracticeRow.visibility.in_(access.visibilities)
    )
    if practice_ids is not None:
        query = query.where(PracticeRow.id.in_(practice_ids))
    rows = list(session.scalars(query.order_by(PracticeRow.id)))
    for missing in sorted(set(practice_ids or ()) - {row.id for row in rows}):
        raise PermanentError(N_("There is no practice “{id}”."), id=missing)
    return rows


def _sources_of(record: Mapping[str, Any]) -> list[Source]:
    return [Source.model_validate(source) for source in record.get("sources", ())]


def _visits(session: Session, urls: Collection[str]) -> dict[str, FetchedSource]:
    """By ``address_id``."""
    wanted = [address_id(url) for url in urls]
    if not wanted:
        return {}
    rows = session.scalars(select(FetchedSource).where(FetchedSource.id.in_(wanted)))
    return {row.id: row for row in rows}


def _fetched(visits: Mapping[str, FetchedSource], url: object) -> str:
    """Id of the document fetched from an address, or empty."""
    visit = visits.get(address_id(str(url))) if url else None
    return visit.document_id or "" if visit else ""


def _documents(session: Session, access: Access, ids: Collection[str]) -> dict[str, Document]:
    wanted = [one for one in ids if one]
    if not wanted:
        return {}
    rows = session.scalars(
        select(Document).where(
            Document.id.in_(wanted),
            Document.status != Status.DELETED,
            Document.visibility.in_(access.visibilities),
        )
    )
    return {row.id: row for row in rows}


def notes_of(cited: CardSource) -> list[Message]:
    """What is to be known of a source: why it was not fetched, when it changed, how it was read."""
    notes = []
    visit, document = cited.visit, cited.document
    if visit is not None and visit.reason:
        notes.append(Message.from_json(visit.reason))
    if visit is not None and visit.changed_at and visit.fetched_at:
        changed = {"day": visit.changed_at.date().isoformat()}
        notes.append(Message(N_("It has changed since it was first read ({day})."), changed))
    if visit is not None and visit.archived_at:
        made = {"day": visit.archived_at.date().isoformat()}
        notes.append(Message(N_("The copy is the archive's of {day}."), made))
    if document is not None and document.status is Status.FAILED and document.reason:
        notes.append(Message.from_json(document.reason))
    if document is not None and document.ocr_pages:
        template = N_("It is a scan: the text of {count} pages was recognised and may hold errors.")
        notes.append(Message(template, {"count": document.ocr_pages}))
    return notes
