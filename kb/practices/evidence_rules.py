"""Rules that new cards follow and older ones need not, to be read: what evidence asks of a source,
what a measure asks of a unit, what may be said to disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kb.messages import N_
from kb.practices.figure_rules import entries
from kb.practices.older_records import OPENED
from kb.practices.rules import RuleError
from kb.practices.terms import EvidenceLevel
from kb.vocabulary.measures import fits, load_measures, plain_unit


def evidence_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    """Broken rules about evidence, measures, disagreements and costs that are not reported."""
    yield from _primary_rules(values)
    yield from _measure_rules(values)
    yield from _disagreement_rules(values)
    if _is_true(values.get("cost_not_reported")):
        for n, cost in entries(values, "costs"):
            if cost.get("amount") is not None or cost.get("amount_text"):
                template = N_("The card says that costs are not reported, and reports one.")
                yield RuleError(template, ("costs", n, "amount"))


def _primary_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    """Primary evidence asks for a source that was opened by whoever cites it."""
    access = {str(one.get("id")): one.get("accessed") for _, one in entries(values, "sources")}
    for name in ("results", "costs"):
        for n, one in entries(values, name):
            accessed = access.get(str(one.get("source")))
            if one.get("evidence") != EvidenceLevel.PRIMARY.value or accessed in (None, *OPENED):
                continue
            template = N_(
                "A figure is primary only if its source was read, whole or in part: read the "
                "source, or choose another reliability."
            )
            yield RuleError(template, (name, n, "evidence"))


def _measure_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    measures = load_measures()
    for n, result in entries(values, "results"):
        measure = measures.get(str(result.get("measure")))
        if measure is None:
            continue
        for name, language in (("unit", "it"), ("unit_en", "en")):
            if not fits(measure, str(result.get(name) or ""), language):
                template = N_("This measure is given in “{unit}”: write that unit.")
                yield RuleError(template, ("results", n, name), unit=measure.unit[language])


def _disagreement_rules(values: Mapping[str, Any]) -> Iterator[RuleError]:
    """Figures can only disagree about one thing: the same measure in the same unit."""
    by_key: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for n, result in entries(values, "results"):
        if key := result.get("disagreement"):
            by_key[str(key)].append((n, result))
    for key, group in by_key.items():
        first = likeness(group[0][1])
        for n, result in group[1:]:
            if likeness(result) != first:
                template = N_(
                    "Results with the key “{key}” have different measures or units: figures for "
                    "different things do not disagree."
                )
                yield RuleError(template, ("results", n, "disagreement"), key=key)


def likeness(result: Mapping[str, Any]) -> tuple[str, str]:
    """Measure and unit, equal in results that can be compared or disagree."""
    return str(result.get("measure") or ""), plain_unit(str(result.get("unit") or ""))


def _is_true(value: object) -> bool:
    return value is True or str(value).casefold() in ("true", "yes", "1", "on")
