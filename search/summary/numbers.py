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
    "€": r"[km]?€|euros?\b|eur\b",
    "CHF": r"chf\b|franchi svizzeri|swiss francs?|francs suisses|(?:schweizer )?franken\b",
    "$": r"\$|usd\b|dollar\w*|dólar\w*",
    "£": r"£|gbp\b|sterlin\w*|pounds?\b",
    "kt": r"kt\w*|kilotonn\w*",
    "t": r"t\b|tco2\w*|tonnellat\w*|tonn?e?s?\b|tons?\b|tonnen\b|toneladas?",
    "mg": r"mg\b|milligram\w*",
    "μg": r"μg\b|microgram\w*",
    "kg": r"kg\b|chil[io]\b|chilogramm\w*|kilos?\b|kilogramm?\w*",
    "g": r"g\b|gramm\w*|grams?\b",
    "MWh": r"mwh\w*|megawattor\w*|megawatt.?hours?",
    "GWh": r"gwh\w*|gigawattor\w*|gigawatt.?hours?",
    "kWh": r"kwh\w*|chilowattor\w*|kilowattor\w*|kilowatt.?hours?",
    "MW": r"mw(?:p|e|t|el|th)?\b|megawatt\b",
    "kW": r"kw(?:p|e|t|el|th)?\b|(?:chilo|kilo)watt\b",
    "km2": r"km2\b|kmq\b|(?:km|chilometr\w*|kilom\w*) (?:quadr|carr|cuadr)\w*|square kilom\w*|"
    r"quadratkilometer\w*",
    "m2": r"m2\b|mq\b|(?:m|met\w*|mètres?) (?:quadr|carr|cuadr)\w*|square met\w*|quadratmeter\w*",
    "ha": r"ha\b|ettar[io]\b|hectares?\b|hektar\w*|hectáreas?\b",
    "m3": r"m3\b|mc\b|(?:m|met\w*|mètres?) (?:cub|cúb)\w*|cubic met\w*|kubikmeter\w*",
    "l": r"lt?\b(?!['’])|litr[io]\b|lit(?:re|er)s?\b|litros?\b",
    "km": r"km\b|chilometr\w*|kilomet\w*|kilomèt\w*",
    "m": r"mt?\b|metri\b|met(?:re|er)s?\b|mètres?\b|metros\b",
    "century": r"secol[io]\b|centur(?:y|ies)\b|jahrhundert\w*|siècles?\b|siglos?\b",
    "decade": r"decenni?o?\b|decades?\b|jahrzehnt\w*|décennies?\b|décadas?\b",
    "year": r"ann(?:o|i|ate?)\b|annu(?:o|i|a|e|al\w+)\b|(?:bi|tri|quadri|quinqu)enni\w*|years?\b|"
    r"jahre?n?\b|ans?\b|années?\b|años?\b",
    "month": r"mes[ie]\b|months?\b|monate?n?\b|mois\b|meses\b",
    "week": r"settiman\w*|weeks?\b|wochen?\b|semaines?\b|semanas?\b",
    "day": r"giorn(?:o|i|at[ae]|alier\w+)\b|days?\b|tage?n?\b|jour(?:s|n\w+)?\b|días?\b",
    "hour": r"h\b|or[ae]\b|hours?\b|stunden?\b|heures?\b|horas?\b",
    "minute": r"minut[io]\b|minutes?\b|minuten?\b|minutos?\b|min\b",
    "°C": r"°\s?c\b|gradi\b|degrees?\b|grad\b|degrés\b|grados\b",
    "dB": r"dba?\b|decibel\w*",
}
_UNIT = re.compile(
    r"[\s(]*(?:(?:d[ie]|of|de|d['’]|von)\s+)?(?:"
    + "|".join(f"(?P<u{n}>{forms})" for n, forms in enumerate(_UNITS.values()))
    + ")",
    re.IGNORECASE,
)
_NAMES = tuple(_UNITS)
_ANYWHERE = {
    name: re.compile(rf"(?<![^\W\d_])(?:{forms})", re.IGNORECASE) for name, forms in _UNITS.items()
}
_BEFORE_A_YEAR = re.compile(
    r"(?:\b(?:nel|dal|al|del|il|entro|ne?gli anni|anno|in|since|by|until|year|"
    r"im|seit|bis|vor|jahre?|en|du|depuis|année|desde|hasta|año|"
    r"genn\w*|febb\w*|mar\w*|apr\w*|mag\w*|giu\w*|lug\w*|ago\w*|set\w*|ott\w*|nov\w*|dic\w*|"
    r"jan\w*|feb\w*|may|jun\w*|jul\w*|aug\w*|sep\w*|o[ck]t\w*|de[cz]\w*)\s|l['’]|\()$",
    re.IGNORECASE,
)
_YEAR_BEFORE = 12
"""Characters before a year in which one of these words is looked for."""
_GROUPED = {
    **dict.fromkeys(("it", "de", "es", "pt", "nl", "da"), re.compile(r"\d{1,3}\.\d{3}(?![\d.,])")),
    "en": re.compile(r"\d{1,3},\d{3}(?![\d.,])"),
}
"""«3.200» is three thousand in these languages, never 3.2."""
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
    ``kb.text.unit_kinds``, empty if unknown. ``is_year``: by its place it is a year and no amount.
    """

    start: int
    end: int
    values: frozenset[float]
    unit: str
    is_year: bool = False

    def fits(self, other: StatedNumber) -> bool:
        """Whether both may be the same figure."""
        if not self.values & other.values:
            return False
        if (self.is_year and other.unit) or (other.is_year and self.unit):
            return False
        if PERCENT in (self.unit, other.unit) or not (self.unit and other.unit):
            return self.unit == other.unit or PERCENT not in (self.unit, other.unit)
        return self.unit == other.unit or _are_counts(self.unit, other.unit)


def _are_counts(one: str, other: str) -> bool:
    return not ({one, other} & (_MEASURED | _UNITS.keys()))


def read_amounts(text: str, language: str, grouping: str | None = None) -> list[StatedNumber]:
    """The numbers of the text in order, none twice; those in words are of the language, of any if
    it is empty. ``grouping``: the language by which digits are grouped, default the same."""
    text = normalise(text)
    found = sorted(_find(text, language), key=lambda one: (one.start, -one.end))
    amounts: list[StatedNumber] = []
    end = 0
    for number in found:
        if number.start >= end:
            amounts.append(_measure(text, number, language if grouping is None else grouping))
            end = number.end
    return _share_percent(text, amounts)


def _find(text: str, language: str) -> Iterator[WrittenNumber]:
    """In words only those of the language, where that is known: «once» is a number in Spanish."""
    in_words = find_number_words(text, language)
    yield from in_words
    for number in find_numbers(text):
        if text[number.start].isdigit() or not language:
            yield number


def is_unit_told(unit: str, text: str) -> bool:
    """Whether the text, as ``normalise`` gives it, names the unit; true for kinds of units."""
    return unit not in _ANYWHERE or _ANYWHERE[unit].search(text) is not None


def _measure(text: str, number: WrittenNumber, grouping: str) -> StatedNumber:
    unit, values = _unit_of(text, number), number.values
    written = text[number.start : number.end]
    if grouping in _GROUPED and _GROUPED[grouping].match(written):
        values = frozenset({max(values)})
    if not re.fullmatch(r"\d{4}", written) or not YEARS[0] <= int(written) <= YEARS[1]:
        return StatedNumber(number.start, number.end, values, unit)
    if unit in ("ha", "area") and text[number.end :].lstrip().startswith("ha"):
        unit = ""  # «nel 2019 ha»
    if not _BEFORE_A_YEAR.search(text[max(0, number.start - _YEAR_BEFORE) : number.start]):
        return StatedNumber(number.start, number.end, values, unit)
    if unit and unit not in _UNITS and unit not in _MEASURED and unit != PERCENT:
        return StatedNumber(number.start, number.end, values, "")  # «dal 2015 volontari»: either
    return StatedNumber(number.start, number.end, values, unit, is_year=not unit)


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
