"""Find measured quantities in text: numbers with a unit, in European notations.

The time is linear in the text's length: runs of digits and separators are found first, and only the
last characters of each run are examined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.text.units import (
    CURRENCY_BEFORE,
    MULTIPLIED,
    MULTIPLIER,
    NOUN,
    PER,
    UNIT,
    UNIT_AFTER_MULTIPLIER,
)

LONGEST = 40
"""Characters of a number; longer runs of digits and separators are not numbers."""
BEFORE = 16
"""Characters examined before a number, for a sign, a currency or a word."""

_BLANK = " \u00a0\u202f"
_RUN = re.compile(rf"(?<![\w])\d++(?:[.,'’{_BLANK}]\d++)*+")
_NUMBER = rf"(?:\d{{1,3}}(?:[.,'’{_BLANK}]\d{{3}})+|\d+)(?:[.,]\d+)?"
_LAST_NUMBER = re.compile(rf"(?<![\d.,]){_NUMBER}$")
_FIRST_NUMBER = re.compile(rf"{_NUMBER}(?!\d)")
_SIGN = re.compile(r"(?:^|[\s(\[«“\"'’:;=~≈/])([+±−–-])$")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d$")
_BEFORE_A_YEAR = re.compile(
    r"\b(?:nell?|nell['’]anno|dall?|del|al|anno|dopo|since|year|until|by|seit|bis|Jahr|Jahre|"
    r"en|depuis|année|année|desde|año|hasta|"
    r"gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|"
    r"dicembre|january|february|march|april|may|june|july|august|september|october|november|"
    r"december|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|"
    r"juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|abril|mayo|junio|julio|"
    r"septiembre|octubre|noviembre|diciembre)\s$|/$",
    re.IGNORECASE,
)
_IN_A_YEAR = re.compile(r"\bin\s$", re.IGNORECASE)
_DASH = re.compile(r"\s?[-–—]\s?|\.\.\.?")
_BETWEEN = re.compile(r"\s(?:e|ed|and|und|et|y)\s(?:(?:il|l['’])\s?)?")
_TO = re.compile(r"\s(?:a|ai|al|all['’]|to|bis|à|au|hasta|o|od|or|oder|ou|u)\s?")
_INTRO_BETWEEN = re.compile(r"\b(?:tra|fra|between|zwischen|entre)\s(?:il\s|l['’]|el\s)?$", re.I)
_INTRO_FROM = re.compile(r"\b(?:dall?['’]?|dai|da|from|von|vom|de|du|del|desde)\s?$", re.I)


_TO_NUMBER = re.compile(rf"[-–—]{_NUMBER}(?!\d)")


@dataclass(frozen=True)
class Quantity:
    """A number or range of numbers with its unit: ``text[start:end]``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Number:
    start: int
    end: int


def quantities(text: str) -> Iterator[Quantity]:
    """The quantities of ``text``, in order, not overlapping."""
    previous: _Number | None = None
    position = 0
    for run in _RUN.finditer(text):
        if run.start() < position:
            continue
        found = _find_priced(text, run, position) or _find_measured(text, run, previous)
        if found:
            start, position = found
            yield Quantity(start, position, text[start:position])
            previous = None
        else:
            previous = _last_number(text, run)


def _find_priced(text: str, run: re.Match[str], position: int) -> tuple[int, int] | None:
    """Range of a number after its currency, from ``position`` on: «€ 3 mln», «€ 5-7 milioni»."""
    before = CURRENCY_BEFORE.search(text[max(position, run.start() - BEFORE) : run.start()])
    number = _FIRST_NUMBER.match(text, run.start(), min(run.end(), run.start() + LONGEST))
    if before is None or number is None:
        return None
    end = number.end()
    if end == run.end() and (more := _TO_NUMBER.match(text, end)):
        end = more.end()
    if multiplier := MULTIPLIER.match(text, end):
        end = multiplier.end()
    per = PER.match(text, end)
    return run.start() - len(before[0]), per.end() if per else end


def _find_measured(
    text: str, run: re.Match[str], previous: _Number | None
) -> tuple[int, int] | None:
    """Range of a number before its unit, including the start of a range of numbers."""
    end = _unit_end(text, run.end())
    number = _last_number(text, run) if end else None
    if end is None or number is None or _is_year(text, number):
        return None
    if previous and _are_years(text, previous, number):
        return None
    start = _range_start(text, previous, number) if previous else None
    if start is None:
        start = _include_sign(text, number.start)
    return start, end


def _unit_end(text: str, position: int) -> int | None:
    if multiplier := MULTIPLIED.match(text, position):
        unit = UNIT_AFTER_MULTIPLIER.match(text, multiplier.end())
        return (unit or multiplier).end()
    unit = UNIT.match(text, position)
    return unit.end() if unit else None


def _last_number(text: str, run: re.Match[str]) -> _Number | None:
    """The last number of a run: 300 in «2019 300»."""
    first = max(run.start(), run.end() - LONGEST)
    found = _LAST_NUMBER.search(text[first : run.end()])
    if found is None or (found.start() == 0 and first > run.start()):
        return None
    return _Number(first + found.start(), run.end())


def _is_year(text: str, number: _Number) -> bool:
    """Whether a number before a noun is a year, not a quantity: «nel 2015 comuni e imprese»."""
    if not _looks_like_year(text, number) or not NOUN.match(text, number.end):
        return False
    before = text[max(0, number.start - BEFORE) : number.start]
    if _BEFORE_A_YEAR.search(before):
        return True
    return bool(_IN_A_YEAR.search(before)) and not text.endswith("00", 0, number.end)


def _looks_like_year(text: str, number: _Number) -> bool:
    return _YEAR.fullmatch(text, number.start, number.end) is not None


def _are_years(text: str, first: _Number, last: _Number) -> bool:
    """Whether two numbers are a period: «2014-2020»."""
    return (
        all(_looks_like_year(text, one) for one in (first, last))
        and _DASH.fullmatch(text, first.end, last.start) is not None
    )


def _include_sign(text: str, start: int) -> int:
    sign = _SIGN.search(text[max(0, start - 2) : start])
    return start - 1 if sign else start


def _range_start(text: str, first: _Number, last: _Number) -> int | None:
    """Start of the range of numbers from ``first`` to ``last``, or None if they are not a range."""
    if last.start - first.end > 12 or (
        _looks_like_year(text, first) > _looks_like_year(text, last)
    ):
        return None
    between = text[first.end : last.start]
    start = _include_sign(text, first.start)
    before = text[max(0, start - BEFORE) : start]
    bare = between.rstrip("+−–-") if between[-1:] in "+−–-" and len(between) > 1 else between
    if _DASH.fullmatch(between):
        return start
    if _BETWEEN.fullmatch(bare) and (intro := _INTRO_BETWEEN.search(before)):
        return start - len(intro[0])
    if _TO.fullmatch(bare):
        intro = _INTRO_FROM.search(before)
        return start - len(intro[0]) if intro else start
    return None
