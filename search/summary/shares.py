"""Words for parts and multiples («metà», "doubled"), and whether a passage says the same.

Only forms that name a figure count: «in media», «mezzi pubblici», «terzo settore», "the third
year", "social media" do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.summary.numbers import PERCENT, StatedNumber, read_amounts

_WHOLE_IT = (
    r"(?:milione|miliardo|migliaio|anno|secolo|chil\w+|litro|ettaro|metro|punto|grado|or[ae])"
)
_WHOLE_ES = r"(?:millón|año|siglo|hora|kilo\w*|litro|punto)"


@dataclass(frozen=True)
class _Multiple:
    """``forms``: patterns by language. ``percents`` and ``factors`` («2 volte»): figures that may
    say the same; ``counts``: those that do without a unit."""

    forms: Mapping[str, re.Pattern[str]]
    percents: frozenset[float] = frozenset()
    factors: frozenset[float] = frozenset()
    counts: frozenset[float] = frozenset()

    def find(self, text: str, language: str) -> list[re.Match[str]]:
        """In the words of the language; of all of them where it is none of these."""
        return list(_of_language(self.forms, language).finditer(text))

    def is_said_by(self, amount: StatedNumber, text: str) -> bool:
        """Whether the figure, which stands in ``text``, says the same in digits."""
        if amount.unit == PERCENT:
            return bool(amount.values & self.percents)
        if amount.values & self.counts:
            return True
        return bool(amount.values & self.factors) and bool(_TIMES.match(text, amount.end))


@dataclass(frozen=True)
class Fraction:
    """A part told in words or as «2/3», at its place in the text."""

    start: int
    end: int
    value: float

    def fits(self, other: Fraction) -> bool:
        return abs(self.value - other.value) < _ROUNDING

    def is_said_by(self, amount: StatedNumber) -> bool:
        """Whether the figure says the same, as a percentage or as a decimal without a unit."""
        if amount.unit not in (PERCENT, ""):
            return False
        hundred = 100 if amount.unit else 1
        return any(abs(value / hundred - self.value) < _ROUNDING for value in amount.values)


def _by_language(forms: dict[str, str]) -> Mapping[str, re.Pattern[str]]:
    """Patterns of whole words; under "" those of all languages."""
    return {
        language: re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)
        for language, words in (forms | {"": "|".join(forms.values())}).items()
    }


def _of_language(patterns: Mapping[str, re.Pattern[str]], language: str) -> re.Pattern[str]:
    return patterns.get(language, patterns[""])


_TIMES = re.compile(
    r"[\s-]?(?:volte|times|mal|fach\w*|fois|veces|fold|[x×])(?![^\W_])", re.IGNORECASE
)

_MULTIPLES = (
    _Multiple(
        _by_language(
            {
                "it": r"doppi[oaei]|raddoppi\w*|duplic\w+",
                "en": r"doubl\w+|twice|twofold",
                "de": r"doppelt\w*|verdoppel\w+|zweifach\w*",
                "fr": r"doubl\w+",
                "es": r"dobl\w+|duplic\w+",
            }
        ),
        percents=frozenset({100.0, 200.0}),
        factors=frozenset({2.0}),
    ),
    _Multiple(
        _by_language(
            {
                "it": r"tripl\w+",
                "en": r"tripl\w+|trebl\w+|thrice|threefold",
                "de": r"dreifach\w*|verdreifach\w+",
                "fr": r"tripl\w+",
                "es": r"tripl\w+",
            }
        ),
        percents=frozenset({200.0, 300.0}),
        factors=frozenset({3.0}),
    ),
    _Multiple(
        _by_language(
            {
                "it": r"quadrupl\w+",
                "en": r"quadrupl\w+|fourfold",
                "de": r"vierfach\w*|vervierfach\w+",
                "fr": r"quadrupl\w+",
                "es": r"cuadruplic\w+|cuádruple\w*",
            }
        ),
        percents=frozenset({300.0, 400.0}),
        factors=frozenset({4.0}),
    ),
    _Multiple(
        _by_language(
            {
                "it": r"dozzin[ae]",
                "en": r"dozens?",
                "de": r"dutzend\w*",
                "fr": r"douzaines?",
                "es": r"docenas?",
            }
        ),
        counts=frozenset({12.0}),
    ),
    _Multiple(
        _by_language(
            {"it": r"decine", "en": r"tens", "de": r"zehner", "fr": r"dizaines", "es": r"decenas"}
        )
    ),
    _Multiple(
        _by_language(
            {
                "it": r"centinaia",
                "en": r"hundreds",
                "de": r"hunderte\w*",
                "fr": r"centaines",
                "es": r"cientos|centenares",
            }
        )
    ),
    _Multiple(
        _by_language(
            {
                "it": r"migliaia",
                "en": r"thousands",
                "de": r"tausende\w*",
                "fr": r"milliers",
                "es": r"miles|millares",
            }
        )
    ),
    _Multiple(
        _by_language(
            {
                "it": r"milioni",
                "en": r"millions",
                "de": r"millionen",
                "fr": r"millions",
                "es": r"millones",
            }
        )
    ),
)


_HALF = _by_language(
    {
        "it": rf"metà|dimezz\w+|mezz(?=['’]ora)|mezz[oa](?=\s{_WHOLE_IT}\b)|(?<=\be\s)mezz[oa]",
        "en": r"half|halves|halv(?:ed|ing)",
        "de": r"hälften?|halbier\w+|halb\w{0,2}",
        "fr": r"moitiés?|demi(?:es?)?",
        "es": rf"mitad(?:es)?|medi[oa](?=\s{_WHOLE_ES}\b)|(?<=\by\s)medi[oa]",
    }
)
_PARTS: Mapping[int, Mapping[str, str]] = {
    3: {
        "it": "terz[oi]|terza parte",
        "en": "thirds?(?! (?:part|sector))",
        "de": "drittel[ns]?",
        "fr": "tiers(?![ -](?:secteur|lieu|monde|pays))",
        "es": "tercios?|tercera parte",
    },
    4: {
        "it": "quart[oi]|quarta parte",
        "en": "quarters?",
        "de": "viertel[ns]?",
        "fr": "quarts?",
        "es": "cuartos?|cuarta parte",
    },
    5: {
        "it": "quint[oi]|quinta parte",
        "en": "fifths?",
        "de": "fünftel[ns]?",
        "fr": "cinquièmes?",
        "es": "quintos?|quinta parte",
    },
    10: {
        "it": "decim[oi]|decima parte",
        "en": "tenths?",
        "de": "zehntel[ns]?",
        "fr": "dixièmes?",
        "es": "décimos?|décima parte",
    },
}
"""Names of parts by denominator and language."""
_HOW_MANY = {
    "it": {"un": 1, "una": 1, "la": 1, "due": 2, "tre": 3, "quattro": 4, "sette": 7, "nove": 9},
    "en": {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "seven": 7, "nine": 9},
    "de": {"ein": 1, "einem": 1, "eines": 1, "das": 1, "zwei": 2, "drei": 3, "vier": 4}
    | {"sieben": 7, "neun": 9},
    "fr": {"un": 1, "le": 1, "du": 1, "deux": 2, "trois": 3, "quatre": 4, "sept": 7, "neuf": 9},
    "es": {"un": 1, "una": 1, "la": 1, "dos": 2, "tres": 3, "cuatro": 4, "siete": 7, "nueve": 9},
}
"""Without one of these the word is no part: «il terzo anno»."""
_FRACTIONS = [
    (
        denominator,
        _by_language(
            {
                language: rf"(?:{'|'.join(_HOW_MANY[language])})[\s-]{'?' * (language == 'de')}"
                rf"(?:{words})"
                for language, words in parts.items()
            }
        ),
    )
    for denominator, parts in _PARTS.items()
]
_IN_DIGITS = re.compile(r"(?<![\d/.,])([1-9])\s?[/⁄]\s?([2-9]|10)(?![\d/.,]\d|\d)")
_ROUNDING = 0.008


def find_fractions(text: str, language: str) -> list[Fraction]:
    """The parts that the text tells, in words of the language (of all where it is none of these)
    and in digits."""
    found = [Fraction(*one.span(), 0.5) for one in _of_language(_HALF, language).finditer(text)]
    for denominator, patterns in _FRACTIONS:
        for one in _of_language(patterns, language).finditer(text):
            found.append(Fraction(*one.span(), _read_how_many(one[0]) / denominator))
    for one in _IN_DIGITS.finditer(text):
        found.append(Fraction(*one.span(), int(one[1]) / int(one[2])))
    return found


def _read_how_many(words: str) -> int:
    """The numerator at the begin of the words."""
    said = words.lower()
    names = [(name, n) for all_names in _HOW_MANY.values() for name, n in all_names.items()]
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


def has_its_multiples(
    statement: str,
    passage: str,
    known: Sequence[StatedNumber],
    language: str,
    passage_language: str,
) -> bool:
    """The same for «raddoppiato», «decine», «migliaia». ``known`` are at their places in the
    passage."""
    counted = read_amounts(statement, language)
    for multiple in _MULTIPLES:
        words = [one for one in multiple.find(statement, language) if not _is_in(one, counted)]
        if not words or multiple.find(passage, passage_language):
            continue
        if not any(multiple.is_said_by(one, passage) for one in known):
            return False
    return True


def _is_in(word: re.Match[str], amounts: Sequence[StatedNumber]) -> bool:
    """Whether the word belongs to a number: «milioni» in «3 milioni»."""
    return any(one.start <= word.start() < one.end for one in amounts)
