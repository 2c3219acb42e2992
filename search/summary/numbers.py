"""Whether the numbers of a statement stand in the passage that it cites, digits or words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.text.folding import fold_text
from kb.text.number_words import find_number_words
from kb.text.unit_kinds import kind_at
from kb.text.written_numbers import WrittenNumber, find_numbers

PERCENT = "%"
_UNITS = {
    "€": r"€|euros?\b|eur\b",
    "$": r"\$|usd\b|dollar\w*|dólar\w*",
    "£": r"£|gbp\b|sterlin\w*|pounds?\b",
    "kt": r"kt\w*|kilotonn\w*",
    "t": r"t\b|tco2\w*|tonnellat\w*|tonn?e?s?\b|tons?\b|tonnen\b|toneladas?",
    "kg": r"kg\b|chil[io]\b|chilogramm\w*|kilos?\b|kilogramm?\w*",
    "g": r"g\b|gramm\w*|grams?\b",
    "MWh": r"mwh\w*|megawattor\w*|megawatt.?hours?",
    "GWh": r"gwh\w*|gigawattor\w*|gigawatt.?hours?",
    "kWh": r"kwh\w*|chilowattor\w*|kilowattor\w*|kilowatt.?hours?",
    "MW": r"mw(?:p|e|t|el|th)?\b|megawatt\b",
    "kW": r"kw(?:p|e|t|el|th)?\b|(?:chilo|kilo)watt\b",
    "km": r"km\b|chilometr\w*|kilomet\w*|kilomèt\w*",
    "m": r"m\b|metri\b|met(?:re|er)s?\b|mètres?\b|metros\b",
    "year": r"ann[io]\b|years?\b|jahre?n?\b|ans?\b|années?\b|años?\b",
    "month": r"mes[ie]\b|months?\b|monate?n?\b|mois\b|meses\b",
    "week": r"settiman\w*|weeks?\b|wochen?\b|semaines?\b|semanas?\b",
    "day": r"giorn[io]\b|days?\b|tage?n?\b|jours?\b|días?\b",
    "hour": r"or[ae]\b|hours?\b|stunden?\b|heures?\b|horas?\b",
}
_UNIT = re.compile(
    r"[\s(]*(?:(?:d[ie]|of|de|d['’]|von)\s+)?(?:"
    + "|".join(f"(?P<u{n}>{forms})" for n, forms in enumerate(_UNITS.values()))
    + ")",
    re.IGNORECASE,
)
_NAMES = tuple(_UNITS)
_CURRENCY_BEFORE = re.compile(r"(€|\$|£|\beuros?|\bEUR|\bUSD|\bGBP)\s?$", re.IGNORECASE)
_MEASURED = frozenset(
    {"percent", "money", "flow", "energy", "power", "mass", "volume", "area", "length", "time"}
)
"""Kinds of units that never count people or things; those that do have many names."""
_IN_A_RANGE = re.compile(
    r"\s?[-–—/]\s?|\s(?:e|ed|o|a|al|and|or|to|und|oder|bis|et|ou|à|y)\s(?:il\s|l['’])?|\sall['’]"
)
_SIGNS_OF_NUMBERS = re.compile(r"[^\W_]*\d[^\W_]*")
_SYMBOLS = frozenset({"co2", "m2", "m3", "km2", "n2o", "no2", "o2", "ch4", "h2", "pm10", "pm2"})
"""Words with digits that are no figures."""
_SHARES: dict[str, tuple[str, frozenset[float]]] = {
    "half": (
        r"metà|mezz[oaie]|dimezz\w+|half|halv\w+|hälfte|halbier\w+|halb\w{0,2}|moitié|demie?s?|mitad|"
        r"medi[oa]s?",
        frozenset({50.0, 0.5, 2.0}),
    ),
    "third": (
        r"terz[oi]|thirds?|drittel|tiers|tercios?",
        frozenset({33.0, 66.0, 67.0, 33.3, 66.7}),
    ),
    "quarter": (r"quart[oi]|quarters?|viertel|quarts?|cuartos?", frozenset({25.0, 75.0})),
    "fifth": (r"quint[oi]|fifths?|fünftel|cinquièmes?", frozenset({20.0, 40.0, 60.0, 80.0})),
    "tenth": (r"decim[oi]|tenths?|zehntel|dixièmes?|décim[oa]s?", frozenset({10.0, 90.0})),
    "double": (
        r"doppi[oaei]|raddoppi\w+|doubl\w+|twice|twofold|doppelt\w*|verdoppel\w+|duplic\w+|dobles?",
        frozenset({2.0, 100.0, 200.0}),
    ),
    "triple": (
        r"tripl\w+|thrice|threefold|dreifach\w*|verdreifach\w+|triplic\w+",
        frozenset({3.0, 200.0, 300.0}),
    ),
    "fourfold": (
        r"quadrupl\w+|fourfold|vervierfach\w+|vierfach\w*",
        frozenset({4.0, 300.0, 400.0}),
    ),
    "dozens": (r"dozzin[ae]|dozens?|dutzend\w*|douzaines?|docenas?", frozenset({12.0})),
    "tens": (r"decin[ae]|tens|dizaines?|decenas?", frozenset()),
    "hundreds": (r"centinai[ao]|hundreds|hunderte\w*|centaines?|cientos|centenares?", frozenset()),
    "thousands": (r"migliai[ao]|thousands|tausende\w*|milliers?|miles", frozenset()),
    "millions": (r"milioni|millions|millionen|millones", frozenset()),
}
"""Words for parts and multiples, and the figures, percent or times, that may say the same."""
_SHARE = {
    name: re.compile(rf"(?<![^\W_])(?:{forms})(?![^\W_])", re.IGNORECASE)
    for name, (forms, _) in _SHARES.items()
}
YEARS = (1500, 2100)
VAGUE = frozenset({"tens", "hundreds", "thousands", "millions"})


@dataclass(frozen=True)
class StatedNumber:
    """``values``: what the number may mean; ``unit``: a name of ``_UNITS`` or a kind of
    ``kb.text.unit_kinds``, empty if unknown."""

    start: int
    end: int
    values: frozenset[float]
    unit: str

    def fits(self, other: StatedNumber) -> bool:
        """Whether both may be the same figure."""
        if not self.values & other.values:
            return False
        if PERCENT in (self.unit, other.unit) or not (self.unit and other.unit):
            return self.unit == other.unit or PERCENT not in (self.unit, other.unit)
        return self.unit == other.unit or _are_counts(self.unit, other.unit)


def _are_counts(one: str, other: str) -> bool:
    return not ({one, other} & (_MEASURED | _UNITS.keys()))


def read_amounts(text: str, language: str) -> list[StatedNumber]:
    """The numbers of the text in order, none twice."""
    text = _normal(text)
    found = sorted(_find(text, language), key=lambda one: (one.start, -one.end))
    amounts: list[StatedNumber] = []
    end = 0
    for number in found:
        if number.start >= end:
            amounts.append(_measure(text, number))
            end = number.end
    return _share_percent(text, amounts)


def _find(text: str, language: str) -> Iterator[WrittenNumber]:
    """In words only those of the language, where that is known: «once» is a number in Spanish."""
    in_words = find_number_words(text, language)
    yield from in_words
    for number in find_numbers(text):
        if text[number.start].isdigit() or not language:
            yield number


def _measure(text: str, number: WrittenNumber) -> StatedNumber:
    return StatedNumber(number.start, number.end, number.values, _unit_of(text, number))


def _unit_of(text: str, number: WrittenNumber) -> str:
    if number.is_percent:
        return PERCENT
    if before := _CURRENCY_BEFORE.search(text[max(0, number.start - 6) : number.start]):
        return {"$": "$", "usd": "$", "£": "£", "gbp": "£"}.get(before[1].lower(), "€")
    if found := _UNIT.match(text, number.end):
        return next(name for n, name in enumerate(_NAMES) if found[f"u{n}"])
    return kind_at(text, number.start, number.end)


def _share_percent(text: str, amounts: Sequence[StatedNumber]) -> list[StatedNumber]:
    """In «20-30 %» both are percent; the same holds for other units, but for years."""
    shared = list(amounts)
    for n in reversed(range(len(shared) - 1)):
        one, following = shared[n], shared[n + 1]
        between = text[one.end : following.start]
        if one.unit or any(YEARS[0] <= value <= YEARS[1] for value in one.values):
            continue
        if following.unit and _IN_A_RANGE.fullmatch(between):
            shared[n] = StatedNumber(one.start, one.end, one.values, following.unit)
    return shared


def has_its_numbers(statement: str, passage: str, language: str, passage_language: str) -> bool:
    """Whether every number, year, percentage and part («metà») of the statement stands in the
    passage, with the same unit where both tell one."""
    told = read_amounts(statement, language)
    known = [*read_amounts(passage, passage_language), *read_amounts(passage, "")]
    if not all(any(one.fits(other) for other in known) for one in told):
        return False
    return _has_its_signs(statement, passage, told) and _has_its_shares(statement, passage, known)


def _has_its_signs(statement: str, passage: str, told: Sequence[StatedNumber]) -> bool:
    """Whether digits that are no number, as in a date or a name, stand there as they are."""
    text = _normal(statement)
    there = {_fold(one[0]) for one in _SIGNS_OF_NUMBERS.finditer(_normal(passage))}
    return all(
        _fold(one[0]) in there | _SYMBOLS
        for one in _SIGNS_OF_NUMBERS.finditer(text)
        if not any(amount.start <= one.start() < amount.end for amount in told)
    )


def _has_its_shares(statement: str, passage: str, known: Sequence[StatedNumber]) -> bool:
    counted = read_amounts(statement, "")
    for name, pattern in _SHARE.items():
        words = [
            one
            for one in pattern.finditer(statement)
            if not (name in VAGUE and _is_of_a_number(one, counted))
        ]
        if not words or pattern.search(passage):
            continue
        equal = _SHARES[name][1]
        if not any(one.values & equal for one in known):
            return False
    return True


def _is_of_a_number(word: re.Match[str], amounts: Sequence[StatedNumber]) -> bool:
    """Whether the word belongs to a number: «milioni» in «3 milioni»."""
    return any(one.start <= word.start() < one.end for one in amounts)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _fold(text: str) -> str:
    return fold_text(text).replace(" ", "")
