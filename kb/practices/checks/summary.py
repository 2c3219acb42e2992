"""Figures of a card's summary: each is one that a result or a cost carries, with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kb.messages import N_
from kb.practices.checks.findings import warning
from kb.practices.figure_rules import entries
from kb.practices.validation import Finding
from kb.practices.values import read

_NUMBER = re.compile(
    r"(?<![\w.,/-])(?<![A-Z]{3}[ \u00a0])"
    r"(?P<digits>\d{1,3}(?:[.\u202f\u00a0 ]\d{3})+(?:,\d+)?|\d+(?:,\d+)?)"
    r"(?:[ \u00a0](?P<scale>mila|milion[ei]|miliard[oi])\b)?"
    r"(?P<after>[ \u00a0]?\w*)"
)
"""A number; not one after three capitals, which is the name of a standard: «ISO 14001»."""
_SCALES = {"mila": 10**3, "milion": 10**6, "miliard": 10**9}
_TIME = re.compile(r"\s?(?:ann[oi]|mes[ei]|giorn[oi]|or[ae]|minut[oi]|settiman[ae])$")
_NEVER_A_FIGURE = 3
"""Whole numbers up to this are words: «2 comuni»."""
_ROUNDED = 0.06
"""A summary rounds: «oltre 650» for 655."""
_FIGURES = ("value", "baseline", "comparison", "numerator", "denominator")


@dataclass(frozen=True)
class _Told:
    """A number as written in the summary. ``values``: with and without its scale."""

    written: str
    values: tuple[float, ...]


def check_summary(values: Mapping[str, Any]) -> Iterator[Finding]:
    summary = values.get("summary")
    if not isinstance(summary, str) or not values.get("results"):
        return
    known = list(_known_figures(values))
    missing = [one.written for one in _numbers(summary) if not _is_known(one, known)]
    if missing:
        template = N_("The summary says {numbers}, which no result or cost of the card carries.")
        yield warning(("summary",), template, numbers=", ".join(missing))


def _numbers(text: str) -> Iterator[_Told]:
    """Numbers of an Italian text that are figures: no years, no spans of time, no small counts."""
    for found in _NUMBER.finditer(text):
        digits = found["digits"]
        value = float(re.sub(r"[.\s\u202f\u00a0]", "", digits).replace(",", "."))
        scale = _scale_of(found["scale"] or "")
        is_year = scale == 1 and digits.isdigit() and 1400 <= value <= 2100
        if is_year or _TIME.match(found["after"]) or (scale == 1 and value <= _NEVER_A_FIGURE):
            continue
        written = f"{digits} {found['scale']}" if found["scale"] else digits
        yield _Told(written, (value, value * scale))


def _known_figures(values: Mapping[str, Any]) -> Iterator[float]:
    for _, result in entries(values, "results"):
        scale = _scale_of(str(result.get("unit") or ""))
        for number in _figures_of(result, _FIGURES, "value_text"):
            yield from (abs(number), abs(number) * scale)
        yield from _changes(result.get("baseline"), result.get("value"))
    for _, cost in entries(values, "costs"):
        yield from map(abs, _figures_of(cost, ("amount",), "amount_text"))
    place = values.get("place")
    if isinstance(place, Mapping) and isinstance(place.get("population"), int | float):
        yield float(place["population"])


def _changes(before: object, after: object) -> Iterator[float]:
    """Difference, ratio and change in percent of a value and the one before."""
    if isinstance(before, int | float) and isinstance(after, int | float):
        yield abs(after - before)
        if before:
            yield from (abs(after / before), abs(after / before - 1) * 100)


def _figures_of(one: Mapping[str, Any], names: Iterable[str], words: str) -> Iterator[float]:
    yield from (float(one[name]) for name in names if isinstance(one.get(name), int | float))
    said = read(str(one.get(words) or ""))
    if said is not None:
        yield from said.numbers


def _scale_of(unit: str) -> int:
    return next((n for word, n in _SCALES.items() if unit.casefold().startswith(word)), 1)


def _is_known(told: _Told, known: Iterable[float]) -> bool:
    return any(abs(one - value) <= _ROUNDED * value for one in known for value in told.values)
