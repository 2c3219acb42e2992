"""Searchable items that are new in a collection, on a theme or near a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.places import municipalities
from kb.places.areas import Point
from kb.places.distance import distance_km
from kb.storage.collections import CollectionEntry
from kb.storage.projects import ProjectRow
from kb.storage.tables import Item, ItemTheme, PracticeRow
from search.nearby_practices import NEAR_KM, find_near, read_spots
from web.presenters.queries.items import select_visible


class NearItem(NamedTuple):
    """``name``: of its place, ``km`` away."""

    item: Item
    name: str
    km: int


def ready_items(session: Session, access: Access, ids: Sequence[str]) -> Mapping[str, Item]:
    """Those of the items that may be seen and found, by id."""
    rows = session.scalars(_select_ready(access).where(Item.id.in_(ids)))
    return {row.id: row for row in rows}


def items_added_since(
    session: Session, access: Access, collection_id: str, since: datetime
) -> Sequence[Item]:
    """Items that a collection took in, in its order."""
    added = _select_ready(access).join(CollectionEntry, CollectionEntry.item_id == Item.id)
    added = added.where(
        CollectionEntry.collection_id == collection_id, CollectionEntry.added_at > since
    )
    return session.scalars(added.order_by(CollectionEntry.position)).all()


def items_on_theme_since(
    session: Session, access: Access, theme: str, since: datetime
) -> Sequence[Item]:
    """The newest first."""
    of_theme = select(ItemTheme.item_id).where(ItemTheme.theme == theme)
    new = _select_new(access, since).where(Item.id.in_(of_theme))
    return session.scalars(new.order_by(Item.created_at.desc(), Item.id)).all()


def items_near_since(
    session: Session, access: Access, istat_code: str, since: datetime
) -> Sequence[NearItem]:
    """Practices done or taken up within ``NEAR_KM`` of a municipality, and projects there, the
    nearest first."""
    here = _point_of(istat_code)
    if here is None:
        return []
    new = session.scalars(
        _select_new(access, since).where(Item.kind.in_((Kind.PRACTICE, Kind.PROJECT)))
    ).all()
    practices = {row.id: row for row in new if isinstance(row, PracticeRow)}
    spots = [read_spots(row.record) for row in practices.values()]
    found = [
        NearItem(practices[one.practice.id], one.spot.name, one.km)
        for one in find_near(spots, here, except_at="")
    ]
    projects = _find_near_projects([row for row in new if isinstance(row, ProjectRow)], here)
    return sorted([*found, *projects], key=lambda one: (one.km, one.item.id))


def _find_near_projects(rows: Sequence[ProjectRow], here: Point) -> Iterator[NearItem]:
    for row in rows:
        place, there = municipalities.find(row.municipality), _point_of(row.municipality)
        if place is not None and there is not None and distance_km(here, there) <= NEAR_KM:
            yield NearItem(row, place.name, round(distance_km(here, there)))


def _point_of(istat_code: str) -> Point | None:
    place = municipalities.find(istat_code)
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _select_ready(access: Access) -> Select[Item]:
    return select_visible(access).where(Item.status == Status.READY)


def _select_new(access: Access, since: datetime) -> Select[Item]:
    return _select_ready(access).where(Item.created_at > since)
