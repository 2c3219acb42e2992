"""What pages read from SQL. Every query passes through ``_visible``: access is part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from kb.access import PUBLIC, Access, Right
from kb.domain import Kind, Status
from kb.messages import N_, Message
from kb.practices.practice import Practice
from kb.storage.collections import Collection, CollectionEntry, CollectionState
from kb.storage.history import NearDuplicate, RemovedItem
from kb.storage.tables import (
    Document,
    Item,
    ItemTheme,
    PageRow,
    PassageRow,
    PracticeRow,
    UnansweredQuestion,
)

PAGE_SIZE = 24
REMOVED = N_(
    "“{title}” was removed from the knowledge base on {day} and can no longer be read here."
)


@dataclass(frozen=True)
class Choice:
    """A value of a filter and how many items have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Listing:
    """One page of a list, with the counts that its filters show."""

    rows: Sequence[Item]
    total: int
    themes: tuple[Choice, ...]
    countries: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    of_practices: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    """Counts of the filters that only practices have, by name."""


class ListQuery(BaseModel):
    """The filters of a list. Empty means any."""

    theme: str = Field(default="", description="A slug of the list of themes.")
    country: str = Field(default="", description="An ISO 3166 code.")
    language: str = Field(default="", description="An ISO 639 code.")
    page: int = Field(default=1, ge=1, le=10_000, description="From 1.")

    def parameters(self) -> list[tuple[str, str]]:
        names = [name for name in type(self).model_fields if name != "page"]
        return [(name, value) for name in names if (value := getattr(self, name))]


class PracticeListQuery(ListQuery):
    """The filters of a list of practices."""

    outcome: str = Field(default="", description="A slug of the list of outcomes.")
    status: str = Field(default="", description="A slug of the list of statuses.")
    evidence: str = Field(
        default="", description="The best evidence of an achieved result: a slug of that list."
    )


OF_PRACTICES = {
    "outcome": PracticeRow.outcome,
    "status": PracticeRow.life,
    "evidence": PracticeRow.evidence,
}
"""Where the filters that only practices have are found."""


def list_items(session: Session, access: Access, kind: Kind, wanted: ListQuery) -> Listing:
    """A page of practices by title, or of documents, newest first."""
    every = _visible(access, kind)
    some = _matching(every, wanted)
    order = [Item.created_at.desc(), Item.id] if kind is Kind.DOCUMENT else [Item.title]
    rows = session.scalars(
        some.order_by(*order).limit(PAGE_SIZE).offset((wanted.page - 1) * PAGE_SIZE)
    ).all()
    return Listing(
        rows,
        session.scalar(select(func.count()).select_from(some.subquery())) or 0,
        theme_counts(session, access, kind),
        _counts(session, every, Item.country.key),
        _counts(session, every, Item.language.key),
        {
            name: _counts(session, every, column.key)
            for name, column in OF_PRACTICES.items()
            if kind is Kind.PRACTICE
        },
    )


def theme_counts(session: Session, access: Access, kind: Kind | None = None) -> tuple[Choice, ...]:
    visible = _visible(access, kind).subquery()
    rows = session.execute(
        select(ItemTheme.theme, func.count())
        .join(visible, visible.c.id == ItemTheme.item_id)
        .group_by(ItemTheme.theme)
    )
    return tuple(Choice(theme, count_items) for theme, count_items in rows)


def find_practice(session: Session, access: Access, practice_id: str) -> Practice | None:
    row = _one(session, access, Kind.PRACTICE, practice_id)
    return read_practices(session, access, [row])[0] if isinstance(row, PracticeRow) else None


def read_practices(session: Session, access: Access, rows: Iterable[PracticeRow]) -> list[Practice]:
    """What the rows say, without quotations of documents that may not be seen."""
    practices = [Practice.model_validate(row.record) for row in rows]
    cited = {source.document for one in practices for source in one.sources if source.document}
    seen = visible_document_ids(session, access, cited) if cited else frozenset()
    return [one.shown_with(seen) for one in practices]


def visible_document_ids(session: Session, access: Access, ids: Iterable[str]) -> frozenset[str]:
    """Those of the documents that may be seen, or could be before they were removed."""
    wanted = list(ids)
    here = select(Item.__table__.c.id).where(
        Item.id.in_(wanted),
        Item.visibility.in_(access.visibilities),
        Item.status != Status.DELETED,
    )
    gone = select(RemovedItem.id).where(
        RemovedItem.id.in_(wanted), RemovedItem.visibility.in_(access.visibilities)
    )
    return frozenset(session.scalars(here)) | frozenset(session.scalars(gone))


def read_removals(session: Session, ids: Iterable[str]) -> dict[str, datetime]:
    """When each of the items that are not here any more was removed."""
    gone = select(RemovedItem.id, RemovedItem.removed_at).where(RemovedItem.id.in_(list(ids)))
    return {row.id: row.removed_at for row in session.execute(gone)}


def read_all_practices(session: Session, access: Access) -> list[Practice]:
    """Every practice that may be seen, as its card says it."""
    shown = _visible(access, Kind.PRACTICE).subquery()
    rows = session.scalars(select(PracticeRow).join(shown, shown.c.id == PracticeRow.id))
    return read_practices(session, access, rows)


def list_titles(session: Session, access: Access, kind: Kind) -> list[tuple[str, str]]:
    """Id and title of every item of a kind that may be seen, by title."""
    shown = _visible(access, kind).subquery()
    rows = session.execute(select(shown.c.id, shown.c.title).order_by(shown.c.title))
    return [(id, title) for id, title in rows]


def find_document(session: Session, access: Access, document_id: str) -> Document | None:
    row = _one(session, access, Kind.DOCUMENT, document_id)
    return row if isinstance(row, Document) else None


def require_document(session: Session, access: Access, document_id: str) -> Document:
    """The document, or 404 for one that is not there and one that this reader may not see."""
    found = find_document(session, access, document_id)
    if found is None:
        raise missing(session, access, document_id)
    return found


def missing(session: Session, access: Access, item_id: str) -> HTTPException:
    """404 for an item; its sentence says what it was, to readers who might have seen it."""
    gone = find_removed(session, item_id, access)
    said = Message(REMOVED, {"title": gone.title, "day": gone.removed_at}) if gone else None
    return HTTPException(404, said)


def find_page(session: Session, find_document: Document, number: int) -> PageRow | None:
    return session.get(PageRow, (find_document.id, number))


def find_near_duplicates(
    session: Session, access: Access, document_id: str
) -> list[tuple[Document, float]]:
    """Documents that say nearly the same, most alike first, with the share they have in common."""
    shares: dict[str, float] = {}
    pairs = select(NearDuplicate).where(
        (NearDuplicate.document_id == document_id) | (NearDuplicate.other_id == document_id)
    )
    for pair in session.scalars(pairs):
        other = pair.other_id if pair.document_id == document_id else pair.document_id
        shares[other] = pair.share
    found = session.scalars(_visible(access, Kind.DOCUMENT).where(Item.id.in_(shares)))
    documents = [one for one in found if isinstance(one, Document)]
    return sorted(((one, shares[one.id]) for one in documents), key=lambda pair: -pair[1])


def find_passage(session: Session, find_document: Document, passage_id: str) -> PassageRow | None:
    """The passage, if the document has it."""
    row = session.get(PassageRow, passage_id) if passage_id else None
    return row if row is not None and row.item_id == find_document.id else None


def recently_added_documents(session: Session, access: Access, limit: int) -> Sequence[Item]:
    ready = _visible(access, Kind.DOCUMENT).where(Item.status == Status.READY)
    return session.scalars(ready.order_by(Item.created_at.desc()).limit(limit)).all()


def recently_changed(session: Session, access: Access, limit: int) -> Sequence[Item]:
    """Those that can be read, what changed last first."""
    ready = _visible(access).where(Item.status == Status.READY)
    return session.scalars(ready.order_by(Item.updated_at.desc(), Item.id).limit(limit)).all()


def list_collections(session: Session, access: Access) -> Sequence[Collection]:
    query = _collections(access).options(
        selectinload(Collection.entries), selectinload(Collection.image)
    )
    return session.scalars(query.order_by(Collection.title)).all()


def find_collection(session: Session, access: Access, collection_id: str) -> Collection | None:
    query = _collections(access).where(Collection.id == collection_id)
    return session.scalars(query).one_or_none()


def require_collection(session: Session, access: Access, collection_id: str) -> Collection:
    """The collection, or 404 for one that is not there and one that this reader may not see."""
    found = find_collection(session, access, collection_id)
    if found is None:
        raise HTTPException(404)
    return found


def collections_with(session: Session, access: Access, item_id: str) -> Sequence[Collection]:
    """The collections that an item belongs to."""
    query = _collections(access).join(CollectionEntry).where(CollectionEntry.item_id == item_id)
    return session.scalars(query.order_by(Collection.title)).all()


def entry_items(session: Session, access: Access, find_collection: Collection) -> dict[str, Item]:
    """The items of a collection that may be seen, by id."""
    return items_by_id(session, access, [entry.item_id for entry in find_collection.entries])


def entries_seen(session: Session, access: Access) -> dict[str, int]:
    """How many items of each collection may be seen, by the collection's id."""
    seen = _visible(access).with_only_columns(Item.id)
    entries = select(CollectionEntry.collection_id, func.count()).where(
        CollectionEntry.item_id.in_(seen)
    )
    rows = session.execute(entries.group_by(CollectionEntry.collection_id))
    return {row[0]: row[1] for row in rows}


def in_the_base(session: Session, ids: Iterable[str]) -> frozenset[str]:
    """Which of the items were not deleted, whoever may see them."""
    here = select(Item.__table__.c.id).where(Item.id.in_(ids), Item.status != Status.DELETED)
    return frozenset(session.scalars(here))


def items_by_id(session: Session, access: Access, ids: Iterable[str]) -> dict[str, Item]:
    """Those of the items that may be seen."""
    found = session.scalars(_visible(access).where(Item.id.in_(ids)))
    return {find_item.id: find_item for find_item in found}


def find_item(session: Session, access: Access, item_id: str) -> Item | None:
    return session.scalars(_visible(access).where(Item.id == item_id)).one_or_none()


def find_removed(session: Session, item_id: str, access: Access = PUBLIC) -> RemovedItem | None:
    """What is left of an item that was deleted, for those who might have seen it; ``None`` also
    when it is here (again)."""
    row = session.get(RemovedItem, item_id)
    find_item = session.get(Item, item_id) if row else None
    here = find_item is not None and find_item.status is not Status.DELETED
    return row if row and not here and row.visibility in access.visibilities else None


def recently_added(session: Session, access: Access, limit: int) -> Sequence[Item]:
    """What became part of the base last."""
    ready = _visible(access).where(Item.status == Status.READY)
    return session.scalars(ready.order_by(Item.created_at.desc(), Item.id).limit(limit)).all()


def list_failed(session: Session, access: Access) -> Sequence[Item]:
    """Documents that could not be read, the latest first."""
    unread = _visible(access, Kind.DOCUMENT).where(Item.status == Status.FAILED)
    return session.scalars(unread.order_by(Item.updated_at.desc())).all()


def list_unanswered(session: Session, limit: int = 200) -> Sequence[UnansweredQuestion]:
    order = (UnansweredQuestion.times.desc(), UnansweredQuestion.last_asked_at.desc())
    waiting = select(UnansweredQuestion).where(UnansweredQuestion.settled_at.is_(None))
    return session.scalars(waiting.order_by(*order).limit(limit)).all()


def count_items(session: Session, access: Access, kind: Kind) -> int:
    ready = _visible(access, kind).where(Item.status == Status.READY)
    return session.scalar(select(func.count()).select_from(ready.subquery())) or 0


def _collections(access: Access) -> Select[Collection]:
    """Collections that these readers may see: drafts only who makes collections."""
    query = select(Collection).where(Collection.visibility.in_(access.visibilities))
    if access.may(Right.COLLECTIONS):
        return query
    return query.where(Collection.state == CollectionState.PUBLISHED)


def _visible(access: Access, kind: Kind | None = None) -> Select[Item]:
    """Items that these readers may see. A practice is shown even while it is being indexed."""
    query = select(Item).where(
        Item.visibility.in_(access.visibilities), Item.status != Status.DELETED
    )
    return query if kind is None else query.where(Item.kind == kind)


def _one(session: Session, access: Access, kind: Kind, item_id: str) -> Item | None:
    return session.scalars(_visible(access, kind).where(Item.id == item_id)).one_or_none()


def _matching(query: Select[Item], wanted: ListQuery) -> Select[Item]:
    if wanted.theme:
        query = query.where(Item.theme_rows.any(ItemTheme.theme == wanted.theme))
    if wanted.country:
        query = query.where(Item.country == wanted.country)
    if wanted.language:
        query = query.where(Item.language == wanted.language)
    for name, column in OF_PRACTICES.items():
        if value := getattr(wanted, name, ""):
            query = query.where(column == value)
    return query


def _counts(session: Session, query: Select[Item], column: str) -> tuple[Choice, ...]:
    values = query.subquery().c[column]
    rows = session.execute(select(values, func.count()).where(values != "").group_by(values))
    return tuple(Choice(value, number) for value, number in rows)
