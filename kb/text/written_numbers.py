"""Find numbers in text in all their European spellings, with what they may mean.

1.234,5 · 1,234.5 · 1 234,5 · 1'234 · 1,2 milioni · 5,6 Mio. · 40 mila · «due milioni» · words from
two to twelve, in Italian, English, German, French and Spanish. Takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 40
"""Characters of a run of digits and separators; longer ones are no numbers."""
WORDS = {
    word: value
    for value, words in {
        2: "due two zwei deux dos",
        3: "tre three drei trois tres",
        4: "quattro four vier quatre cuatro",
        5: "cinque five fünf cinq cinco",
        6: "sei six sechs seis",
        7: "sette seven sieben sept siete",
        8: "otto eight acht huit ocho",
        9: "nove nine neun neuf nueve",
        10: "dieci ten zehn dix diez",
        11: "undici eleven elf onze once",
        12: "dodici twelve zwölf douze doce",
    }.items()
    for word in words.split()
}
ONE = frozenset("un una uno one a ein eine einer une".split())
"""Words for one; they are numbers only before a multiplier."""
_MULTIPLIERS = (
    (10**9, r"miliard[oi]|mld\.?|billions?|bn|Milliarden?|Mrd\.?|milliards?|mil millones"),
    (10**6, r"milion[ei]|mln\.?|millions?|Millionen|Mio\.?|millones|millón"),
    (10**3, r"mila|mille|migliai[ao]|thousand|[Tt]ausend|Tsd\.?|milliers?|mil|k(?=€)"),
)
_MULTIPLIER = re.compile(
    r"[ \u00a0\u202f-]?(?:"
    + "|".join(f"(?P<e{n}>{forms})" for n, forms in _MULTIPLIERS)
    + r")(?!\w)"
)
_RUN = re.compile(r"(?<![\w.,])\d++(?:[.,'’ \u00a0\u202f]\d++)*+")
_WORD = re.compile(r"(?<!\w)[a-zäöüßáéíóúñ]{1,8}(?!\w)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \u00a0\u202f]")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*")
_PERCENT = re.compile(
    r"\s?(?:%|per ?cento|percento|per ?cent|percent|Prozent|pour cent|por ciento|punti percentuali|"
    r"percentage points?)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WrittenNumber:
    """``text[start:end]``, multiplier included. ``values``: what it may mean, as «1.234» may be
    1234 or 1.234."""

    start: int
    end: int
    values: frozenset[float]
    is_percent: bool = False


def find_numbers(text: str) -> list[WrittenNumber]:
    """The numbers of a text, in order."""
    found = [*_in_digits(text), *_in_words(text)]
    return sorted(found, key=lambda one: one.start)


def scale_of(unit: str) -> tuple[float, str]:
    """Split a card's unit into multiplier and rest: «milioni di kWh» is (1000000, "kWh")."""
    found = _MULTIPLIER.match(unit)
    if found is None:
        return 1.0, unit
    rest = re.sub(r"^\s*(?:d[ie]|of|von|d['’])\s+", "", unit[found.end() :])
    return float(_scale(found)), rest.strip()


def is_percent_at(text: str, place: int) -> bool:
    """Whether a sign or word for percent stands at ``place``."""
    return _PERCENT.match(text, place) is not None


def is_multiplier_at(text: str, place: int) -> bool:
    """Whether a multiplier as «milioni» stands at ``place``."""
    return _MULTIPLIER.match(text, place) is not None


def _in_digits(text: str) -> Iterator[WrittenNumber]:
    for run in _RUN.finditer(text):
        if run.end() - run.start() > LONGEST:
            continue
        parts = _split_run(run[0])
        for n, (start, end, values) in enumerate(parts):
            if values:
                last = n == len(parts) - 1
                yield _number(text, run.start() + start, run.start() + end, values, last=last)


def _in_words(text: str) -> Iterator[WrittenNumber]:
    for found in _WORD.finditer(text):
        word = found[0].lower()
        value = WORDS.get(word)
        scaled = _MULTIPLIER.match(text, found.end())
        if value is None and not (word in ONE and scaled and _scale(scaled) > 10**3):
            continue
        yield _number(text, found.start(), found.end(), frozenset({float(value or 1)}), last=True)


def _number(
    text: str, start: int, end: int, values: frozenset[float], *, last: bool
) -> WrittenNumber:
    if last and (scaled := _MULTIPLIER.match(text, end)):
        scale = _scale(scaled)
        values, end = frozenset(value * scale for value in values), scaled.end()
    return WrittenNumber(start, end, values, last and is_percent_at(text, end))


def _scale(found: re.Match[str]) -> int:
    return next(scale for scale, _ in _MULTIPLIERS if found[f"e{scale}"])


def _split_run(run: str) -> list[tuple[int, int, frozenset[float]]]:
    """The numbers of a run of digits and separators: one whose groups are set apart by blanks, or
    several."""
    parts = _BLANKS.split(run)
    if len(parts) > 1 and len(parts[0]) <= 3 and parts[0].isdigit() and _are_groups(parts[1:]):
        whole = "".join(parts)
        return [(0, len(run), _values(whole))]
    found = []
    position = 0
    for part in parts:
        found.append((position, position + len(part), _values(part)))
        position += len(part) + 1
    return found


def _are_groups(parts: list[str]) -> bool:
    return all(re.fullmatch(r"\d{3}", part) for part in parts[:-1]) and bool(
        re.fullmatch(r"\d{3}(?:[.,]\d{1,9})?", parts[-1])
    )


def _values(digits: str) -> frozenset[float]:
    """What digits with separators may mean; empty if they are a date, a version or a list."""
    if digits.isdigit():
        return frozenset({float(digits)})
    separators = re.findall(r"[.,'’]", digits)
    if len(set(separators)) == 1:
        mark = separators[0]
        found = set()
        if _GROUPED.fullmatch(digits):
            found.add(float(digits.replace(mark, "")))
        if len(separators) == 1 and mark in ".,":
            found.add(float(digits.replace(mark, ".")))
        return frozenset(found)
    whole, mark, decimals = digits.rpartition(separators[-1])
    if mark in ".," and separators.count(mark) == 1 and _GROUPED.fullmatch(whole):
        return frozenset({float(re.sub(r"\D", "", whole) + "." + decimals)})
    return frozenset()
