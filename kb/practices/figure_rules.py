"""Rules on units and values of a card's figures: a unit is only a unit, a value in words must be
readable.

A unit with digits or qualifiers cannot be combined with a number: «61,7 senza» belongs into a note,
«(circa)» into the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kb.messages import N_
from kb.practices.rules import RuleError
from kb.practices.values import read

_ALLOWED_DIGITS = re.compile(
    r"\b[^\W\d_]{1,4}[2310]{1,2}\b|"
    r"\b(?:per|ogni|su|each|out of)\s10{2,}(?![\d.,])|"
    r"\b(?:per|ogni|su|each|out of)\s10{0,2}(?:[.,]000)+(?![\d.,])"
)
"""Digits that are part of a unit: CO2, m2, PM10; «ogni 100.000 abitanti», “per 1,000 litres”."""
_QUALIFIERS = re.compile(
    r"\b(?:circa|quasi|oltre|almeno|fino a|meno di|più di|secondo|ca\.|"
    r"about|almost|nearly|more than|less than|at least|up to|around|over|according|depending)\b|"
    r"[()<>~≈±]",
    re.IGNORECASE,
)


def figure_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    """Broken rules about units and values in words of results and costs."""
    for n, result in entries(values, "results"):
        for error in _result_rules(result):
            yield RuleError(
                error.message.template, ("results", n, *error.where), **error.message.params
            )
    for n, cost in entries(values, "costs"):
        for error in _cost_rules(cost):
            yield RuleError(
                error.message.template, ("costs", n, *error.where), **error.message.params
            )


def _result_rules(result: Mapping[str, Any]) -> Iterator[RuleError]:
    for name in ("unit", "unit_en"):
        yield from _unit_rules(name, _text(result, name))
    words, unit = _text(result, "value_text"), _text(result, "unit")
    if not words:
        return
    said = read(words)
    if said is None and unit:
        template = N_(
            "“{words}” is not a figure that the unit “{unit}” can follow: write a figure "
            "(“circa 30”, “tra 5 e 7”, “20 o 25 secondo la fonte”), or words without a unit."
        )
        yield RuleError(template, ("value_text",), words=words, unit=unit)
    if (said is None or not said.translatable) and not _text(result, "value_text_en"):
        template = N_("A value in words needs value_text_en beside it.")
        yield RuleError(template, ("value_text_en",))
    if said is not None and _contradicts(said.numbers, result.get("value")):
        template = N_("“{words}” and the value {value} are not the same number.")
        yield RuleError(template, ("value_text",), words=words, value=result.get("value"))


def _unit_rules(name: str, unit: str) -> Iterator[RuleError]:
    if re.search(r"\d", _ALLOWED_DIGITS.sub("", unit)):
        template = N_(
            "The unit “{unit}” has a number in it: numbers belong to the value, to the name of "
            "the indicator or to the note."
        )
        yield RuleError(template, (name,), unit=unit)
    elif _QUALIFIERS.search(unit):
        template = N_(
            "The unit “{unit}” has words in it that qualify the number: write them with the value "
            "in words (“circa 30”, “oltre 90”) or in the note."
        )
        yield RuleError(template, (name,), unit=unit)


def _cost_rules(cost: Mapping[str, Any]) -> Iterator[RuleError]:
    words = _text(cost, "amount_text")
    if not words:
        return
    said = read(words)
    if said is None:
        template = N_("“{words}” is not an amount: write it as in “circa 70 milioni”.")
        yield RuleError(template, ("amount_text",), words=words)
    elif _contradicts(said.numbers, cost.get("amount")):
        template = N_("“{words}” and the value {value} are not the same number.")
        yield RuleError(template, ("amount_text",), words=words, value=cost.get("amount"))
    if not cost.get("currency"):
        template = N_("An amount needs currency, source and evidence beside it.")
        yield RuleError(template, ("amount_text",))


def _contradicts(numbers: tuple[float, ...], value: Any) -> bool:
    """Whether a value in words contradicts the number; of a range, either end is allowed."""
    if not isinstance(value, int | float):
        return False
    return all(abs(value - one) > abs(one) * 1e-9 for one in numbers)


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def entries(values: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The well-formed entries of a list with their indexes."""
    listed = values.get(name)
    for n, entry in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if isinstance(entry, Mapping):
            yield n, entry
