"""Filtered lists of practices or documents, page by page, with the counts of their filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, Field
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.storage.tables import Item, ItemTheme, PracticeRow
from web.presenters.queries.items import select_visible

PAGE_SIZE = 24
"""Items per page."""


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


@dataclass(frozen=True)
class MappedPractice:
    """A practice for the map. Degrees are None where the card has no coordinates."""

    id: str
    title: str
    title_en: str
    place: str
    country: str
    latitude: float | None
    longitude: float | None
    outcome: str


class ListQuery(BaseModel):
    """The filters of a list. Empty means any."""

    theme: str = Field(default="", description="A slug of the list of themes.")
    country: str = Field(default="", description="An ISO 3166 code.")
    language: str = Field(default="", description="An ISO 639 code.")
    page: int = Field(default=1, ge=1, le=10_000, description="From 1.")

    def parameters(self) -> list[tuple[str, str]]:
        """Name and value of every filter that is set, without the page number."""
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
"""The column of each filter that only practices have."""


def list_items(session: Session, access: Access, kind: Kind, wanted: ListQuery) -> Listing:
    """A page of practices by title, or of documents, newest first."""
    visible = select_visible(access, kind)
    matching = _apply_filters(visible, wanted)
    order = [Item.created_at.desc(), Item.id] if kind is Kind.DOCUMENT else [Item.title]
    rows = session.scalars(
        matching.order_by(*order).limit(PAGE_SIZE).offset((wanted.page - 1) * PAGE_SIZE)
    ).all()
    return Listing(
        rows,
        session.scalar(select(func.count()).select_from(matching.subquery())) or 0,
        theme_counts(session, access, kind),
        _count_values(session, visible, Item.country.key),
        _count_values(session, visible, Item.language.key),
        {
            name: _count_values(session, visible, column.key)
            for name, column in OF_PRACTICES.items()
            if kind is Kind.PRACTICE
        },
    )


def matching_practices(
    session: Session, access: Access, wanted: PracticeListQuery
) -> list[MappedPractice]:
    """Title and place of every practice that meets the filters, by title, without its card."""
    matching = _apply_filters(select_visible(access, Kind.PRACTICE), wanted).subquery()
    record = PracticeRow.record
    place = record["place"]
    rows = session.execute(
        select(
            PracticeRow.id,
            record["title"].as_string(),
            record["title_en"].as_string(),
            place["name"].as_string(),
            place["country"].as_string(),
            place["latitude"].as_float(),
            place["longitude"].as_float(),
            PracticeRow.outcome,
        )
        .join(matching, matching.c.id == PracticeRow.id)
        .order_by(matching.c.title, PracticeRow.id)
    )
    return [MappedPractice(*row) for row in rows]


def theme_counts(session: Session, access: Access, kind: Kind | None = None) -> tuple[Choice, ...]:
    """How many items that may be seen have each theme; themes without items are left out."""
    visible = select_visible(access, kind).subquery()
    rows = session.execute(
        select(ItemTheme.theme, func.count())
        .join(visible, visible.c.id == ItemTheme.item_id)
        .group_by(ItemTheme.theme)
    )
    return tuple(Choice(theme, count) for theme, count in rows)


def _apply_filters(query: Select[Item], wanted: ListQuery) -> Select[Item]:
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


def _count_values(session: Session, query: Select[Item], column: str) -> tuple[Choice, ...]:
    values = query.subquery().c[column]
    rows = session.execute(select(values, func.count()).where(values != "").group_by(values))
    return tuple(Choice(value, count) for value, count in rows)
