"""Whether the numbers of a statement stand in the passage that it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.text.folding import fold_text
from search.summary.fractions import Fraction, find_fractions, has_its_fractions
from search.summary.multiples import find_round_numbers, has_its_multiples
from search.summary.numbers import StatedNumber, is_unit_told, normalise, read_amounts
from search.summary.words import LANGUAGES

_SIGNS_OF_NUMBERS = re.compile(r"[^\W_]*\d[^\W_]*|\b[IVX]{2,6}\b")
_SYMBOLS = frozenset({"co2", "m2", "m3", "km2", "n2o", "no2", "o2", "ch4", "h2", "pm10", "pm2"})
"""Words with digits that are no figures."""


def has_its_numbers(statement: str, passage: str, language: str, passage_language: str) -> bool:
    """Whether every number, year, percentage and part («metà») of the statement stands in the
    passage, with the same unit where both tell one."""
    statement, passage = normalise(statement), normalise(passage)
    fractions = find_fractions(statement, language)
    told = [
        one
        for one in read_amounts(statement, language)
        if not any(part.start <= one.start < part.end for part in fractions)
    ]
    known = [
        *read_amounts(passage, passage_language),
        *read_amounts(passage, "", grouping=passage_language),
        *find_round_numbers(passage, passage_language),
        *(part.as_percentage() for part in find_fractions(passage, passage_language)),
    ]
    if passage_language in LANGUAGES and not all(is_unit_told(one.unit, passage) for one in told):
        return False
    return (
        all(any(one.fits(other) for other in known) for one in told)
        and _has_its_signs(statement, passage, [*told, *fractions])
        and has_its_fractions(fractions, passage, known, passage_language)
        and has_its_multiples(statement, passage, known, language, passage_language)
    )


def _has_its_signs(statement: str, passage: str, told: Sequence[StatedNumber | Fraction]) -> bool:
    """Whether digits that are no number, as in a date or a name, and Roman numbers stand there as
    they are."""
    there = {_fold(one[0]) for one in _SIGNS_OF_NUMBERS.finditer(passage)}
    return all(
        _fold(one[0]) in there | _SYMBOLS
        for one in _SIGNS_OF_NUMBERS.finditer(statement)
        if not any(amount.start <= one.start() < amount.end for amount in told)
    )


def _fold(text: str) -> str:
    return fold_text(text).replace(" ", "")
