"""Results and costs of a card: a figure says of which year it is, and compared with what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kb.messages import N_
from kb.practices.checks.findings import warning
from kb.practices.figure_rules import entries
from kb.practices.figures import names_change, names_decrease
from kb.practices.terms import Better, EvidenceLevel, Nature
from kb.practices.validation import Finding
from kb.practices.values import read
from kb.vocabulary.measures import load_measures

_HOPED = (Nature.EXPECTED, Nature.TARGET)


def check_figures(values: Mapping[str, Any]) -> Iterator[Finding]:
    for n, result in entries(values, "results"):
        yield from _check_result(n, result)
    yield from _check_disagreements(values)
    if values.get("sources") and not values.get("costs") and not values.get("cost_not_reported"):
        template = N_("The card has no cost: add one, or say that the sources report none.")
        yield warning(("cost_not_reported",), template)


def _check_result(n: int, result: Mapping[str, Any]) -> Iterator[Finding]:
    indicators = [str(result.get(name) or "") for name in ("indicator", "indicator_en")]
    value = result.get("value")
    falls = isinstance(value, int | float) and value < 0 and names_decrease(indicators)
    if falls and result.get("better") != Better.HIGHER:
        template = N_("A decrease with a minus: name it a change, or drop the minus.")
        yield warning(("results", n, "value"), template)
    measure = load_measures().get(str(result.get("measure")))
    if measure and {measure.better, result.get("better")} == {Better.HIGHER, Better.LOWER}:
        template = N_("Of this measure, the better direction is the other one.")
        yield warning(("results", n, "better"), template)
    if result.get("evidence") == EvidenceLevel.CONTESTED and not (
        result.get("note") or result.get("disagreement")
    ):
        template = N_("Say in the note what contests this figure.")
        yield warning(("results", n, "note"), template)
    if _is_number(result) and result.get("nature") not in _HOPED:
        yield from _check_gaps(n, result, indicators)


def _check_gaps(n: int, result: Mapping[str, Any], indicators: list[str]) -> Iterator[Finding]:
    if not result.get("year") and not result.get("no_year"):
        template = N_("Of which year is this figure? Say it, or why it is not known.")
        yield warning(("results", n, "year"), template)
    compared = result.get("baseline") is not None or result.get("comparison") is not None
    if compared or result.get("no_baseline") or _is_change(result, indicators):
        return
    template = N_("What was it before, or elsewhere? Say it, or why there is no value before.")
    yield warning(("results", n, "baseline"), template)


def _is_change(result: Mapping[str, Any], indicators: list[str]) -> bool:
    """Whether the value itself says how much changed."""
    if str(result.get("measure") or "").endswith("-change"):
        return True
    return names_change(indicators) or names_decrease(indicators)


def _is_number(result: Mapping[str, Any]) -> bool:
    return result.get("value") is not None or read(str(result.get("value_text") or "")) is not None


def _check_disagreements(values: Mapping[str, Any]) -> Iterator[Finding]:
    by_key: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for n, result in entries(values, "results"):
        if key := result.get("disagreement"):
            by_key[str(key)].append((n, result))
    for group in by_key.values():
        first, rest = group[0], group[1:]
        if rest and not any(result.get("measure") for _, result in group):
            names = {str(result.get("indicator")).casefold() for _, result in group}
            if len(names) > 1:
                template = N_(
                    "Figures with this word have different names: give both the same measure or "
                    "name, or take the word out if they are two things."
                )
                yield warning(("results", rest[0][0], "disagreement"), template)
        for n, result in rest:
            same = ("value", "value_text", "year", "nature")
            if all(result.get(name) == first[1].get(name) for name in same):
                template = N_("This figure equals the one it is said to disagree with.")
                yield warning(("results", n, "disagreement"), template)
