"""What pages read from SQL. Every query passes through ``_visible``: access is part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.access import PUBLIC, Access
from kb.domain import Kind, Status
from kb.practice import Practice
from kb.storage.collections import Collection, CollectionEntry
from kb.storage.history import RemovedItem
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


class Wanted(BaseModel):
    """The filters of a list. Empty means any."""

    theme: str = Field(default="", description="A slug of the list of themes.")
    country: str = Field(default="", description="An ISO 3166 code.")
    language: str = Field(default="", description="An ISO 639 code.")
    page: int = Field(default=1, ge=1, le=10_000, description="From 1.")

    def parameters(self) -> list[tuple[str, str]]:
        names = ("theme", "country", "language")
        return [(name, value) for name in names if (value := getattr(self, name))]


def items(session: Session, access: Access, kind: Kind, wanted: Wanted) -> Listing:
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
    )


def theme_counts(session: Session, access: Access, kind: Kind | None = None) -> tuple[Choice, ...]:
    visible = _visible(access, kind).subquery()
    rows = session.execute(
        select(ItemTheme.theme, func.count())
        .join(visible, visible.c.id == ItemTheme.item_id)
        .group_by(ItemTheme.theme)
    )
    return tuple(Choice(theme, count) for theme, count in rows)


def practice(session: Session, access: Access, practice_id: str) -> Practice | None:
    row = _one(session, access, Kind.PRACTICE, practice_id)
    return Practice.model_validate(row.record) if isinstance(row, PracticeRow) else None


def all_practices(session: Session, access: Access) -> list[Practice]:
    """Every practice that may be seen, as its card says it."""
    shown = _visible(access, Kind.PRACTICE).subquery()
    records = session.scalars(select(PracticeRow.record).join(shown, shown.c.id == PracticeRow.id))
    return [Practice.model_validate(record) for record in records]


def document(session: Session, access: Access, document_id: str) -> Document | None:
    row = _one(session, access, Kind.DOCUMENT, document_id)
    return row if isinstance(row, Document) else None


def page_of(session: Session, document: Document, number: int) -> PageRow | None:
    return session.get(PageRow, (document.id, number))


def passage_of(session: Session, document: Document, passage_id: str) -> PassageRow | None:
    """The passage, if the document has it."""
    row = session.get(PassageRow, passage_id) if passage_id else None
    return row if row is not None and row.item_id == document.id else None


def latest_documents(session: Session, access: Access, limit: int) -> Sequence[Item]:
    ready = _visible(access, Kind.DOCUMENT).where(Item.status == Status.READY)
    return session.scalars(ready.order_by(Item.created_at.desc()).limit(limit)).all()


def collections(session: Session, access: Access) -> Sequence[Collection]:
    return session.scalars(
        select(Collection)
        .where(Collection.visibility.in_(access.visibilities))
        .order_by(Collection.title)
    ).all()


def collection(session: Session, access: Access, collection_id: str) -> Collection | None:
    row = session.get(Collection, collection_id)
    return row if row is not None and row.visibility in access.visibilities else None


def collections_with(session: Session, access: Access, item_id: str) -> Sequence[Collection]:
    """The collections that an item belongs to."""
    return session.scalars(
        select(Collection)
        .join(CollectionEntry)
        .where(CollectionEntry.item_id == item_id, Collection.visibility.in_(access.visibilities))
        .order_by(Collection.title)
    ).all()


def entry_items(session: Session, access: Access, collection: Collection) -> dict[str, Item]:
    """The items of a collection that may be seen, by id."""
    return items_by_id(session, access, [entry.item_id for entry in collection.entries])


def items_by_id(session: Session, access: Access, ids: Iterable[str]) -> dict[str, Item]:
    """Those of the items that may be seen."""
    found = session.scalars(_visible(access).where(Item.id.in_(ids)))
    return {item.id: item for item in found}


def item(session: Session, access: Access, item_id: str) -> Item | None:
    return session.scalars(_visible(access).where(Item.id == item_id)).one_or_none()


def removed(session: Session, item_id: str, access: Access = PUBLIC) -> RemovedItem | None:
    """What is left of an item that was deleted, for those who might have seen it; ``None`` also
    when it is here (again)."""
    row = session.get(RemovedItem, item_id)
    item = session.get(Item, item_id) if row else None
    here = item is not None and item.status is not Status.DELETED
    return row if row and not here and row.visibility in access.visibilities else None


def unanswered(session: Session, limit: int = 200) -> Sequence[UnansweredQuestion]:
    order = (UnansweredQuestion.times.desc(), UnansweredQuestion.last_asked_at.desc())
    waiting = select(UnansweredQuestion).where(UnansweredQuestion.settled_at.is_(None))
    return session.scalars(waiting.order_by(*order).limit(limit)).all()


def count(session: Session, access: Access, kind: Kind) -> int:
    ready = _visible(access, kind).where(Item.status == Status.READY)
    return session.scalar(select(func.count()).select_from(ready.subquery())) or 0


def _visible(access: Access, kind: Kind | None = None) -> Select[Item]:
    """Items that these readers may see. A practice is shown even while it is being indexed."""
    query = select(Item).where(
        Item.visibility.in_(access.visibilities), Item.status != Status.DELETED
    )
    return query if kind is None else query.where(Item.kind == kind)


def _one(session: Session, access: Access, kind: Kind, item_id: str) -> Item | None:
    return session.scalars(_visible(access, kind).where(Item.id == item_id)).one_or_none()


def _matching(query: Select[Item], wanted: Wanted) -> Select[Item]:
    if wanted.theme:
        query = query.where(Item.theme_rows.any(ItemTheme.theme == wanted.theme))
    if wanted.country:
        query = query.where(Item.country == wanted.country)
    if wanted.language:
        query = query.where(Item.language == wanted.language)
    return query


def _counts(session: Session, query: Select[Item], column: str) -> tuple[Choice, ...]:
    values = query.subquery().c[column]
    rows = session.execute(select(values, func.count()).where(values != "").group_by(values))
    return tuple(Choice(value, number) for value, number in rows)
