"""Multiples and round numbers in words («raddoppiati», «una trentina», «un decennio»), and whether
a passage tells the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from search.summary.numbers import PERCENT, StatedNumber, read_amounts
from search.summary.words import WordsByLanguage, in_language, words_of

_TIMES = re.compile(
    r"[\s-]?(?:volte|times|mal|fach\w*|fois|veces|fold|[x×])(?![^\W_])", re.IGNORECASE
)


@dataclass(frozen=True)
class _Multiple:
    """``percents`` and ``factors`` («2 volte»): figures that may say the same; ``counts``: those
    that do without either."""

    words: WordsByLanguage
    percents: tuple[int, ...] = ()
    factors: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()

    def find(self, text: str, language: str) -> list[re.Match[str]]:
        """In the words of the language; of all of them where it is none of these."""
        return list(in_language(self.words, language).finditer(text))

    def is_said_by(self, amount: StatedNumber, text: str) -> bool:
        """Whether the figure, which stands in ``text``, says the same in digits."""
        if amount.unit == PERCENT:
            return not amount.values.isdisjoint(self.percents)
        if not amount.values.isdisjoint(self.counts):
            return True
        return not amount.values.isdisjoint(self.factors) and bool(_TIMES.match(text, amount.end))


def _times(factor: int, *forms: str) -> _Multiple:
    percents = ((factor - 1) * 100, factor * 100)
    return _Multiple(words_of(*forms), percents=percents, factors=(factor,))


def _count(number: int, *forms: str) -> _Multiple:
    return _Multiple(words_of(*forms), counts=(number,))


_MULTIPLES = (
    _times(
        2,
        r"doppi[oaei]|raddoppi\w*|duplic\w+",
        r"doubl\w+|twice|twofold",
        r"doppelt\w*|verdoppel\w+|zweifach\w*",
        r"doubl\w+",
        r"dobl\w+|duplic\w+",
    ),
    _times(
        3,
        r"tripl\w+",
        r"tripl\w+|trebl\w+|thrice|threefold",
        r"(?:ver)?dreifach\w*",
        r"tripl\w+",
        r"tripl\w+",
    ),
    _times(
        4,
        r"quadrupl\w+",
        r"quadrupl\w+|fourfold",
        r"(?:ver)?vierfach\w*",
        r"quadrupl\w+",
        r"cuadruplic\w+|cuádruple\w*",
    ),
    _times(
        5,
        r"quintuplic\w+|quintupl[oaei]",
        r"quintupl\w+|fivefold",
        r"(?:ver)?fünffach\w*",
        r"quintupl\w+",
        r"quintuplic\w+|quíntuple\w*",
    ),
    _times(
        10,
        r"decupl\w+|ordin[ei] di grandezza",
        r"tenfold|orders? of magnitude",
        r"(?:ver)?zehnfach\w*|größenordnung\w*",
        r"décupl\w+|ordres? de grandeur",
        r"decuplic\w+|órdenes de magnitud|orden de magnitud",
    ),
    _count(12, r"dozzin[ae]", r"dozens?", r"dutzend\w*", r"douzaines?", r"docenas?"),
    _count(15, "quindicina", "", "", "quinzaine", "quincena"),
    _count(20, "ventina", "", "", "vingtaine", "veintena"),
    _count(30, "trentina", "", "", "trentaine", "treintena"),
    _count(40, "quarantina", "", "", "quarantaine", "cuarentena"),
    _count(50, "cinquantina", "", "", "cinquantaine", "cincuentena"),
    _count(60, "sessantina", "", "", "soixantaine", ""),
    _count(70, "settantina", "", "", "", ""),
    _count(80, "ottantina", "", "", "", ""),
    _count(90, "novantina", "", "", "", ""),
    _count(100, "centinaio", "", "", "centaine", "centenar"),
    _count(1000, "migliaio", "", "", "millier", "millar"),
    _count(2, "bienni[o]?", "biennium", "", "biennat", "bienio"),
    _count(3, "trienni[o]?", "triennium", "", "triennat", "trienio"),
    _count(4, "quadrienni[o]?", "quadrennium", "", "", "cuatrienio"),
    _count(
        5,
        "(?:un|due|tre|ogni) lustr[io]|quinquenni[o]?",
        "quinquennium",
        "jahrfünft",
        "quinquennat",
        "lustro",
    ),
    _count(10, "decenni[o]?", "decades?", r"jahrzehnt\w*", "décennies?", "décadas?"),
    _count(100, "secol[io]", "century|centuries", r"jahrhundert\w*", "siècles?", "siglos?"),
    _Multiple(words_of("decine", "tens", "zehner", "dizaines", "decenas")),
    _Multiple(words_of("centinaia", "hundreds", r"hunderte\w*", "centaines", "cientos|centenares")),
    _Multiple(words_of("migliaia", "thousands", r"tausende\w*", "milliers", "miles|millares")),
    _Multiple(
        words_of("milion[ei]", "millions?", r"million(?:en)?", "millions?", "millón|millones")
    ),
    _Multiple(words_of("miliard[oi]", "billions?", "milliarden?", "milliards?", "mil millones")),
)


def find_round_numbers(text: str, language: str) -> list[StatedNumber]:
    """«Una trentina» and «un triennio» as the numbers that they say, without a unit."""
    return [
        StatedNumber(*word.span(), frozenset(map(float, multiple.counts)), "")
        for multiple in _MULTIPLES
        if multiple.counts
        for word in multiple.find(text, language)
    ]


def has_its_multiples(
    statement: str,
    passage: str,
    known: Sequence[StatedNumber],
    language: str,
    passage_language: str,
) -> bool:
    """Whether each multiple of the statement stands in the passage, in words of any of the
    languages or as a figure. ``known`` are the numbers of the passage, at their places in it."""
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
