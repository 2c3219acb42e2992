"""Where the practices and projects that somebody may see lie, for questions that name a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import CARD_LANGUAGE, Kind, Status
from kb.places.areas import HOME, Area, AreaKind, Location, Point, municipality
from kb.places.distance import distance_km
from kb.places.municipalities import find
from kb.practices.record_cache import RecordCache
from kb.practices.terms import Governance
from kb.practices.traits import UNKNOWN, PracticeTraits, read_traits
from kb.storage.kept import keep_until_change
from kb.storage.projects import ProjectRow
from kb.storage.tables import Item, ItemValue
from kb.text.folding import fold_text

WIDE = frozenset({Governance.STATE, Governance.REGION})
"""Bodies whose practices are everywhere in a country or region, and at no point of it."""

MOST = 20_000
"""Practices whose places are kept, of some 2 KB each."""

_item, _project = Item.__table__.c, ProjectRow.__table__.c  # the classes would join more tables


@dataclass(frozen=True)
class LocatedPractice:
    """``place``: its name; ``locations``: that place, then the others that the card names. Folded:
    ``adopters``, and ``keywords`` with title and summary. ``is_project``: a project that takes
    practices up there."""

    id: str
    title: str
    place: str
    locations: tuple[Location, ...]
    adopters: str
    keywords: str
    is_project: bool = False
    traits: PracticeTraits = UNKNOWN

    def lies_in(self, area: Area) -> bool:
        """Whether it takes place in the area. One adopted in a municipality counts as being there;
        a landscape also has those whose title, summary or keywords have one of its words, or
        name it if it has none."""
        if any(area.contains(location) for location in self.locations):
            return True
        name = f" {fold_text(area.name)} "
        if area.kind is AreaKind.LANDSCAPE:
            words = [f" {one} " for one in area.words] or [name]
            return any(one in self.keywords for one in words)
        return area.is_town and name in self.adopters

    def distance_to(self, point: Point) -> float | None:
        """Kilometres to the nearest of its places; None if it is nowhere in particular."""
        known = [place.point for place in self.locations if place.point is not None]
        return min((distance_km(point, there) for there in known), default=None)


def load_locations(session: Session, access: Access) -> list[LocatedPractice]:
    """The practices and projects that can be found and that ``access`` may see."""
    key = load_locations, access.visibilities
    return keep_until_change(session, key, lambda: _read_locations(session, access))


def _read_locations(session: Session, access: Access) -> list[LocatedPractice]:
    rows = session.connection().execute(
        select(_item.id, _item.content_sha256).where(
            _item.kind == Kind.PRACTICE,
            _item.status == Status.READY,
            _item.visibility.in_(access.visibilities),
        )
    )
    practices = _LOCATED.load_revisions(session, dict(iter(rows))).values()
    return [*practices, *_load_projects(session, access)]


def _load_projects(session: Session, access: Access) -> Iterator[LocatedPractice]:
    rows = session.connection().execute(
        select(_item.id, _item.title, _project.municipality)
        .join_from(ProjectRow.__table__, Item.__table__, _item.id == _project.id)
        .where(_item.status == Status.READY, _item.visibility.in_(access.visibilities))
    )
    for id, title, code in rows:
        if known := find(code):
            place = Location(known.name, HOME, known.region, code, municipality(code).point)
            yield LocatedPractice(
                id,
                title,
                known.name,
                (place,),
                "",
                _fold([title]),
                is_project=True,
                traits=PracticeTraits(population=known.population),
            )


def _read_record(record: Mapping[str, Any]) -> LocatedPractice:
    place, title = record["place"], record["title"]
    return LocatedPractice(
        record["id"],
        title,
        place["name"],
        tuple(_locate(place, record.get("other_places") or ())),
        _fold(one["name"] for one in record.get("adopted_by") or ()),
        _fold([title, record.get("summary") or "", *(record.get("keywords") or ())]),
        traits=read_traits(record),
    )


_LOCATED = RecordCache(_read_record, MOST)


def list_foreign_regions(session: Session, access: Access) -> list[tuple[str, str]]:
    """(name, country) of the regions outside Italy that the practices name."""
    key = list_foreign_regions, access.visibilities
    return keep_until_change(session, key, lambda: _read_foreign_regions(session, access))


def _read_foreign_regions(session: Session, access: Access) -> list[tuple[str, str]]:
    value = ItemValue.__table__.c
    rows = session.connection().execute(
        select(value.value, _item.country)
        .join_from(ItemValue.__table__, Item.__table__, _item.id == value.item_id)
        .where(
            value.name == "region",
            _item.kind == Kind.PRACTICE,
            _item.country != HOME,
            _item.status == Status.READY,
            _item.visibility.in_(access.visibilities),
        )
        .distinct()
    )
    return [(name, country) for name, country in rows]


def _locate(place: Mapping[str, Any], others: Any) -> Iterator[Location]:
    for one in (place, *others):
        yield Location(
            one["name"],
            one["country"],
            one.get("region") or "",
            one.get("istat_code") or "",
            point_of(one),
        )


def point_of(place: Mapping[str, Any]) -> Point | None:
    """Where the place of a card lies, or its municipality; None for a whole country or region."""
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if latitude is None or longitude is None:
        code = place.get("istat_code") or ""
        return municipality(code).point if find(code) else None
    return None if _is_wide(place) else (float(latitude), float(longitude))


def _is_wide(place: Mapping[str, Any]) -> bool:
    country = Locale(CARD_LANGUAGE).territories.get(place["country"].upper())
    return place.get("governance") in WIDE or place["name"] in {country, place.get("region")}


def _fold(names: Any) -> str:
    return f" {' '.join(map(fold_text, names))} "
