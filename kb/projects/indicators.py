"""Indicators of a project: their fields and rules, and what a complete one needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from kb.messages import N_, Message
from kb.practices.parts import MeasuredResult
from kb.practices.rules import Figure, RuleError, Value, term_of
from kb.practices.terms import Better
from kb.projects.project import Short, Text, Title
from kb.storage.projects import Indicator
from kb.text.slugs import slugify
from kb.vocabulary.measures import load_measures

SAME_TARGET = Message(
    N_(
        "The target is the same as the baseline: how far the project has come cannot be said. If"
        " nothing is to change, that is right; otherwise give another target."
    )
)

GREATEST_SHARE = 1e15
"""The most that a value may be, like ``Figure``."""


class IndicatorFields(Value):
    """What a person fills in for an indicator.

    A baseline is a number, or numerator and denominator. ``measure``: term of ``measures``, which
    gives unit and direction where they are not filled in. ``practice_id`` and ``result_key``: the
    result of a practice that is the reference line.
    """

    text: Title
    text_en: Short = ""
    measure: Annotated[str, term_of("measures")] | None = None
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    unit_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    better: Better | None = None
    aggregable: bool = False
    baseline: Figure | None = None
    baseline_numerator: Figure | None = None
    baseline_denominator: Figure | None = None
    baseline_on: date | None = None
    baseline_how: Text = ""
    target: Figure | None = None
    target_on: date | None = None
    source: Text = ""
    every_months: Annotated[int, Field(ge=1, le=120)] | None = None
    owner: Short = ""
    practice_id: Annotated[str, StringConstraints(max_length=100)] = ""
    result_key: Annotated[str, StringConstraints(max_length=100)] = ""

    @model_validator(mode="after")
    def _shares_can_be_computed(self) -> IndicatorFields:
        compute_value(
            self.baseline, self.baseline_numerator, self.baseline_denominator, self.written_unit
        )
        return self

    @model_validator(mode="after")
    def _target_follows_the_baseline(self) -> IndicatorFields:
        if self.baseline_on and self.target_on and self.target_on <= self.baseline_on:
            template = N_("The target is dated before the baseline: check the two days.")
            raise RuleError(template, ("target_on",))
        return self

    @property
    def written_unit(self) -> str:
        """The unit, of the measure if left empty."""
        measure = load_measures().get(self.measure or "")
        return self.unit or (measure.unit["it"] if measure else "")

    @property
    def baseline_value(self) -> float | None:
        """Raises RuleError if numerator and denominator do not give it."""
        return compute_value(
            self.baseline, self.baseline_numerator, self.baseline_denominator, self.written_unit
        )


def compute_value(
    value: float | None, numerator: float | None, denominator: float | None, unit: str
) -> float | None:
    """The value, or numerator / denominator, in percent where the unit is one.

    Raises:
        RuleError: the denominator is zero or one of the two is missing, or they do not give the
            value.
    """
    check_share(numerator, denominator)
    if numerator is None or denominator is None:
        return value
    share = numerator / denominator * (100 if unit.startswith("%") else 1)
    if abs(share) > GREATEST_SHARE:
        template = N_("Numerator and denominator give too great a number: correct one of them.")
        raise RuleError(template, ("denominator",))
    if value is not None and abs(value - share) > max(0.01 * abs(share), 0.051):
        template = N_("Numerator and denominator give {share}, not {value}: correct one of them.")
        raise RuleError(template, ("value",), share=f"{share:.6g}", value=f"{value:.6g}")
    return share if value is None else value


def check_share(numerator: float | None, denominator: float | None) -> None:
    """Raises RuleError if one of the two is missing, or the denominator is zero."""
    if (numerator is None) != (denominator is None):
        template = N_("Give numerator and denominator together, or neither.")
        raise RuleError(template, ("numerator" if numerator is None else "denominator",))
    if denominator == 0:
        template = N_("The denominator is zero: a share of nothing cannot be computed.")
        raise RuleError(template, ("denominator",))


def write_indicator(row: Indicator, fields: IndicatorFields) -> None:
    """Copy the fields to the row; unit and direction come from the measure if left empty."""
    for name, value in fields:
        setattr(row, name, value)
    row.measure = fields.measure or ""
    row.baseline = fields.baseline_value
    measure = load_measures().get(row.measure)
    if measure is not None:
        row.unit = fields.written_unit
        row.unit_en = fields.unit_en or measure.unit["en"]
        row.aggregable = measure.aggregable
    row.better = fields.better or (measure.better if measure else Better.NEUTRAL)


def list_gaps(row: Indicator) -> list[Message]:
    """What the indicator lacks before a project may run."""
    return [Message(template, {"indicator": row.text}) for template in _find_gaps(row)]


def _find_gaps(row: Indicator) -> Iterator[str]:
    if row.baseline is None or row.baseline_on is None:
        yield N_("“{indicator}” needs a baseline with its day: how it is before the project.")
    if row.target is None or row.target_on is None:
        yield N_("“{indicator}” needs a target with the day by which it should be reached.")
    if not row.owner:
        yield N_("“{indicator}” needs somebody who sees to the measurements.")
    if row.every_months is None:
        yield N_("“{indicator}” needs a rhythm: every how many months it is measured.")


def result_key(result: MeasuredResult) -> str:
    """Name of a result within its card that survives a new order of the results."""
    year = f"-{result.year}" if result.year else ""
    return slugify(result.indicator_en or result.indicator, 90 - len(year)) + year


def find_result(results: Sequence[MeasuredResult], key: str) -> MeasuredResult | None:
    """The result with this key; None if the card has none any more."""
    return next((one for one in results if key and result_key(one) == key), None)
