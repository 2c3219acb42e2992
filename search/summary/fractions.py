"""Parts of a whole («metà», "two thirds", «3/4»), and whether a passage tells the same.

Only forms that name a figure count: «mezzi pubblici», «terzo settore», "the third year" do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from search.summary.numbers import PERCENT, StatedNumber
from search.summary.words import LANGUAGES, in_language, words_of

_WHOLE_IT = (
    r"(?:milione|miliardo|migliaio|anno|secolo|chil\w+|litro|ettaro|metro|punto|grado|or[ae])"
)
_WHOLE_ES = r"(?:millón|año|siglo|hora|kilo\w*|litro|punto)"
_HALF = words_of(
    rf"metà|dimezz\w+|mezz(?=['’]ora)|mezz[oa](?=\s{_WHOLE_IT}\b)|(?<=\be\s)mezz[oa]",
    r"half|halves|halv(?:ed|ing)",
    r"hälften?|halbier\w+|halb\w{0,2}",
    r"moitiés?|demi(?:es?)?",
    rf"mitad(?:es)?|medi[oa](?=\s{_WHOLE_ES}\b)|(?<=\by\s)medi[oa]",
)
_NAMES = {
    3: (
        "terz[oi]|terza parte",
        "thirds?(?! (?:part|sector))",
        "drittel[ns]?",
        "tiers(?![ -](?:secteur|lieu|monde|pays))",
        "tercios?|tercera parte",
    ),
    4: ("quart[oi]|quarta parte", "quarters?", "viertel[ns]?", "quarts?", "cuart(?:os?|a parte)"),
    5: ("quint[oi]|quinta parte", "fifths?", "fünftel[ns]?", "cinquièmes?", "quint(?:os?|a parte)"),
    6: ("sest[oi]|sesta parte", "sixths?", "sechstel[ns]?", "sixièmes?", "sext(?:os?|a parte)"),
    7: ("settim[oi]", "sevenths?", "siebtel[ns]?", "septièmes?", "séptim(?:os?|a parte)"),
    8: ("ottav[oi]|ottava parte", "eighths?", "achtel[ns]?", "huitièmes?", "octav(?:os?|a parte)"),
    9: ("non[oi]|nona parte", "ninths?", "neuntel[ns]?", "neuvièmes?", "noven(?:os?|a parte)"),
    10: ("decim[oi]|decima parte", "tenths?", "zehntel[ns]?", "dixièmes?", "décim(?:os?|a parte)"),
}
"""Names of parts by denominator, in the order of ``LANGUAGES``."""
_ONE = ("un una la", "a an one", "ein einem eines das", "un le du", "un una la")
_MORE = (
    "due tre quattro cinque sei sette otto nove",
    "two three four five six seven eight nine",
    "zwei drei vier fünf sechs sieben acht neun",
    "deux trois quatre cinq six sept huit neuf",
    "dos tres cuatro cinco seis siete ocho nueve",
)
_HOW_MANY = {
    language: dict.fromkeys(one.split(), 1) | {word: n for n, word in enumerate(more.split(), 2)}
    for language, one, more in zip(LANGUAGES, _ONE, _MORE, strict=True)
}
"""Without one of these the word is no part: «il terzo anno»."""
_BETWEEN = {language: r"[\s-]?" if language == "de" else r"[\s-]" for language in LANGUAGES}
_PARTS = [
    (
        denominator,
        words_of(
            *(
                f"(?:{'|'.join(_HOW_MANY[language])}){_BETWEEN[language]}(?:{words})"
                for language, words in zip(LANGUAGES, names, strict=True)
            )
        ),
    )
    for denominator, names in _NAMES.items()
]
_IN_DIGITS = re.compile(
    r"(?<![\d/.,])([1-9])\s?[/⁄]\s?([2-9]|10)(?![\d/.,]\d|\d)"
    r"(?=\s*(?:(?:d[aeiu]\w{0,4}|of|von|der)\b|d['’]|[^\w\s]|$))"
)
"""«2/3 dei comuni», not «2/3 giorni», which are two or three."""
_ROUNDING = 0.008


@dataclass(frozen=True)
class Fraction:
    """A part told in words or as «2/3», at its place in the text."""

    start: int
    end: int
    value: float

    def fits(self, other: Fraction) -> bool:
        return abs(self.value - other.value) < _ROUNDING

    def as_percentage(self) -> StatedNumber:
        return StatedNumber(self.start, self.end, frozenset({100 * self.value}), PERCENT)

    def is_said_by(self, amount: StatedNumber) -> bool:
        """Whether the figure says the same, as a percentage or as a decimal without a unit."""
        if amount.unit not in (PERCENT, ""):
            return False
        hundred = 100 if amount.unit else 1
        return any(abs(value / hundred - self.value) < _ROUNDING for value in amount.values)


def find_fractions(text: str, language: str) -> list[Fraction]:
    """The parts that the text tells, in words of the language (of all where it is none of these)
    and in digits."""
    found = [Fraction(*one.span(), 0.5) for one in in_language(_HALF, language).finditer(text)]
    for denominator, words in _PARTS:
        for one in in_language(words, language).finditer(text):
            found.append(Fraction(*one.span(), _read_how_many(one[0]) / denominator))
    for one in _IN_DIGITS.finditer(text):
        found.append(Fraction(*one.span(), int(one[1]) / int(one[2])))
    return found


def _read_how_many(words: str) -> int:
    """The numerator at the begin of the words."""
    said = words.lower()
    names = [(name, n) for own in _HOW_MANY.values() for name, n in own.items()]
    return max((len(name), n) for name, n in names if said.startswith(name))[1]


def has_its_fractions(
    fractions: Sequence[Fraction], passage: str, known: Sequence[StatedNumber], language: str
) -> bool:
    """Whether each part stands in the passage, whose language and numbers these are, in words of
    any language or as a figure."""
    there = find_fractions(passage, language)
    return all(
        any(one.fits(other) for other in there) or any(one.is_said_by(other) for other in known)
        for one in fractions
    )
