"""The numbers of a text, digits or words, with their units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
YEARS = (1500, 2100)


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
    text = normalise(text)
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


def normalise(text: str) -> str:
    """The text in which the places of numbers are told (NFKC)."""
    return unicodedata.normalize("NFKC", text)
