"""Measured quantities in a text: numbers with a unit, as the languages of Europe write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = r"(?<!\d)(?:\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,]\d+)?"
_UNIT = (
    r"%|‰|per ?cent(?:o)?|Prozent|pour cent|por ciento|°C|"
    r"(?:[kMGT]W(?:h|p)?|[kM]?Wh?|[kMG]?J|kg|t|g|mg|µg|km²?|m²|m³|m3|m2|ha|l|hl|dB|CO2)"
    r"(?:/(?:\w|²|³)+)*\b|"
    r"(?:mil(?:ioni|iardi)|million[si]?|billion|Millionen|Milliarden|millones)\b(?: (?:di|de) )?"
    r"(?: ?(?:€|euro?s?|EUR))?|"
    r"€|£|\$|eur[oi]?s?\b|EUR\b|DKK\b|"
    r"(?:abitanti|residenti|utenti|famiglie|imprese|addetti|occupati|posti|anni|mesi|giorni|ore|"
    r"tonnellate|ettari|comuni|inhabitants|residents|households|firms|jobs|years|months|tonnes|"
    r"tons|hectares|municipalities|Einwohner|Haushalte|Unternehmen|Jahre|Tonnen|habitants|"
    r"ménages|entreprises|emplois|ans|tonnes|habitantes|hogares|empresas|empleos|años|toneladas)\b"
)
_QUANTITY = re.compile(
    rf"(?:[€£$]\s?{_NUMBER}(?:\s?(?:million|billion|m|bn)\b)?|[+−–-]?{_NUMBER}\s?(?:{_UNIT}))"
)


def quantities(text: str) -> Iterator[re.Match[str]]:
    """Every quantity of ``text``, in order; ``group()`` is a number with its unit."""
    return _QUANTITY.finditer(text)
