"""The place that a question names or describes, and the practices that lie there.

A province, region, landscape or country limits the practices to those in it; «vicino a» limits them
to those within ``NEAR_KM`` of a municipality. A municipality limits nothing: its practices lead,
the others follow with their distance. Where no practice there is on the subject, nothing is limited
and the page says so: a place never empties a list. Documents have no place: they follow the
practices there, or keep their order where none there is on the subject.

What a question says of territory, residents or cost (``search.asked_traits``) limits in the same
way: «nei comuni montani della Toscana» are the practices that fit both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from kb.access import Access
from kb.places.areas import Area, Point
from kb.places.mentions import Mention, Mentions, asks_for_anything, find_mentions
from kb.practices.locations import LocatedPractice, list_foreign_regions, load_locations
from search.asked_traits import AskedTraits, Trait, find_traits

NEAR_KM = 50.0
"""What is near a municipality: about an hour by road."""
FAR_KM = 200.0
NEAREST = 3
"""Practices that are named as the nearest where there are none in a place."""


@dataclass(frozen=True)
class AskedPlace:
    """``here``: ids of the practices that lie there; ``around``: of those that are listed where a
    question asks for nothing but a municipality. ``practices`` are all, and the projects, by id."""

    mentions: Mentions
    practices: Mapping[str, LocatedPractice]
    here: frozenset[str]
    around: frozenset[str]
    traits: tuple[Trait, ...] = ()

    @property
    def areas(self) -> tuple[Area, ...]:
        return tuple(mention.area for mention in self.mentions.places)

    @property
    def near(self) -> bool:
        return any(mention.near for mention in self.mentions.places)

    @property
    def radius_km(self) -> float | None:
        """How near, if the question says so."""
        return max((one.radius_km for one in self.mentions.places if one.radius_km), default=None)

    @property
    def practice_count(self) -> int:
        """How many practices, not projects, lie there."""
        return sum(not self.practices[id].is_project for id in self.here)

    @property
    def limits(self) -> bool:
        """Whether practices elsewhere are left out as soon as some here are on the subject."""
        return self.near or bool(self.traits) or not all(area.is_town for area in self.areas)

    @property
    def is_all(self) -> bool:
        """Whether the question asks for nothing but what there is in the place."""
        return not self.mentions.rest

    def distance_of(self, item_id: str) -> float | None:
        """Kilometres from the nearest of the places asked for to a practice, where both are at a
        point and the practice is not in the place itself."""
        practice = self.practices.get(item_id)
        if practice is None or (item_id in self.here and not self.near):
            return None
        return _distance(practice, self.areas)

    def find_nearest(self, ids: Iterable[str]) -> list[tuple[LocatedPractice, float]]:
        """Those nearest to the place among the practices, with kilometres: not beyond ``FAR_KM``,
        unless the question asks for nothing but a municipality."""
        at_points = all(area.is_town for area in self.areas)
        most = math.inf if at_points and self.is_all else FAR_KM
        found = [
            (self.practices[id], distance)
            for id in ids
            if (one := self.practices.get(id)) is not None
            and not one.is_project
            and (distance := self.distance_of(id)) is not None
            and distance <= most
        ]
        return sorted(found, key=lambda one: (one[1], one[0].id))[:NEAREST]


def find_asked_place(
    session: Session, text: str, access: Access, *, places: bool = True, traits: bool = True
) -> AskedPlace | None:
    """The place that a question names or describes, if there is one that is known.

    ``places``, ``traits``: whether to look for names of places, and for territory, residents and
    cost; otherwise these are words like others.
    """
    regions = list_foreign_regions(session, access)
    named = find_mentions(text, regions) if places else None
    mentions = named or Mentions((), text)
    asked = find_traits(mentions.rest) if traits else AskedTraits((), mentions.rest)
    if named is None and not asked.traits:
        return None
    mentions = Mentions(mentions.places, "" if asks_for_anything(asked.rest) else asked.rest)
    practices = {one.id: one for one in load_locations(session, access)}
    here = frozenset(
        one.id for one in practices.values() if _lies_there(one, mentions, asked.traits)
    )
    place = AskedPlace(mentions, practices, here, here, asked.traits)
    if here and place.limits:
        return place
    return replace(place, around=here | _find_around(place))


def _lies_there(practice: LocatedPractice, mentions: Mentions, traits: Sequence[Trait]) -> bool:
    """Whether it lies in one of the places, if any is named, and has all the traits."""
    if not all(trait.fits(practice.traits) for trait in traits):
        return False
    return not mentions.places or any(
        practice.lies_in(mention.area)
        or (mention.area.is_town and _is_within(practice, mention.area, _radius_of(mention)))
        for mention in mentions.places
    )


def _radius_of(mention: Mention) -> float:
    return (mention.radius_km or NEAR_KM) if mention.near else 0.0


def _find_around(place: AskedPlace) -> frozenset[str]:
    """The practices near the place, or the nearest ones where none is near."""
    within = frozenset(
        one.id
        for one in place.practices.values()
        if any(_is_within(one, area, NEAR_KM) for area in place.areas)
    )
    return within or frozenset(one.id for one, _ in place.find_nearest(place.practices))


def _is_within(practice: LocatedPractice, area: Area, km: float) -> bool:
    distance = _distance(practice, (area,)) if km else None
    return distance is not None and distance <= km


def _distance(practice: LocatedPractice, areas: Sequence[Area]) -> float | None:
    points: list[Point] = [area.point for area in areas if area.point is not None]
    known = [practice.distance_to(point) for point in points]
    return min((one for one in known if one is not None), default=None)
