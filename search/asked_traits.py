"""Limits that a question sets to practices: kind of territory, number of residents, cost.

«Comuni montani», «nei piccoli comuni», «paesi sotto i 3.000 abitanti», «con meno di 50 mila euro»,
"coastal towns", "under 20k", in Italian, English, French, German and Spanish. What is part of the
subject is no limit: «fusione tra comuni sotto i 5.000 abitanti», «risparmio di oltre 10.000 euro».
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kb.practices.counts import SIZES
from kb.practices.terms import Territory
from kb.practices.traits import LEAST_COST, PracticeTraits
from search.asked_amounts import RANGE, read_range

SMALL = SIZES["up-to-5000"]
"""Residents of a small municipality, by the Italian law 158 of 2017."""
LARGE = SIZES["up-to-100000"]


class TraitKind(enum.StrEnum):
    TERRITORY = "territory"
    RESIDENTS = "residents"
    COST = "cost"


@dataclass(frozen=True)
class Trait:
    """``low`` and ``high``, both included, are residents or euros; ``territory`` is a term of the
    list of territories."""

    kind: TraitKind
    territory: str = ""
    low: float | None = None
    high: float | None = None

    def fits(self, practice: PracticeTraits) -> bool:
        """What is not known of a practice does not fit."""
        if self.kind is TraitKind.TERRITORY:
            return practice.territory == self.territory
        value = practice.population if self.kind is TraitKind.RESIDENTS else practice.cost
        if value is None:
            return False
        return (self.low or 0) <= value and (self.high is None or value <= self.high)


class AskedTraits(NamedTuple):
    """``rest`` is the question without the words that set the limits."""

    traits: tuple[Trait, ...]
    rest: str


class _Found(NamedTuple):
    trait: Trait
    start: int
    end: int


_TOWN = (
    r"(?:comun[ei]|paes[ei]|borg(?:o|hi)|citt[àa]|cittadine|centri|localit[àa]|municipi|"
    r"municipalit(?:y|ies)|towns?|villages?|cit(?:y|ies)|communities|communes?|villes?|"
    r"gemeinden?|st[äa]dten?|d[öo]rfern?|orten?|municipios?|pueblos?|ciudad(?:es)?)"
)
_LAND = rf"(?:{_TOWN}|are[ae]|zon[ae]|territori[oi]?|areas?|regions?|zones?|zonas?)"
_INTO = (
    r"(?:(?:nei|negli|nelle|nella|in|per i|per le|dei|delle|di|a|for|of the|in the|dans les|"
    r"pour les|des|in den|für|en los|en las|en|para|de los)\s+)"
)
_ALONE = r"(?!\s*(?:,|/|o|e|od|ed|or|and|ou|et|oder|und|u|y)\s)(?!\w)"
"""Not one of several: «aree montane o rurali»."""
_BETWEEN_TOWNS = re.compile(
    r"\b(?:tra|fra|between|entre|zwischen|union[ei]|union of)\s+(?:\w+\s+){0,2}$", re.I
)
_SMALL = r"(?:piccol[ie]|small(?:er)?|petite?s|kleinen?|pequeñ[oa]s)"
_BIG = r"(?:grandi|big|large|grandes|gro(?:ß|ss)en)"


def _compile(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w)(?:{one}){_ALONE}" for one in patterns), re.IGNORECASE)


_TERRITORIES = {
    Territory.MOUNTAIN: _compile(
        rf"{_INTO}?(?:{_SMALL}\s+)?{_LAND}\s+(?:montan[ioea]|d[ie] montagna|in montagna|"
        r"de montagne|de montaña|en la montaña|in the mountains|im gebirge)",
        rf"{_INTO}?mountain(?:ous)? {_LAND}",
        r"in (?:alta )?montagna|in the mountains|en (?:la )?montagne|im gebirge|in den bergen|"
        rf"en (?:la )?montaña|{_INTO}?berg(?:gemeinden|dörfern?|gebieten?)",
    ),
    Territory.COAST: _compile(
        rf"{_INTO}?(?:{_SMALL}\s+)?{_LAND}\s+(?:costier[ioea]|della costa|sulla costa|sul mare|"
        r"di mare|marin[ie]|balnear[ie]|on the coast|by the sea|littora(?:l|les|ux)|"
        r"côti(?:er|ère)s|an der küste|coster[oa]s|de la costa)",
        rf"{_INTO}?(?:coastal|seaside) {_LAND}",
        rf"sulla costa|on the coast|sur le littoral|an der küste|en la costa|{_INTO}?küsten"
        r"(?:gemeinden|orten?|städten?)",
    ),
    Territory.HILL: _compile(
        rf"{_INTO}?(?:{_SMALL}\s+)?{_LAND}\s+(?:collinar[ie]|di collina|in collina)",
        rf"in collina|in the hills|{_INTO}?hill {_TOWN}|im hügelland|en la colina",
    ),
    Territory.PLAIN: _compile(
        rf"{_INTO}?(?:{_SMALL}\s+)?{_LAND}\s+(?:di pianura|in pianura)",
        r"in pianura|in the plains?|en plaine|in der ebene|en la llanura",
    ),
}
_RESIDENTS = (
    r"(?:di )?(?:abitanti|residenti|anime|ab\.|inhabitants|residents|people|habitants|"
    r"einwohner(?:n|innen)?|habitantes|vecinos)"
)
_POPULATION = re.compile(
    rf"(?:\b(?:con|with|mit|avec|de|of)\s+)?{RANGE}\s*{_RESIDENTS}(?!\w)",
    re.IGNORECASE,
)
_AFTER_TOWN = re.compile(rf"(?<!\w){_TOWN}(?:\s+\S+){{0,3}}\s*$", re.IGNORECASE)
_SMALL_TOWNS = re.compile(
    rf"(?:^|(?<!\w){_INTO})(?:{_SMALL}\s+{_TOWN}|(?:comuni|paesi|borghi)\s+piccoli|"
    rf"municipios\s+pequeños){_ALONE}",
    re.IGNORECASE,
)
_LARGE_TOWNS = re.compile(
    rf"(?:^|(?<!\w){_INTO})(?:{_BIG}\s+(?:citt[àa]|cities|villes|städten?|ciudades)|"
    rf"gro(?:ß|ss)städten?){_ALONE}",
    re.IGNORECASE,
)
_EURO = r"(?:€|eur(?:o|os)?(?!\w))"
_COST_WORD = (
    r"(?:cost[oi]|costan[o]|costa|costat[oiae]|costare|spes[ae]|spendere|spendendo|budget|"
    r"investiment[oi]|bilancio|costs?|costing|spending|investments?|coûtent|coûte|coûts?|dépenses?|"
    r"kosten|kostet|ausgaben|cuestan|cuesta|costes?|gastos?|presupuesto)"
)
_MONEY = re.compile(
    rf"(?P<noun>(?:\b(?:che|con|a|dal|di|un|una|that|which|with|a|avec|qui|mit|die|con|que)\s+)*"
    rf"\b{_COST_WORD}(?:\s+(?:complessiv[oi]|total[ei]))?\s*(?:di\s+|of\s+|:\s*)?)?"
    rf"(?P<with>\b(?:con|per|with|for|mit|für|avec|pour|por)\s+)?"
    rf"{RANGE}\s*(?:(?:di\s+)?{_EURO})?(?!\w)",
    re.IGNORECASE,
)
_OF_ONE = re.compile(
    r"\s*(?:/|a |al |alla |all['’]|l['’]|pro |je |par |each|ogni |"
    r"(?:per|por) (?!i[l ]|l[aeo] |gli |l['’]|un|el |los |las ))",
    re.IGNORECASE,
)
_NO_COST = re.compile(
    r"risparm|ricav|fattur|stipend|reddit|contribut|multa|sanzion|\btass[ae]|affitt|canon|isee|"
    r"prezz|premi[oi]\b|debit|mutu[oi]\b|appalt|affidament|\bgar[ae]\b|soglia|donazion|incass|"
    r"saving|income|salar|rent\b|prize|turnover|revenue|procurement|tender|miete|umsatz|loyer|"
    r"salaire|alquiler|sueldo",
    re.IGNORECASE,
)


def find_traits(text: str) -> AskedTraits:
    """The limits in a question, each kind once."""
    found: list[_Found] = []
    for one in (*_find_residents(text), *_find_cost(text), *_find_territories(text)):
        known = {other.trait.kind for other in found}
        apart = all(one.end <= other.start or other.end <= one.start for other in found)
        if apart and one.trait.kind not in known:
            found.append(one)
    rest = text
    for one in sorted(found, key=lambda one: -one.start):
        rest = f"{rest[: one.start]} {rest[one.end :]}"
    rest = " ".join(rest.split()).strip(" ,;:-–") if found else text
    kinds = list(TraitKind)
    traits = sorted((one.trait for one in found), key=lambda one: kinds.index(one.kind))
    return AskedTraits(tuple(traits), rest)


def _find_residents(text: str) -> Iterator[_Found]:
    for match in _POPULATION.finditer(text):
        bounds = read_range(match)
        before, after = text[: match.start()], text[match.end() :]
        is_all = not before.strip() and not after.strip(" ?!.")
        is_of_towns = _AFTER_TOWN.search(before) or is_all
        if bounds and is_of_towns and not _BETWEEN_TOWNS.search(before):
            yield _Found(Trait(TraitKind.RESIDENTS, "", *bounds), match.start(), match.end())
            return
    if small := _SMALL_TOWNS.search(text):
        yield _Found(Trait(TraitKind.RESIDENTS, "", None, SMALL), *small.span())
    if large := _LARGE_TOWNS.search(text):
        yield _Found(Trait(TraitKind.RESIDENTS, "", LARGE + 1, None), *large.span())


def _find_cost(text: str) -> Iterator[_Found]:
    if _NO_COST.search(text):
        return
    for match in _MONEY.finditer(text):
        bounds = read_range(match)
        if bounds is None or max(one or 0 for one in bounds) < LEAST_COST:
            continue
        if _OF_ONE.match(text[match.end() :]) or not _is_money(match, text):
            continue
        yield _Found(Trait(TraitKind.COST, "", *bounds), match.start(), match.end())


def _is_money(match: re.Match[str], text: str) -> bool:
    """A cost is said to be so, before it or elsewhere; or an amount is all that a thing is asked to
    be within: «con meno di 50 mila euro», "projects under 20k"."""
    has_sign = re.search(_EURO, match.group(), re.IGNORECASE) is not None
    if match["noun"] or re.search(rf"\b{_COST_WORD}\b", text, re.IGNORECASE):
        return has_sign or match["noun"] is not None
    is_short = re.search(r"\d\s*k\b", match.group(), re.IGNORECASE) is not None
    is_apart = match["with"] is not None or _ANY_PROJECT.search(text[: match.start()]) is not None
    return (has_sign or is_short) and is_apart


_ANY_PROJECT = re.compile(
    r"^\s*$|(?<!\w)(?:progett[oi]|pratic(?:a|he)|esperienz[ae]|intervent[oi]|iniziativ[ae]|soluzioni|"
    r"opere|projects?|practices?|solutions|measures|projets?|projekten?|proyectos?)\s*$",
    re.IGNORECASE,
)


def _find_territories(text: str) -> Iterator[_Found]:
    for territory, pattern in _TERRITORIES.items():
        for match in pattern.finditer(text):
            if not _BETWEEN_TOWNS.search(text[: match.start()]):
                yield _Found(Trait(TraitKind.TERRITORY, territory), *match.span())
