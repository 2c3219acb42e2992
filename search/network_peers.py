"""People and bodies of the network who may help with a need, each with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.network.profiles import VisibleProfile, list_visible
from kb.places import municipalities
from kb.runtime.services import Services
from search.found_profiles import find_helpers
from search.query import embed_question
from search.results import Question
from search.similarity.gower import (
    Similarity,
    choose_weights,
    compare_contexts,
    context_of_reader,
)
from search.similarity.viewpoint import Viewpoint

EMBEDDED_AT_ONCE = 40
MOST = 12
ALIKE = 0.7
"""Context similarity from which a place is named as a reason."""


@dataclass(frozen=True)
class Need:
    """What somebody looks for: in words, on a theme, for a municipality (ISTAT code). Each may be
    empty. ``practices``: those found for the words."""

    text: str = ""
    theme: str = ""
    place: str = ""
    practices: tuple[str, ...] = ()
    language: str = "it"


@dataclass(frozen=True)
class Peer:
    """A profile and why it is named. ``words``: what it says, nearest to the need. ``similarity``
    is set where the places are alike; ``practices``: those that it knows among those found."""

    profile: VisibleProfile
    words: str = ""
    likeness: float = 0.0
    theme: str = ""
    similarity: Similarity | None = None
    same_province: bool = False
    practices: tuple[str, ...] = ()

    @property
    def is_on_subject(self) -> bool:
        return bool(self.words or self.theme or self.practices)

    @property
    def reasons(self) -> int:
        near = self.similarity is not None or self.same_province
        return sum((bool(self.words), bool(self.theme), near, bool(self.practices)))


def find_peers(services: Services, session: Session, access: Access, need: Need) -> list[Peer]:
    """At most ``MOST`` profiles that the caller may see, those with most reasons first; on the
    subject where one is asked for, else from places alike.

    Raises:
        PermanentError: the text is too long, or the place is unknown.
        TransientError: the model cannot answer at the moment.
    """
    profiles = list_visible(session, access)
    said = {}
    if need.text and profiles:
        asked = Question(need.text, reader_language=need.language)
        question = embed_question(services, asked, access)
        helpers = find_helpers(services, session, access, question, profiles, EMBEDDED_AT_ONCE)
        said = {one.id: one for one in helpers}
    alike = compare_places(session, need.place, profiles)
    found = [
        Peer(
            profile=one,
            words=said[one.id].words if one.id in said else "",
            likeness=said[one.id].likeness if one.id in said else 0.0,
            theme=need.theme if need.theme and need.theme in one.themes else "",
            similarity=alike.get(one.id),
            same_province=is_same_province(need.place, one.municipality),
            practices=tuple(id for id in one.known if id in need.practices),
        )
        for one in profiles
    ]
    by_subject = bool(need.text or need.theme)
    kept = [one for one in found if (one.is_on_subject if by_subject else one.reasons)]
    kept.sort(key=lambda one: (-one.reasons, -one.likeness, one.profile.name.casefold()))
    return kept[:MOST]


def compare_places(
    session: Session, place: str, profiles: Sequence[VisibleProfile]
) -> dict[str, Similarity]:
    """By profile, the similarity of its municipality to ``place``, where it is ``ALIKE``."""
    if not place:
        return {}
    viewpoint = Viewpoint(place=place)
    mine, weights = context_of_reader(session, viewpoint) or {}, choose_weights(viewpoint)
    found: dict[str, Similarity] = {}
    for one in profiles:
        if one.municipality and municipalities.find(one.municipality):
            theirs = context_of_reader(session, Viewpoint(place=one.municipality)) or {}
            compared = compare_contexts(mine, theirs, weights)
            if compared.value is not None and compared.value >= ALIKE:
                found[one.id] = compared
    return found


def is_same_province(place: str, other: str | None) -> bool:
    here, there = municipalities.find(place), municipalities.find(other or "")
    return here is not None and there is not None and here.province == there.province
