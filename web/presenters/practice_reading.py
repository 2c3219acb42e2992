"""What the page of a practice leads on to: similar ones, one that ended otherwise, those near the
reader's municipality or in places like it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_, KbError
from kb.places.areas import Point
from kb.places.distance import distance_km
from kb.places.municipalities import Place
from kb.practices.locations import point_of
from kb.practices.practice import Outcome, Practice
from kb.runtime.services import Services
from kb.vocabulary.vocabularies import label
from search.nearby_practices import (
    PracticeSpots,
    compare_with_place,
    find_alike,
    find_near,
    load_with_themes,
)
from search.similar_practices import SimilarPractice, find_similar
from search.similarity.gower import size_class
from web.presenters import queries
from web.presenters.similarity import SimilarityView, present_similarity
from web.presenters.tiles import PracticeCard, practice_card
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

MOST_SIMILAR = 2
MOST_NEAR = 3
MOST_ALIKE = 2
MIXED_BEHIND = 0.05
"""By how much a mixed outcome must be more similar than a clear failure to be chosen."""
LEAST_LIKE = 0.65
"""Least score of a practice that is shown, as a share of that of the most similar one."""


@dataclass(frozen=True)
class Suggestion:
    """A practice to read next. ``why``: the reasons, as parts of a sentence."""

    card: PracticeCard
    why: str


@dataclass(frozen=True)
class NearbyLine:
    """A practice near the reader's municipality, or in a place like it. ``why`` is the distance,
    who adopted it, or what is alike."""

    id: str
    title: str
    language: str
    country: str
    outcome: str
    why: str


@dataclass(frozen=True)
class Nearby:
    """``km`` from the reader's municipality to the practice, None if either has no coordinates."""

    own: Place
    km: int | None
    alike: SimilarityView | None
    near: tuple[NearbyLine, ...]
    like: tuple[NearbyLine, ...]


@dataclass(frozen=True)
class ReadNext:
    """``contrary`` ended otherwise on the same theme; it is not among ``similar``."""

    similar: tuple[Suggestion, ...] = ()
    contrary: Suggestion | None = None


def suggest_reading(
    services: Services, session: Session, access: Access, practice: Practice, reader: Locale
) -> ReadNext:
    """Empty while the index cannot be asked."""
    if not services.ready.is_set():
        return ReadNext()
    try:
        found = find_similar(services, session, access, practice)
    except KbError:
        return ReadNext()
    found = [one for one in found if one.score >= LEAST_LIKE * found[0].score]
    other = _find_contrary(practice, found)
    alike = [one for one in found if one is not other][:MOST_SIMILAR]
    pictures = queries.pictures_of(session, [one.practice.id for one in found])

    def suggest(one: SimilarPractice) -> Suggestion:
        shown = practice_card(one.practice, reader)
        shown = replace(shown, picture=pictures.get(one.practice.id))
        return Suggestion(shown, say_reasons(practice, one, reader))

    return ReadNext(tuple(map(suggest, alike)), suggest(other) if other else None)


def _find_contrary(practice: Practice, found: list[SimilarPractice]) -> SimilarPractice | None:
    """The most similar practice that ended otherwise: without success for one that succeeded, and
    the other way round."""

    def likeness(one: SimilarPractice) -> float:
        return one.score - (MIXED_BEHIND if one.practice.outcome is Outcome.MIXED else 0)

    succeeded = practice.outcome is Outcome.POSITIVE
    others = [one for one in found if (one.practice.outcome is Outcome.POSITIVE) != succeeded]
    return max(others, key=likeness, default=None)


def say_reasons(practice: Practice, found: SimilarPractice, reader: Locale) -> str:
    """What two practices have in common, in words: themes, keywords, kind of place, outcome."""
    say, other = reader.gettext, found.practice
    themes = ", ".join(label("themes", theme, reader.code) for theme in found.themes)
    reasons = [
        reader.ngettext("same theme: {themes}", "same themes: {themes}", len(found.themes)).format(
            themes=themes
        )
    ]
    if shared := [word for word in practice.keywords if word in other.keywords]:
        reasons.append(say(N_("both on {words}")).format(words=", ".join(shared)))
    mine, theirs = practice.place, other.place
    sizes = [size_class(place.population) for place in (mine, theirs) if place.population]
    if len(sizes) == 2 and sizes[0] == sizes[1]:
        reasons.append(say(N_("place of the same size")))
    if mine.territory and mine.territory is theirs.territory:
        reasons.append(label("territories", mine.territory, reader.code).lower())
    text = " · ".join(reasons)
    return text[:1].upper() + text[1:]


def list_nearby(
    session: Session, access: Access, practice: Practice, own: Place | None, reader: Locale
) -> Nearby | None:
    """None if the reader has named no municipality."""
    if own is None:
        return None
    here = home_of(own)
    there = point_of(practice.place.model_dump())
    practices = load_with_themes(session, access, practice.themes)
    near = find_near(practices.values(), here, practice.id)[:MOST_NEAR] if here else []
    shown = {practice.id, *(one.practice.id for one in near)}
    compared = compare_with_place(session, own.istat_code, [*practices, practice.id])
    like = [one for one in find_alike(practices, compared) if one.practice.id not in shown]
    own_view = compared.get(practice.id)
    return Nearby(
        own,
        round(distance_km(here, there)) if here and there else None,
        present_similarity(own_view, reader) if own_view else None,
        tuple(
            _line(one.practice, _say_where(one.spot.name, one.km, one.spot.adopted, reader), reader)
            for one in near
        ),
        tuple(
            _line(one.practice, ", ".join(present_similarity(one.alike, reader).similar), reader)
            for one in like[:MOST_ALIKE]
        ),
    )


def _say_where(name: str, km: int, adopted: bool, reader: Locale) -> str:
    words = N_("adopted by {name}, {km} km away") if adopted else N_("{name}, {km} km away")
    return reader.gettext(words).format(name=name, km=reader.number(km))


def _line(practice: PracticeSpots, why: str, reader: Locale) -> NearbyLine:
    title = title_of(practice, reader)
    return NearbyLine(
        practice.id, title.text, title.language, practice.country, practice.outcome, why
    )


def home_of(own: Place | None) -> Point | None:
    if own is None or own.latitude is None or own.longitude is None:
        return None
    return own.latitude, own.longitude
