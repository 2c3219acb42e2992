"""Read a figure out of a quoted sentence: value, unit, year, and the value before.

By rules on the words beside the numbers, in Italian, English, German, French and Spanish: «from …
to …», «rispetto a …», a year after its number. Whoever writes the card checks the outcome.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.practices.terms import Nature
from kb.text.quantities import quantities
from kb.text.unit_kinds import kind_of_unit
from kb.text.written_numbers import find_numbers

_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_FROM = re.compile(
    r"(?:\b(?:da|dai|dal|dalla|dalle|dagli|dall['’]|rispetto a\w*|contro|from|compared (?:to|with)|"
    r"against|versus|von|vom|gegenüber|de|du|des|desde|par rapport (?:à|aux?)|contre|respecto al?|"
    r"frente a)\s?(?:(?:i|gli|le|the|los|las)\s)?|l['’])$",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\b(?:a|ai|al|alla|alle|agli|all['’]|to|auf|bis|zu|à|aux?|hasta)\s?"
    r"(?:(?:i|gli|le|the|los|las)\s)?$",
    re.IGNORECASE,
)
_BETWEEN_YEARS = re.compile(
    r"\b(?:between|tra|fra|entre|zwischen|from|dal|von|de)\s(?:il\s|el\s)?(?:1[89]|20)\d\d\s?"
    r"(?:and|e|et|und|y|to|al|bis|à|a)\s(?:il\s|el\s)?((?:1[89]|20)\d\d)",
    re.IGNORECASE,
)
_IN_YEAR = re.compile(
    r"[\s,(]*(?:(?:in|nel|nell['’]anno|del|dal|al|en|im(?: Jahre?)?|of|by|a fine|entro il)\s)?"
    r"((?:1[89]|20)\d\d)\b",
    re.IGNORECASE,
)
_FAR = 25
"""Half the characters after a number within which a period belongs to it."""
_PER = re.compile(
    r"(?:\s(?:al|all['’]|a|per|pro|par|por)\s?(?:abitante|persona|famiglia|giorno|mese|anno|ettaro|"
    r"secondo|ora|head|person|capita|day|year|month|household))+(?!\w)",
    re.IGNORECASE,
)
_PRICED = re.compile(r"^(?P<sign>€|\$|£|EUR|USD|GBP|CHF|euros?)", re.IGNORECASE)
_CURRENCIES = {"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD",
               "£": "GBP", "gbp": "GBP", "chf": "CHF"}  # fmt: skip
_UNITS = {
    "residents": ("abitanti", "residents"), "inhabitants": ("abitanti", "inhabitants"),
    "einwohner": ("abitanti", "residents"), "habitants": ("abitanti", "residents"),
    "habitantes": ("abitanti", "residents"), "people": ("persone", "people"),
    "personen": ("persone", "people"), "personnes": ("persone", "people"),
    "personas": ("persone", "people"), "households": ("famiglie", "households"),
    "haushalte": ("famiglie", "households"), "ménages": ("famiglie", "households"),
    "hogares": ("famiglie", "households"), "jobs": ("posti di lavoro", "jobs"),
    "emplois": ("posti di lavoro", "jobs"), "empleos": ("posti di lavoro", "jobs"),
    "arbeitsplätze": ("posti di lavoro", "jobs"), "tonnes": ("t", "t"), "tons": ("t", "t"),
    "tonnen": ("t", "t"), "tonnellate": ("t", "t"), "toneladas": ("t", "t"),
    "percent": ("%", "%"), "per cent": ("%", "%"), "prozent": ("%", "%"),
    "per cento": ("%", "%"), "pour cent": ("%", "%"), "por ciento": ("%", "%"),
    "euros": ("euro", "euro"), "€": ("euro", "euro"), "eur": ("euro", "euro"),
    "hectares": ("ettari", "hectares"), "hektar": ("ettari", "hectares"),
    "hectáreas": ("ettari", "hectares"), "litres": ("litri", "litres"),
    "liters": ("litri", "litres"), "liter": ("litri", "litres"), "litros": ("litri", "litres"),
    "years": ("anni", "years"), "jahre": ("anni", "years"), "ans": ("anni", "years"),
    "años": ("anni", "years"), "municipalities": ("comuni", "municipalities"),
    "communes": ("comuni", "municipalities"), "gemeinden": ("comuni", "municipalities"),
    "companies": ("imprese", "firms"), "firms": ("imprese", "firms"),
    "entreprises": ("imprese", "firms"), "unternehmen": ("imprese", "firms"),
    "empresas": ("imprese", "firms"), "abitanti": ("abitanti", "residents"),
    "persone": ("persone", "people"), "famiglie": ("famiglie", "households"),
    "posti di lavoro": ("posti di lavoro", "jobs"), "ettari": ("ettari", "hectares"),
    "litri": ("litri", "litres"), "anni": ("anni", "years"), "comuni": ("comuni", "municipalities"),
    "imprese": ("imprese", "firms"),
}  # fmt: skip
"""Units in words, in Italian and English, by what documents call them."""
_NEUTRAL = re.compile(
    r"(?:%|[kMGT]?Wh?|kWp|MWp|euro|t|kg|g|km|m|km²|m²|m³|km2|m2|m3|ha|l|°C|dB|t CO2|tCO2|CO2)"
    r"(?:/\w+)?"
)


@dataclass(frozen=True)
class _Figure:
    """A number of the sentence. ``at`` to ``end``: its place with the unit."""

    values: tuple[float, ...]
    unit: str
    at: int
    end: int
    role: str
    year: int | None


@dataclass(frozen=True)
class ReadFigure:
    """``unit`` in Italian and ``unit_en`` in English, each empty where it is not known;
    ``currency``: ISO 4217 code of an amount of money."""

    value: float
    unit: str = ""
    unit_en: str = ""
    year: int | None = None
    baseline: float | None = None
    baseline_year: int | None = None
    currency: str = ""

    def result_fields(self, *, hoped: bool = False) -> dict[str, Any]:
        """Fields of a measured result."""
        fields = {
            name: getattr(self, name)
            for name in ("value", "unit", "unit_en", "year", "baseline", "baseline_year")
        }
        nature = {"nature": Nature.EXPECTED.value} if hoped else {}
        return {name: value for name, value in fields.items() if value not in (None, "")} | nature

    def cost_fields(self) -> dict[str, Any]:
        """Fields of a cost; none unless the figure is money."""
        if not self.currency:
            return {}
        fields = {"amount": self.value, "currency": self.currency, "year": self.year}
        return {name: value for name, value in fields.items() if value is not None}


def read_figure(sentence: str, language: str) -> ReadFigure | None:
    """The figure that the sentence tells, or None if it has none that can be only one.

    Of several numbers with the same unit, the one after «from» is the value before.
    """
    found = _find_figures(sentence, language)
    if not found:
        return None
    value, before = _choose(found)
    if len(value.values) > 1:
        return None
    years = _find_years(sentence, found)
    only = years[0] if len(years) == 1 and before is None else None
    unit, unit_en = _translate(value.unit, language)
    return ReadFigure(
        value.values[0],
        unit,
        unit_en,
        value.year or only,
        before.values[0] if before else None,
        before.year if before else None,
        _CURRENCIES.get(value.unit.casefold(), ""),
    )


def _find_years(sentence: str, figures: Sequence[_Figure]) -> list[int]:
    """The years that the sentence names; a number that is a figure is none."""
    return [
        int(year[1])
        for year in _YEAR.finditer(sentence)
        if not any(one.at <= year.start() < one.end for one in figures)
    ]


def _find_figures(sentence: str, language: str) -> list[_Figure]:
    spans = [(one.start, one.end) for one in quantities(sentence)]
    figures: list[_Figure] = []
    for n, (start, end) in enumerate(spans):
        until = spans[n + 1][0] if n + 1 < len(spans) else len(sentence)
        per = _PER.match(sentence, end, until)
        last = per.end() if per else end
        year = _find_year(sentence[last:until])
        figures += _figures_in(sentence, start, last, language, year)
    return figures


def _find_year(after: str) -> int | None:
    """The year that the words after a number give it; the last of a period."""
    if period := _BETWEEN_YEARS.search(after[: 2 * _FAR]):
        return int(period[1])
    year = _IN_YEAR.match(after)
    return int(year[1]) if year else None


def _figures_in(
    sentence: str, start: int, end: int, language: str, year: int | None
) -> list[_Figure]:
    """The numbers of one quantity, which share a unit: «da 30 a 28 t»."""
    text = sentence[start:end]
    numbers = [one for one in find_numbers(text) if text[one.start].isdigit()]
    if not numbers:
        return []
    priced = _PRICED.match(text)
    unit = priced["sign"] if priced else _plain(text[numbers[-1].end :])
    figures = []
    for n, one in enumerate(numbers):
        at = start + one.start
        values = _choose_value(text[one.start : one.end], one.values, language)
        if text[: one.start].endswith(("-", "−")) and one.start == 1:
            values = tuple(-value for value in values)
        told = year if n == len(numbers) - 1 else None
        figures.append(_Figure(values, unit, at, end, _role(sentence[max(0, at - 30) : at]), told))
    return figures


def _choose(figures: Sequence[_Figure]) -> tuple[_Figure, _Figure | None]:
    """The figure that the sentence tells, and the one before."""
    first = figures[0]
    alike = [one for one in figures if _same_unit(one, first)]
    if len(alike) != 2:
        return next((one for one in figures if one.role == "to"), first), None
    one, other = alike
    if one.role == "from" and other.role != "from":
        return other, one
    if other.role == "from":
        return one, other
    return (other, one) if other.role == "to" else (one, None)


def _same_unit(one: _Figure, other: _Figure) -> bool:
    kind = kind_of_unit(one.unit)
    return one.unit == other.unit or (bool(kind) and kind == kind_of_unit(other.unit))


def _role(before: str) -> str:
    text = before.rstrip("€$£+-−–~≈ ") + " "
    if _FROM.search(text):
        return "from"
    return "to" if _TO.search(text) else ""


def _choose_value(written: str, values: frozenset[float], language: str) -> tuple[float, ...]:
    """The value of a number; with both readings of «1.234», the one of the language."""
    if len(values) == 1:
        return tuple(values)
    separator = next((mark for mark in written if mark in ".,"), "")
    decimal = "." if language == "en" else ","
    return (min(values),) if separator == decimal else (max(values),)


def _plain(unit: str) -> str:
    words = " ".join(unit.replace("\u00ad", "").split()).strip(" .,;:()")
    return re.sub(r"^(?:d[ie]|of|von|d['’])\s+", "", words)


def _translate(unit: str, language: str) -> tuple[str, str]:
    known = _UNITS.get(unit.casefold())
    if known:
        return known
    if _NEUTRAL.fullmatch(unit):
        return unit, unit
    named: Mapping[str, tuple[str, str]] = {"it": (unit, ""), "en": ("", unit)}
    return named.get(language, ("", ""))
