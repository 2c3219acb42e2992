"""Filtered lists of practices or documents, page by page, with the counts of their filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import CARD_LANGUAGE, Kind
from kb.storage.tables import Item, ItemTheme, ItemValue, PracticeRow
from kb.text.folding import title_order
from web.presenters.queries.items import select_visible
from web.presenters.queries.list_order import Keyed, order_documents, order_practices
from web.presenters.queries.list_query import ListQuery, PracticeListQuery

PAGE_SIZE = 24
"""Items per page."""
IDS_AT_ONCE = 1000
"""Ids of one statement, which PostgreSQL limits to 65,535 values."""


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
    years: tuple[Choice, ...] = ()
    """Of documents."""


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


OF_PRACTICES = {
    "outcome": PracticeRow.outcome,
    "status": PracticeRow.life,
    "evidence": PracticeRow.evidence,
}
"""The column of each filter that only practices have."""


OF_VALUES = ("population", "region", "sector", "strand", "costs", "taken_up", "measured_here")
"""Filters that only practices have, with their values in ``item_values``."""


def list_items(
    session: Session, access: Access, wanted: ListQuery, language: str = CARD_LANGUAGE
) -> Listing:
    """A page of practices or documents, by the kind of ``wanted``.

    ``language``: that of the titles by which practices are sorted.
    """
    kind = Kind.PRACTICE if isinstance(wanted, PracticeListQuery) else Kind.DOCUMENT
    visible = select_visible(access, kind)
    ids = matching_ids(session, access, wanted, language)
    return Listing(
        load_in_order(session, ids[(wanted.page - 1) * PAGE_SIZE : wanted.page * PAGE_SIZE]),
        len(ids),
        theme_counts(session, access, kind),
        _count_values(session, visible, Item.country.key),
        _count_values(session, visible, Item.language.key),
        _count_of_practices(session, visible) if kind is Kind.PRACTICE else {},
        () if kind is Kind.PRACTICE else _count_years(session, visible),
    )


def matching_ids(
    session: Session, access: Access, wanted: ListQuery, language: str = CARD_LANGUAGE
) -> list[str]:
    """Ids of all items that meet the filters, in the order asked for."""
    return [id for _, id in matching_keys(session, access, wanted, language)]


def matching_keys(
    session: Session, access: Access, wanted: ListQuery, language: str = CARD_LANGUAGE
) -> list[Keyed]:
    """Sort key and id of all items that meet the filters, in the order asked for."""
    if isinstance(wanted, PracticeListQuery):
        matching = _apply_filters(select_visible(access, Kind.PRACTICE), wanted)
        return order_practices(session, matching, wanted, language)
    matching = _apply_filters(select_visible(access, Kind.DOCUMENT), wanted)
    return order_documents(session, matching, wanted)


def matching_items(
    session: Session, access: Access, wanted: ListQuery, most: int | None, language: str
) -> list[Item]:
    """The first ``most`` items, or all, that meet the filters, in the order asked for."""
    return load_in_order(session, matching_ids(session, access, wanted, language)[:most])


def load_in_order(session: Session, ids: Sequence[str]) -> list[Item]:
    """The items of these ids. The caller has checked that they may be seen."""
    rows: dict[str, Item] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = select(Item).where(Item.id.in_(ids[start : start + IDS_AT_ONCE]))
        rows |= {row.id: row for row in session.scalars(part)}
    return [rows[id] for id in ids if id in rows]


def matching_practices(
    session: Session, access: Access, wanted: PracticeListQuery
) -> list[MappedPractice]:
    """Title and place of every practice that meets the filters, by title, without its card."""
    ids = matching_ids(session, access, wanted)
    matching = select(Item).where(Item.id.in_(ids)).subquery()
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
        ).join(matching, matching.c.id == PracticeRow.id)
    )
    found = [MappedPractice(*row) for row in rows]
    return sorted(found, key=lambda one: title_order(one.title, one.id))


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
    for name in OF_VALUES:
        if value := getattr(wanted, name, ""):
            has = (ItemValue.name == name) & (ItemValue.value == value)
            query = query.where(Item.value_rows.any(has))
    if year := getattr(wanted, "year", ""):
        query = query.where(Item.year == int(year))
    return query


def _count_of_practices(session: Session, visible: Select[Item]) -> dict[str, tuple[Choice, ...]]:
    counts = {
        name: _count_values(session, visible, column.key) for name, column in OF_PRACTICES.items()
    }
    items = visible.subquery()
    rows = session.execute(
        select(ItemValue.name, ItemValue.value, func.count())
        .join(items, items.c.id == ItemValue.item_id)
        .where(ItemValue.name.in_(OF_VALUES))
        .group_by(ItemValue.name, ItemValue.value)
    ).all()
    for name in OF_VALUES:
        counts[name] = tuple(Choice(value, count) for of, value, count in rows if of == name)
    return counts


def _count_years(session: Session, visible: Select[Item]) -> tuple[Choice, ...]:
    year = visible.subquery().c[Item.year.key]
    rows = session.execute(select(year, func.count()).where(year.is_not(None)).group_by(year))
    return tuple(Choice(str(value), count) for value, count in rows)


def _count_values(session: Session, query: Select[Item], column: str) -> tuple[Choice, ...]:
    values = query.subquery().c[column]
    rows = session.execute(select(values, func.count()).where(values != "").group_by(values))
    return tuple(Choice(value, count) for value, count in rows)
