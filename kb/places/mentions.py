"""Places named in a question.

A name counts as a place by how it is written and what stands before it:

===============================  ==========================  =====================================
name                             counts                      does not
===============================  ==========================  =====================================
region, country, landscape,      toscana, Danimarca          italia without «in»
of several words
municipality, no word of its     Sinalunga, «a sinalunga»,   «rifiuti sinalunga», Giuliano Ferrara,
own                              «sinalunga» alone           via Siena
municipality that is a word,     «a Prato», «vicino a Lodi», «Prato», «il Prato», «a prato», «i
or of three letters              «comune di Massa»           Fondi», «Potenza termica»
province                         «in provincia di Grosseto», «il senese Rossi», «la fiorentina»
                                 «nel senese», «aziende
                                 senesi»
adjective of region or country   «comuni umbri», «Danish     «in francese», «il danese»
                                 mergers»
===============================  ==========================  =====================================

The longest name wins. Of nested places («Sinalunga in Toscana») the inner one counts; several that
are not nested count together («Toscana e Umbria»).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise

import yaml

from kb.places import areas, municipalities
from kb.places.areas import Area
from kb.places.place_names import (
    NameKind,
    PlaceName,
    read_adjectives,
    read_names,
    read_provinces,
)
from kb.text.folding import fold_text

LONGEST = 6
"""Words of a name."""
DIRECTIONS = frozenset(
    {"centro", "centre", "oeste", "este", "est", "ovest", "nord", "norte", "sud", "sur", "sul"}
)
"""Names of regions that are directions: «una casa in centro»."""

_WORD = re.compile(r"\w+")
_DISTANCE = re.compile(
    r"(?:\b(?:entro|(?:nel|in un) raggio di|a meno di|within|in a radius of|less than|à moins de|"
    r"dans un rayon de|im umkreis von|a menos de)\s+)?\b(\d{1,3})\s*"
    r"(?:km|chilometri|kilomet(?:re|er)s?|kilomètres|kilometern?|kilómetros)\b\s*$",
    re.IGNORECASE,
)
_AND_PROVINCE = re.compile(r"\s+e\s+(?:la\s+sua\s+|in\s+)?provincia\b", re.IGNORECASE)
_AND_AROUND = re.compile(
    r"\s+(?:(?:e|and|et|und|y)\s+(?:i\s+suoi\s+|i\s+|its\s+|ses\s+)?"
    r"(?:dintorni|surroundings|environs|umgebung|alrededores)|area)\b",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"\s+(\w+)")


@dataclass(frozen=True)
class Token:
    text: str
    folded: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.text[:1].isupper()


@dataclass(frozen=True)
class Mention:
    """A place in a question. ``start`` and ``end`` span it with the words that belong to it: «nel
    senese», «in provincia di Grosseto». ``near``: what is around it is asked for."""

    area: Area
    near: bool
    start: int
    end: int
    radius_km: float | None = None
    """How near, if the question says so: «entro 30 km da Siena»."""


@dataclass(frozen=True)
class Mentions:
    """The places that a question names. ``rest`` is the question without them, empty if it then
    asks for nothing in particular: «esperienze in Toscana»."""

    places: tuple[Mention, ...]
    rest: str


def find_mentions(text: str, foreign_regions: Iterable[tuple[str, str]] = ()) -> Mentions | None:
    """The places named in ``text``; None if there are none.

    ``foreign_regions``: (name, country) of regions that the gazetteer lacks and the base has.
    """
    text = unicodedata.normalize("NFC", text)
    tokens = [
        Token(found.group(), fold_text(found.group()), found.start(), found.end())
        for found in _WORD.finditer(text)
    ]
    extra = {
        folded: PlaceName(NameKind.FOREIGN, areas.foreign_region(name, country))
        for name, country in foreign_regions
        if (folded := fold_text(name)) not in DIRECTIONS
    }
    named = [_widen(text, mention) for mention in _scan(tokens, extra)]
    if not named:
        return None
    return Mentions(_drop_nested(_drop_bracketed(text, named)), _without(text, named))


def _scan(tokens: Sequence[Token], extra: Mapping[str, PlaceName]) -> Iterator[Mention]:
    at = 0
    while at < len(tokens):
        for size in range(min(LONGEST, len(tokens) - at), 0, -1):
            mention = _read(tokens, at, at + size, extra)
            if mention is not None:
                yield mention
                at += size
                break
        else:
            at += 1


def _widen(text: str, mention: Mention) -> Mention:
    """The mention with the words around it that change its extent: a distance before, «e provincia»
    or «e dintorni» after, an adjective of the province («Valdichiana senese»)."""
    if mention.area.is_town and (distance := _DISTANCE.search(text[: mention.start])):
        radius = float(distance.group(1))
        mention = replace(mention, start=distance.start(), near=True, radius_km=radius)
    after = text[mention.end :]
    if found := _AND_PROVINCE.match(after):
        place = municipalities.find(mention.area.code) if mention.area.is_town else None
        area = read_provinces()[place.province.lower()] if place else mention.area
        return replace(mention, area=area, end=mention.end + found.end())
    if found := _AND_AROUND.match(after):
        return replace(mention, near=True, end=mention.end + found.end())
    found = _NEXT_WORD.match(after)
    if found and (adjective := read_adjectives().get(fold_text(found.group(1)))):
        area = areas.narrow(mention.area, adjective.area, found.group(1).lower())
        return replace(mention, area=area, end=mention.end + found.end())
    return mention


def _read(
    tokens: Sequence[Token], start: int, end: int, extra: Mapping[str, PlaceName]
) -> Mention | None:
    key = " ".join(token.folded for token in tokens[start:end])
    before = _Before(tokens, start)
    if (length := before.phrase("province")) and (area := read_provinces().get(key)):
        return _mention(tokens, start - length, end, area)
    for name in _candidates(key, extra):
        near = before.phrase("near")
        if near and name.kind in _NAMES and before.may_be_near(tokens[start], name):
            return _mention(tokens, start - near, end, name.area, near=True)
        if _counts(name, tokens, start, end, before):
            return _mention(tokens, start - before.phrase("explicit"), end, name.area)
    return None


_OF = frozenset({"di", "of", "de", "von"})
_NAMES = frozenset({NameKind.SURE, NameKind.TOWN, NameKind.WORD, NameKind.AFTER_IN})


class _Before:
    """The words before a name."""

    def __init__(self, tokens: Sequence[Token], start: int) -> None:
        self._tokens = tokens
        self._start = start

    @property
    def last(self) -> str:
        return self._tokens[self._start - 1].folded if self._start else ""

    @property
    def after_name(self) -> bool:
        """Whether a word with a capital goes before, as in a person's name."""
        if not self._start:
            return False
        before, own = self._tokens[self._start - 1], self._tokens[self._start]
        is_beside = before.is_capital and own.start - before.end == 1
        return is_beside and before.folded not in _words()["linking"]

    def phrase(self, kind: str) -> int:
        """How many words before the name are one of the phrases of a kind; 0 if none."""
        for size in range(min(LONGEST, self._start), 0, -1):
            words = self._tokens[self._start - size : self._start]
            if " ".join(token.folded for token in words) in _words()[kind]:
                return size
        return 0

    def may_be_near(self, own: Token, name: PlaceName) -> bool:
        return name.kind is not NameKind.WORD or own.is_capital


def _counts(
    name: PlaceName, tokens: Sequence[Token], start: int, end: int, before: _Before
) -> bool:
    own, words = tokens[start], _words()
    match name.kind:
        case NameKind.SURE:
            counts = before.last not in words["street"] and not _is_other(tokens, end)
        case NameKind.TOWN:
            counts = _is_town(tokens, start, end, before)
        case NameKind.WORD:
            counts = own.is_capital and _is_introduced(name.area, before)
        case NameKind.ACRONYM:
            counts = own.text.isupper()
        case NameKind.FOREIGN:
            counts = own.is_capital or before.last in words["locative"]
        case NameKind.AFTER_IN:
            counts = before.last == "in"
        case NameKind.DIRECTION:
            counts = _is_part_of_italy(tokens, start, end, before)
        case NameKind.ADJECTIVE | NameKind.LAND:
            follows = name.kind is NameKind.ADJECTIVE and _follows_noun(own, before)
            counts = follows or before.last in words["in_land"]
        case NameKind.ENGLISH:
            counts = own.is_capital and end < len(tokens) and before.last not in {"into", "from"}
    return counts


def _is_other(tokens: Sequence[Token], end: int) -> bool:
    """Whether a landscape's name is that of something else: «piccole isole ecologiche», or the
    Elbe: «l'Elba ad Amburgo»."""
    words, last = _words(), tokens[end - 1].folded
    after = tokens[end].folded if end < len(tokens) else ""
    is_elbe = last == "elba" and any(one.folded in words["on_elbe"] for one in tokens)
    return is_elbe or (last in {"isole", "elba"} and after in words["no_island"])


def _is_introduced(area: Area, before: _Before) -> bool:
    return bool(before.phrase("explicit")) or before.last in _prepositions(area)


def _prepositions(area: Area) -> frozenset[str]:
    """Those after which a name that is a word, too, is one of this place: «a Prato», «nelle
    Marche», «all'Aquila»."""
    if not area.is_town:
        return _words()["linking"]
    has_article = area.name.startswith(("L'", "La ", "Il ", "Lo ", "Le ", "I "))
    return _words()["to_article"] if has_article else _words()["at_town"]


def _is_town(tokens: Sequence[Token], start: int, end: int, before: _Before) -> bool:
    """A municipality whose name is no word: with a capital anywhere but in a person's name or a
    street's, in lower case after a preposition or alone."""
    words, own = _words(), tokens[start]
    if start > 1 and before.last in _OF and tokens[start - 2].folded in words["body"]:
        return False
    if before.phrase("explicit") or before.last in words["locative"]:
        return True
    if own.is_capital:
        return before.last not in words["street"] and not before.after_name
    is_long = end - start > 1
    return end - start == len(tokens) or (is_long and not before.after_name)


def _is_part_of_italy(tokens: Sequence[Token], start: int, end: int, before: _Before) -> bool:
    """«al Sud», but not «Corea del Sud», «Toscana del sud», «al sud della città», «isole
    ecologiche», nor «a mezzogiorno»."""
    if end - start == len(tokens):
        return True
    words = _words()
    own, after = tokens[start], tokens[end].folded if end < len(tokens) else ""
    noun = tokens[start - 2].folded if start > 1 else ""
    return (
        before.last in words["before_direction"]
        and after not in words["no_direction_before"] | words["no_island"]
        and not (own.text == "mezzogiorno" and before.last in {"il", "al", "dal"})
        and noun not in words["no_direction_after"]
        and not (noun in read_names() and read_names()[noun].kind is NameKind.SURE)
    )


def _follows_noun(own: Token, before: _Before) -> bool:
    last = before.last
    return bool(last) and last not in _words()["no_adjective_after"] and not before.after_name


def _mention(
    tokens: Sequence[Token], start: int, end: int, area: Area, *, near: bool = False
) -> Mention:
    while start and tokens[start - 1].folded in _words()["linking"]:
        start -= 1
    return Mention(area, near, tokens[start].start, tokens[end - 1].end)


def _candidates(key: str, extra: Mapping[str, PlaceName]) -> Iterator[PlaceName]:
    if name := read_names().get(key):
        yield name
    if adjective := read_adjectives().get(key):
        yield adjective
    if key in extra and key not in read_names():
        yield extra[key]


def _drop_bracketed(text: str, found: list[Mention]) -> list[Mention]:
    """«Sinalunga (Siena)»: what is in brackets after a place says where it is."""
    kept = found[:1]
    for before, mention in pairwise(found):
        if text[before.end : mention.start].strip() != "(":
            kept.append(mention)
    return kept


def _drop_nested(found: Sequence[Mention]) -> tuple[Mention, ...]:
    return tuple(
        mention
        for number, mention in enumerate(found)
        if not any(mention.area.holds(other.area) for other in found)
        and mention.area not in [other.area for other in found[:number]]
    )


def _without(text: str, found: Sequence[Mention]) -> str:
    """The question without the places, and without what is left of it if that is nothing."""
    for mention in sorted(found, key=lambda one: -one.start):
        text = f"{text[: mention.start]} {text[mention.end :]}"
    if asks_for_anything(text):
        return ""
    return " ".join(text.replace("( )", " ").split()).strip(" ,;:-–")


def asks_for_anything(text: str) -> bool:
    """Whether a question without its places says nothing of a subject: «quali esperienze»."""
    empty = _words()["generic"] | _words()["linking"]
    return all(word in empty for word in fold_text(text).split())


@cache
def _words() -> Mapping[str, frozenset[str]]:
    text = files("kb.places").joinpath("wording.yaml").read_text("utf-8")
    return {kind: frozenset(map(str, words)) for kind, words in yaml.safe_load(text).items()}
