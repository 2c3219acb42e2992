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
from kb.practices.traits import PracticeTraits
from search.asked_amounts import RANGE, read_range
from search.asked_costs import find_costs

SMALL = SIZES["up-to-5000"]
"""Residents of a small municipality, by the Italian law 158 of 2017."""
LARGE = SIZES["up-to-100000"]
MOST_RESIDENTS = 3_000_000
"""No municipality of Italy has more."""


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
_JOINS = r"(?:e|o|ed|od|and|or|et|ou|und|oder|y|u|né|nor)"
_PLACES = (
    r"(?:(?:in|nei|negli|nelle|sui|sul|sulla|al|alle|di|on|the)\s+){0,2}(?:montagn|montan|collin|pianur|cost[ai]|costier|mare\b|marin|balnear|rural|"
    r"urban|intern[ei]\b|campagn|lacustr|insular|alpin|mountain|coast|hill|plain|citt[àa]|borghi|"
    r"comuni|paesi|aree|zone)"
)
_JOINED_BEFORE = re.compile(
    rf"(?:\w\s*,?\s+(?:{_JOINS}|che|come)\s+|/\s*|(?<!\w){_PLACES}\w*\s*,\s*)$", re.IGNORECASE
)
_JOINED_AFTER = re.compile(
    rf"\s*(?:,?\s*{_JOINS}\s|(?:che|come|as)\s+(?:in|sul|nel|on)|/|,\s*{_PLACES})", re.IGNORECASE
)
"""One of several: «aree montane o rurali», «in montagna, in collina»."""
_OF = re.compile(
    r"(?:d[ie]i?|degli|delle|della|del|of(?: the)?|des?|du|von|der|de l[ao]s)\s+", re.IGNORECASE
)
_UNION = re.compile(
    r"(?<!\w)(?:union[ei]|unions?|fusion[ei]?|fusions|accorpament[oi]|aggregazion[ei]|consorz\w+|"
    r"associazion[ei]|convenzion[ei]|ret[ei]|alleanz[ae]|gestion[ei] associat[ae]|merg(?:er|ing)s?|"
    r"networks?|associations?|alliances?|réseaux?|regroupements?|zusammenschl\w+|netzwerke?|"
    r"verb[uä]nde?|fusión|red|redes|mancomunidad)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?<!\w)(?:tra|fra|between|among|entre|zwischen|merging|fondere|accorpare)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"(?<!\w)(?:(?:differenza|confronto|contrario|rispetto|fuori|tranne|eccett[oi]|salvo|esclus[ieoa]|"
    r"invece|anziché|piuttosto|lontan[oiae]|unlike|except|outside|instead|rather|compared|contrary|"
    r"sauf|hors|contrairement|außer|außerhalb|anders|excepto|fuera|diferencia)\s+(?:\w+\s+){0,2}|"
    r"(?:non|not|pas|nicht|no|ma|dai|dagli|dalle|dalla|from)\s+"
    r"(?:(?:solo|soltanto|solamente|only|just|seulement|nur|sólo|più)\s+)?(?:\w{1,5}\s+)?)$",
    re.IGNORECASE,
)
_ATTRACTION = re.compile(
    r"(?<!\w)(?:attrarre|attirare|attra\w+no|attract\w*|attirer|atraer|anlocken)\s+"
    r"(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
_OTHER_LAND = re.compile(r"\s+(?:protett|militar)", re.IGNORECASE)
_NAMED_LAND = re.compile(rf"(?<!\w){_LAND}(?!\w)", re.IGNORECASE)
_PROPER_NAME = re.compile(
    r"\s+(?:(?i:padan|pontin|smerald|azzurr|amalfitan|adriatic|tirrenic|ionic|"
    r"d(?:[ei]i?|egli|elle|ella|el)\s|d(?:ell)?['’])|[A-ZÀ-Þ]\w+)"
)
"""After a territory, the rest of another name: «aree marine protette», «Costa dei Trabocchi»."""
_SMALL = r"(?:piccol[ie]|small(?:er)?|petite?s|kleinen?|pequeñ[oa]s)"
_BIG = r"(?:grandi|big|large|grandes|gro(?:ß|ss)en)"


def _compile(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w)(?:{one})(?!\w)" for one in patterns), re.IGNORECASE)


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
    r"(?:\b(?:con|with|mit|avec|de|of|che (?:hanno|ha|abbiano)|"
    r"(?:that|which) ha(?:ve|s)|having)\s+)?"
    r"(?:\b(?:una |a |eine[r]? |une |una )?(?:popolazione|population|bevölkerung|población)\s+"
    rf"(?:(?:di|of|von|de)\s+)?)?{RANGE}\s*{_RESIDENTS}(?!\w)",
    re.IGNORECASE,
)
_OF_SOME = re.compile(
    r"\s*(?:/|per\s+(?:km|chilom|ettar|medic|ogni|square|sq)|al\s+(?:km|chilom)|pro\s|a\s+testa|"
    r"equivalent|stranier|anzian|foreign|in meno|in più)",
    re.IGNORECASE,
)
"""After a number of residents, what makes it another: «abitanti equivalenti»."""
_AFTER_TOWN = re.compile(
    rf"(?<!\w)(?:(?:nei|negli|nelle|dei|degli|delle|di|of|in|for)\s+)?(?:{_SMALL}\s+)?"
    r"(?:comun[ei]|paes[ei]|borg(?:o|hi)|citt[àa]|cittadine|centri (?:abitati|minori|urbani)|"
    r"localit[àa]|municipi|municipalit(?:y|ies)|towns?|villages?|cit(?:y|ies)|communes?|villes?|"
    r"gemeinden?|st[äa]dten?|d[öo]rfern?|orten?|municipios?|pueblos?|ciudad(?:es)?)"
    r"(?:\s+(?:piccol[ioea]|medi[oiae]?|grandi|montan[ioea]|collinar[ie]|costier[ioea]|rural[ie]|"
    r"intern[ioea]|isolat[ioea]|alpin[ioea]|turistic[oia]|turistiche|italian[ioae]|che|con|with|"
    r"that|are|is|sono|small|rural|ruraux|rurales|italiens?|pequeñ[oa]s)){0,3}\s*$",
    re.IGNORECASE,
)
_SMALL_TOWNS = re.compile(
    rf"(?:^|(?<!\w){_INTO})(?:{_SMALL}\s+{_TOWN}(?!\s+(?:diurn|di\s|d['’]|sportiv|anzian))|(?:comuni|paesi|borghi)\s+piccoli|"
    rf"municipios\s+pequeños)(?!\w)",
    re.IGNORECASE,
)
_LARGE_TOWNS = re.compile(
    rf"(?:^|(?<!\w)(?!{_OF.pattern}){_INTO})(?:{_BIG}\s+(?:citt[àa]|cities|villes|städten?|ciudades)|"
    rf"gro(?:ß|ss)städten?)(?!\w)",
    re.IGNORECASE,
)


def find_traits(text: str) -> AskedTraits:
    """The limits in a question, each kind once."""
    found: list[_Found] = []
    for one in (*_find_residents(text), *_find_costs(text), *_find_territories(text)):
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
        if bounds is None or max(one or 0 for one in bounds) > MOST_RESIDENTS:
            continue
        is_all = not before.strip() and not after.strip(" ?!.")
        town = _AFTER_TOWN.search(before)
        is_of_towns = town is not None and not _is_part(before[: town.start()], town.group())
        if (is_of_towns or is_all) and not _OF_SOME.match(after):
            yield _Found(Trait(TraitKind.RESIDENTS, "", *bounds), match.start(), match.end())
            return
    small = [one for one in _SMALL_TOWNS.finditer(text) if _stands_alone(one)]
    large = [one for one in _LARGE_TOWNS.finditer(text) if _stands_alone(one)]
    if small and not _LARGE_TOWNS.search(text):
        yield _Found(Trait(TraitKind.RESIDENTS, "", None, SMALL), *small[0].span())
    if large and not _SMALL_TOWNS.search(text):
        yield _Found(Trait(TraitKind.RESIDENTS, "", LARGE + 1, None), *large[0].span())


def _find_costs(text: str) -> Iterator[_Found]:
    for low, high, start, end in find_costs(text):
        yield _Found(Trait(TraitKind.COST, "", low, high), start, end)


def _find_territories(text: str) -> Iterator[_Found]:
    """None where a question names several."""
    found = {
        territory: [*pattern.finditer(text)]
        for territory, pattern in _TERRITORIES.items()
        if pattern.search(text)
    }
    if len(found) == 1:
        ((territory, matches),) = found.items()
        for match in matches:
            other_name = _OTHER_LAND if _NAMED_LAND.search(match.group()) else _PROPER_NAME
            if _stands_alone(match) and not other_name.match(text[match.end() :]):
                yield _Found(Trait(TraitKind.TERRITORY, territory), *match.span())


def _stands_alone(match: re.Match[str]) -> bool:
    """Whether what is asked for is in such places, not their union, nor other places, nor in these
    and others."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_joined = _JOINED_BEFORE.search(before) or _JOINED_AFTER.match(after)
    return not is_joined and not _is_part(before, match.group())


def _is_part(before: str, words: str) -> bool:
    """Whether the words before make of a town that is said by ``words`` one side of a relation or a
    contrast: «unione», «tra», «a differenza»."""
    is_of = _OF.match(words) or re.search(rf"(?<!\w){_OF.pattern}$", before, re.IGNORECASE)
    if is_of and (_UNION.search(before) or _ATTRACTION.search(before)):
        return True
    return bool(_BETWEEN.search(before) or _CONTRAST.search(before))
