"""Who does something like a practice near a reader's municipality, or in a place like it.

The practices are those that share a theme. A practice is at its own place, at the other places that
its card names, and where an Italian municipality adopted it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.places.areas import HOME, Point
from kb.places.distance import distance_km
from kb.places.facts import load_facts
from kb.places.mentions import find_mentions
from kb.practices.locations import point_of
from kb.practices.record_cache import RecordCache
from kb.storage.tables import Item, ItemTheme
from search.practice_records import CONTEXTS
from search.similarity.gower import (
    Similarity,
    choose_weights,
    compare_contexts,
    context_of_practice,
    context_of_reader,
)
from search.similarity.viewpoint import Viewpoint

NEAR_KM = 100
"""Within a morning's visit."""
ALIKE = 0.75
"""Least context similarity of a place that is called alike."""
MOST_KEPT = 20_000
"""Practices whose spots are kept, of less than 1 KB each."""


@dataclass(frozen=True)
class Spot:
    """Where a practice is done, or the body that ``adopted`` it."""

    name: str
    point: Point
    adopted: bool = False


@dataclass(frozen=True)
class PracticeSpots:
    id: str
    title: str
    title_en: str
    country: str
    outcome: str
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class NearSpot:
    """The nearest spot of a practice. ``km`` from the reader's municipality."""

    practice: PracticeSpots
    spot: Spot
    km: int


@dataclass(frozen=True)
class AlikePractice:
    """A practice whose place is like the reader's."""

    practice: PracticeSpots
    alike: Similarity


def read_spots(record: Mapping[str, Any]) -> PracticeSpots:
    """The spots of a card's record."""
    return PracticeSpots(
        record["id"],
        record["title"],
        record.get("title_en") or "",
        record["place"]["country"],
        record["outcome"],
        tuple(_spots(record)),
    )


_SPOTS = RecordCache(read_spots, MOST_KEPT)


def load_with_themes(
    session: Session, access: Access, themes: Collection[str]
) -> dict[str, PracticeSpots]:
    """The practices with any of the themes that can be found and that ``access`` may see."""
    item, theme = Item.__table__.c, ItemTheme.__table__.c
    rows = session.connection().execute(
        select(item.id, item.content_sha256)
        .join_from(Item.__table__, ItemTheme.__table__, item.id == theme.item_id)
        .where(
            theme.theme.in_(themes),
            item.kind == Kind.PRACTICE,
            item.status == Status.READY,
            item.visibility.in_(access.visibilities),
        )
        .distinct()
    )
    return _SPOTS.load_revisions(session, dict(iter(rows)))


def find_near(practices: Iterable[PracticeSpots], here: Point, except_at: str) -> list[NearSpot]:
    """Those within ``NEAR_KM`` of ``here``, nearest first. Of the practice ``except_at`` only its
    adoptions count."""
    found = []
    for practice in practices:
        spots = [one for one in practice.spots if one.adopted or practice.id != except_at]
        distances = [(distance_km(here, one.point), n) for n, one in enumerate(spots)]
        if distances and (nearest := min(distances))[0] <= NEAR_KM:
            found.append(NearSpot(practice, spots[nearest[1]], round(nearest[0])))
    return sorted(found, key=lambda one: (one.km, one.practice.id))


def compare_with_place(
    session: Session, istat_code: str, ids: Collection[str]
) -> dict[str, Similarity]:
    """How alike the place of each practice is to a municipality."""
    viewpoint = Viewpoint(place=istat_code)
    mine = context_of_reader(session, viewpoint) or {}
    weights = choose_weights(viewpoint)
    cards = CONTEXTS.load(session, ids)
    facts = load_facts(session, {card.place.istat_code or "" for card in cards.values()})
    return {
        id: compare_contexts(
            mine, context_of_practice(card, facts.get(card.place.istat_code or "")), weights
        )
        for id, card in cards.items()
    }


def find_alike(
    practices: Mapping[str, PracticeSpots], compared: Mapping[str, Similarity]
) -> list[AlikePractice]:
    """Those in places like the reader's, most like first."""
    found = [
        AlikePractice(practices[id], alike)
        for id, alike in compared.items()
        if id in practices and alike.value is not None and alike.value >= ALIKE
    ]
    return sorted(found, key=lambda one: (-(one.alike.value or 0), one.practice.id))


def _spots(record: Mapping[str, Any]) -> Iterator[Spot]:
    for place in (record["place"], *(record.get("other_places") or ())):
        if point := point_of(place):
            yield Spot(place["name"], point)
    for adoption in record.get("adopted_by") or ():
        if adoption["country"] == HOME and (point := _find_town(adoption["name"])):
            yield Spot(adoption["name"], point, adopted=True)


def _find_town(name: str) -> Point | None:
    """The municipality that a body's name has in it: «Comune di Rosignano Marittimo»."""
    mentions = find_mentions(name) or find_mentions(f"Comune di {name}")
    towns = [one.area for one in mentions.places if one.area.is_town] if mentions else []
    return towns[0].point if len(towns) == 1 else None
