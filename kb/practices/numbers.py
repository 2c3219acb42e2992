"""Write numbers, percentages and amounts of money in Italian or English."""

from __future__ import annotations

import re
from decimal import Decimal

NO_BREAK = "\u00a0"
MILLION, BILLION = 10**6, 10**9
_SCALES = {
    "it": ((BILLION, "miliardo", "miliardi"), (MILLION, "milione", "milioni")),
    "en": ((BILLION, "billion", "billion"), (MILLION, "million", "million")),
}
_ROUND = 100
"""An amount is written in millions if it then has at most two decimals: 12,57 milioni."""
_ONES = re.compile(r"(?:1|11|8\d{0,2}|8\d?)(?:[.,]|$)|8\d?\.\d{3}(?:[.,]|$)|8\d\d\.\d{3}|11\.")
"""Written numbers whose Italian name begins with a vowel: uno, otto, undici, ottanta."""


def number(value: float | None, language: str = "it", *, signed: bool = False) -> str:
    """A number: 1.234,5 in Italian, 1,234.5 in English.

    ``signed``: with a plus if positive.
    """
    if value is None:
        return ""
    digits = f"{Decimal(f'{value:.15g}'):,f}" if value != int(value) else f"{int(value):,}"
    if language == "it":
        digits = digits.translate(str.maketrans(",.", ".,"))
    return f"+{digits}" if signed and value > 0 else digits


def percent(value: float, language: str = "it") -> str:
    """«80 %» in Italian, “80%” in English."""
    return with_unit(number(value, language), "%", language)


def at_percent(value: float, language: str = "it") -> str:
    """A percentage after «simile»: «all'80 %», «al 75 %»; in English “80%”."""
    written = percent(value, language)
    if language != "it":
        return written
    if written.startswith("0"):
        return f"allo {written}"
    return f"all'{written}" if _begins_with_vowel(written) else f"al {written}"


def the_percent(words: str) -> str:
    """A written percentage with its Italian article: «il 50 %», «l'80 %», «lo 0,5 %»."""
    if words.startswith("0"):
        return f"lo {words}"
    return f"l'{words}" if _begins_with_vowel(words) else f"il {words}"


def _begins_with_vowel(written: str) -> bool:
    return _ONES.match(written.split(NO_BREAK, maxsplit=1)[0]) is not None


def with_unit(written: str, unit: str, language: str) -> str:
    """A written number with its unit after it, or before it for currencies in English."""
    if not unit:
        return written
    if language != "it" and unit in "€£$":
        return f"{unit}{written}"
    if language != "it" and unit[0] in "%‰":
        return f"{written}{unit}"
    return f"{written}{NO_BREAK}{unit}"


def money(values: tuple[float, ...], currency: str, language: str, joined: str = "{}") -> str:
    """Amounts of money with the name of their ISO 4217 currency: «108 milioni di euro».

    ``joined``: template with a place for each amount; all are written in the same unit.
    """
    largest = max(values, key=abs)
    name = _currency(currency, largest, language)
    for scale, one, many in _SCALES[language]:
        if abs(largest) >= scale and all(value * _ROUND % scale == 0 for value in values):
            parts = [number(value / scale, language) for value in values]
            word = one if abs(largest) == scale else many
            of = " di" if language == "it" else ""
            return f"{joined.format(*parts)}{NO_BREAK}{word}{of} {name}"
    parts = [_full_amount(value, language) for value in values]
    return f"{joined.format(*parts)}{NO_BREAK}{name}"


def _full_amount(value: float, language: str) -> str:
    """An amount in full, with two decimals if it has any."""
    if value == int(value) or round(value, 2) != value:
        return number(value, language)
    whole = number(int(value), language)
    sign = "-" if -1 < value < 0 else ""
    return f"{sign}{whole}{',' if language == 'it' else '.'}{f'{abs(value):.2f}'[-2:]}"


def _currency(code: str, count: float, language: str) -> str:
    from babel.numbers import get_currency_name

    return get_currency_name(code, count=1 if abs(count) == 1 else 2, locale=language)
