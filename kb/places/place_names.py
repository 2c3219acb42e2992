"""Names of places as questions write them: which names there are, and how sure each is."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from kb.places import areas, municipalities
from kb.places.areas import Area
from kb.text.folding import fold_text

SHORTEST_NAME = 4
"""Letters; shorter names of municipalities are taken for words."""
ARTICLES = frozenset({"l", "la", "il", "lo", "le", "i"})
ONLY_AFTER_IN = frozenset({"IT"})
"""Countries that count after «in» only: «in Italia», not «i borghi più belli d'Italia»."""
WORDS_TOO = frozenset(
    {"marche", "marches", "marken", "marcas", "malta", "mali", "turkey", "chile", "jersey", "cuba"}
    | {"guinea", "panama", "niger", "oman", "togo", "jordan", "chad", "ciad", "lacio", "langa"}
)
"""Names of regions and countries that are words, too: with a capital and a preposition only."""


class NameKind(enum.Enum):
    """How sure a name is one of a place."""

    SURE = enum.auto()
    TOWN = enum.auto()
    """A municipality whose name is no word."""
    WORD = enum.auto()
    """A name that is a word, too."""
    AFTER_IN = enum.auto()
    ACRONYM = enum.auto()
    """In capitals only: USA, not «usa»."""
    ADJECTIVE = enum.auto()
    FOREIGN = enum.auto()
    """A region that the gazetteer lacks: with a capital, or after a preposition."""
    LAND = enum.auto()
    """An adjective that means other things unless it stands for the land: «nel fiorentino»."""
    DIRECTION = enum.auto()
    """A landscape that means other things, too, except after a preposition: «al Sud»."""
    ENGLISH = enum.auto()
    """An English adjective, with a capital and before a noun."""


class PlaceName(NamedTuple):
    """What a name stands for, and how sure it does."""

    kind: NameKind
    area: Area


@cache
def read_provinces() -> Mapping[str, Area]:
    """Provinces by name, part of a name and code, folded."""
    found = {fold_text(area.name): area for area, _ in areas.provinces()}
    parts = {
        fold_text(part): area
        for area, _ in areas.provinces()
        for part in re.split(r"-| e della | e ", area.name)
    }
    named = parts | found | {area.code.lower(): area for area, _ in areas.provinces()}
    abroad = {
        fold_text(other): named[fold_text(name)]
        for name, others in areas.other_names()
        if fold_text(name) in named
        for other in others
    }
    return abroad | named


@cache
def read_names() -> Mapping[str, PlaceName]:
    """Every name, folded; of equal ones that of the later kind in this list."""
    names: dict[str, PlaceName] = {}
    common = _common_words()
    for place in municipalities.all_places():
        folded = fold_text(place.name)
        known = names.get(folded)
        if known and _residents(known.area) > (place.population or 0):
            continue
        is_word = folded in common or len(folded) < SHORTEST_NAME
        kind = NameKind.WORD if is_word else NameKind.TOWN
        names[folded] = PlaceName(kind, areas.municipality(place.istat_code))
        article, _, bare = folded.partition(" ")
        if article in ARTICLES and bare:
            names.setdefault(bare, PlaceName(NameKind.WORD, areas.municipality(place.istat_code)))
    for name, others in areas.other_names():
        names |= {fold_text(other): names[fold_text(name)] for other in others}
    for area, own in areas.countries():
        kind = NameKind.AFTER_IN if area.code in ONLY_AFTER_IN else NameKind.SURE
        names |= _name_all(kind, area, own)
    for area, own, _ in areas.regions():
        names |= _name_all(NameKind.SURE, area, own)
    for area, own, directions in areas.landscapes():
        names |= _name_all(NameKind.SURE, area, own)
        names |= {fold_text(one): PlaceName(NameKind.DIRECTION, area) for one in directions}
    return names


def _name_all(kind: NameKind, area: Area, own: Iterable[str]) -> dict[str, PlaceName]:
    own = list(own)
    folded = [fold_text(name) for name in own]
    return {
        name: PlaceName(NameKind.WORD if name in WORDS_TOO else kind, area)
        for name in folded
        if name
    } | {fold_text(name): PlaceName(NameKind.ACRONYM, area) for name in own if name.isupper()}


def _residents(area: Area) -> int:
    place = municipalities.find(area.code)
    return (place.population or 0) if place else 0


@cache
def _common_words() -> frozenset[str]:
    lines = files("kb.places").joinpath("common_words.txt").read_text("utf-8").splitlines()
    return frozenset(map(fold_text, lines))


@cache
def read_adjectives() -> Mapping[str, PlaceName]:
    """Adjectives of provinces, regions and countries in every form, folded."""
    found: dict[str, PlaceName] = {}
    for country, language, words in areas.demonyms():
        kind = NameKind.ENGLISH if language == "en" else NameKind.ADJECTIVE
        found |= {
            form: PlaceName(kind, areas.country(country))
            for word in words
            for form in _inflect(word)
        }
    for area, own in areas.region_adjectives_en():
        found |= {fold_text(word): PlaceName(NameKind.ENGLISH, area) for word in own}
    listed = [(area, own) for area, own in areas.provinces()]
    listed += [(area, own) for area, _, own in areas.regions()]
    for area, own in listed:
        for word in own:
            kind = NameKind.LAND if word.endswith("*") else NameKind.ADJECTIVE
            found |= {form: PlaceName(kind, area) for form in _inflect(word.rstrip("*"))}
    return found


def _inflect(word: str) -> Iterator[str]:
    """The Italian forms of an adjective from its masculine singular, folded."""
    folded = fold_text(word)
    yield folded
    if folded.endswith("e"):
        yield f"{folded[:-1]}i"
    elif folded.endswith("o"):
        stem = folded[:-1]
        hard = f"{stem}h" if stem.endswith(("c", "g")) else stem
        yield from (f"{stem}a", f"{stem}i", f"{hard}i", f"{hard}e")
