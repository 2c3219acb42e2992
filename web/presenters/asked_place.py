"""What a page of results says of the place that the question names."""

from __future__ import annotations

from dataclasses import dataclass

from babel.lists import format_list

from kb.messages import N_
from kb.places.areas import Area, AreaKind
from search.results import PlaceAnswer
from web.presenters.asked_traits import label_trait
from web.rendering.i18n import Locale

FARTHEST_KM = 300
"""A longer distance says no more than the country does."""


@dataclass(frozen=True)
class NearPlace:
    """A practice by its place, with the distance in words."""

    id: str
    name: str
    distance: str


@dataclass(frozen=True)
class PlaceView:
    """``sentence`` is empty where the results speak for themselves; ``nearest`` follow it."""

    sentence: str
    nearest: tuple[NearPlace, ...]
    documents: bool
    """Whether to say that documents have no place."""
    is_all: bool
    """Whether the question asks for nothing else."""


def present_place(place: PlaceAnswer, reader: Locale) -> PlaceView:
    nearest = tuple(
        NearPlace(one.id, one.place.partition(" (")[0], _kilometres(one.distance_km, reader))
        for one in place.nearest
    )
    documents = place.documents and place.limits and place.relevant > 0 and bool(place.areas)
    return PlaceView(_say(place, reader), nearest, documents, place.is_all)


def _say(place: PlaceAnswer, reader: Locale) -> str:
    if place.relevant:
        return ""
    if place.practices:
        sentence = reader.gettext(N_("No practice {where} is on this subject"))
    else:
        sentence = reader.gettext(N_("No practice {where}"))
    said = [label_place(place, reader), *(label_trait(one, reader) for one in place.traits)]
    where = format_list([one for one in said if one], locale=reader.locale)
    return sentence.format(where=where)


def label_place(place: PlaceAnswer, reader: Locale) -> str:
    """The place as a filter: «in provincia di Siena»; empty where none is named."""
    return _where(place, reader) if place.areas else ""


def label_traits(place: PlaceAnswer, reader: Locale) -> str:
    """Territory, residents and cost as a filter: «in montagna e con costi fino a 5.000 euro»."""
    said = [label_trait(trait, reader) for trait in place.traits]
    return str(format_list(said, locale=reader.locale))


def say_distance(kilometres: float | None, place: PlaceAnswer, reader: Locale) -> str:
    """How far a practice is from the place; empty where that is unknown or very far."""
    if kilometres is None or kilometres > FARTHEST_KM or not _at_points(place):
        return ""
    return reader.gettext(N_("{distance} from {place}")).format(
        distance=_kilometres(kilometres, reader), place=_join(place, reader)
    )


def _at_points(place: PlaceAnswer) -> bool:
    return all(area.kind is AreaKind.MUNICIPALITY for area in place.areas)


def _where(place: PlaceAnswer, reader: Locale) -> str:
    if place.radius_km:
        return reader.gettext(N_("within {distance} of {place}")).format(
            distance=_kilometres(place.radius_km, reader), place=_join(place, reader)
        )
    if place.near:
        return reader.gettext(N_("near {place}")).format(place=_join(place, reader))
    said = [_say_area(area, reader) for area in place.areas]
    return str(format_list(said, locale=reader.locale))


def _say_area(area: Area, reader: Locale) -> str:
    name = _name(area, reader)
    if reader.code == "it":
        return f"{area.where} {name}".replace("' ", "'")
    if area.where_en and reader.code == "en":
        return area.where_en
    if area.kind is AreaKind.PROVINCE:
        return reader.gettext(N_("in the province of {place}")).format(place=name)
    return reader.gettext(N_("in {place}")).format(place=name)


def _join(place: PlaceAnswer, reader: Locale) -> str:
    names = [_name(area, reader) for area in place.areas]
    return str(format_list(names, locale=reader.locale))


def _name(area: Area, reader: Locale) -> str:
    return reader.country(area.code) if area.kind is AreaKind.COUNTRY else area.name


def _kilometres(distance: float, reader: Locale) -> str:
    rounded = reader.number(max(1, round(distance)))
    return reader.gettext(N_("{count} km")).format(count=rounded)
