"""What happened elsewhere to one measure, applied to a value of one's own.

Only results that were achieved count: measured or estimated, null and negative ones too; targets
and expectations do not. There is no mean, no probability, and no forecast: the lowest and the
highest of what happened, with every row behind them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.practices.figures import names_decrease
from kb.practices.practice import MeasuredResult, Practice
from kb.vocabulary.measures import Measure, fits

FEWEST = 3
"""Practices and projects with a comparable result below which there is a list and no range."""
SMALLEST_COUNT = 10
"""Least baseline of a count, such as jobs, whose ratio says anything."""
SHARE = "%"


class LeftOut(StrEnum):
    """Why a result is listed and not in the range of changes."""

    NO_NUMBER = "no_number"
    NO_BASELINE = "no_baseline"
    FROM_ZERO = "from_zero"
    FROM_FEW = "from_few"
    """The baseline of a count is below ``SMALLEST_COUNT``."""
    OTHER_UNIT = "other_unit"


@dataclass(frozen=True)
class LocalResult:
    """A value that a project here measured, checked by a researcher outside it. ``id``: of the
    project; ``municipality``: ISTAT code."""

    id: str
    title: str
    language: str
    municipality: str
    result: MeasuredResult


@dataclass(frozen=True)
class ScenarioRow:
    """A result of ``origin``. ``change``: relative to the baseline, or in percentage points where
    the measure is a share. ``applied``: one's own value after the same change."""

    origin: Practice | LocalResult
    result: MeasuredResult
    change: float | None = None
    applied: float | None = None
    left_out: LeftOut | None = None

    @property
    def years(self) -> int | None:
        """Years between baseline and value."""
        first, last = self.result.baseline_year, self.result.year
        return last - first if first is not None and last is not None and last >= first else None


@dataclass(frozen=True)
class ValueRange:
    lowest: float
    highest: float


@dataclass(frozen=True)
class Scenario:
    """``changes`` and ``applied`` are set from ``FEWEST`` practices on, ``levels`` too where values
    of places can be compared at all: not for counts, which grow with the place."""

    measure: Measure
    own: float | None
    rows: tuple[ScenarioRow, ...]
    practices: int
    """Practices and projects here with a change."""
    changes: ValueRange | None
    applied: ValueRange | None
    levels: ValueRange | None
    years: ValueRange | None

    @property
    def in_points(self) -> bool:
        return is_share(self.measure)


def build_scenario(
    measure: Measure,
    own: float | None,
    practices: Iterable[Practice],
    local: Iterable[LocalResult] = (),
) -> Scenario:
    """Collect the results of ``measure``, from practices and measured here, and apply their changes
    to ``own``."""
    found: list[tuple[Practice | LocalResult, MeasuredResult]] = [
        (practice, result) for practice in practices for result in practice.results
    ]
    found += [(one, one.result) for one in local]
    rows = [
        _read(measure, own, origin, result)
        for origin, result in found
        if result.measure == measure.slug and result.achieved
    ]
    changed = [row for row in rows if row.change is not None]
    sources = {row.origin.id for row in changed}
    enough = len(sources) >= FEWEST
    levels = [row for row in rows if _has_level(measure, row.result)]
    compared = {row.origin.id for row in levels}
    return Scenario(
        measure=measure,
        own=own,
        rows=tuple(sorted(rows, key=_order)),
        practices=len(sources),
        changes=_range(row.change for row in changed) if enough else None,
        applied=_range(row.applied for row in changed) if enough else None,
        levels=_range(row.result.value for row in levels) if len(compared) >= FEWEST else None,
        years=_range(years)
        if len(years := [row.years for row in changed if row.years]) >= FEWEST
        else None,
    )


def _has_level(measure: Measure, result: MeasuredResult) -> bool:
    """Whether the value itself says something elsewhere: not of counts, which grow with the place,
    nor of changes."""
    same_unit = result.unit.strip() == measure.unit["it"]
    told = result.value is not None and same_unit
    return told and not measure.aggregable and not is_change(measure)


def is_share(measure: Measure) -> bool:
    """Whether values are percentages, whose changes are told in points."""
    return measure.unit["it"] == SHARE and not is_change(measure)


def highest(measure: Measure) -> float:
    """The greatest value that there can be: 100 for shares of a whole."""
    return 100.0 if is_share(measure) and measure.bounded else math.inf


def two_figures(value: float) -> float:
    """The value with two significant figures, so that it looks no more exact than it is."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


def is_change(measure: Measure) -> bool:
    """Whether the values are changes already: «variazione delle emissioni», in per cent."""
    return measure.slug.endswith("-change")


def _read(
    measure: Measure, own: float | None, origin: Practice | LocalResult, result: MeasuredResult
) -> ScenarioRow:
    reason = _find_reason(measure, result)
    if reason is not None or result.value is None:
        return ScenarioRow(origin, result, left_out=reason or LeftOut.NO_NUMBER)
    if is_change(measure):
        change = _read_change(result, result.value)
    elif result.baseline is None:
        return ScenarioRow(origin, result, left_out=LeftOut.NO_BASELINE)
    elif is_share(measure):
        change = result.value - result.baseline
    else:
        change = (result.value - result.baseline) / result.baseline
    return ScenarioRow(origin, result, change, _apply(measure, own, change))


def _read_change(result: MeasuredResult, value: float) -> float:
    """A change in per cent; «riduzione del 28 %» is one of −28 %."""
    falls = names_decrease((result.indicator, result.indicator_en))
    return -abs(value) / 100 if falls else value / 100


def _find_reason(measure: Measure, result: MeasuredResult) -> LeftOut | None:
    """Why no change can be told from a result, if none can."""
    if result.value is None:
        return LeftOut.NO_NUMBER
    if not fits(measure, result.unit):
        return LeftOut.OTHER_UNIT
    if is_change(measure):
        return None
    if result.baseline is None:
        return LeftOut.NO_BASELINE
    return None if is_share(measure) else _find_weak_baseline(measure, result, result.baseline)


def _find_weak_baseline(
    measure: Measure, result: MeasuredResult, baseline: float
) -> LeftOut | None:
    """Why a ratio to the baseline says nothing, if so."""
    if baseline <= 0:
        return LeftOut.FROM_ZERO
    is_count = measure.aggregable and result.unit.strip() == measure.unit["it"]
    return LeftOut.FROM_FEW if is_count and baseline < SMALLEST_COUNT else None


def _apply(measure: Measure, own: float | None, change: float) -> float | None:
    """One's own value after the change, not below 0 and not above ``highest``."""
    if own is None:
        return None
    if is_share(measure):
        return min(max(own + change, 0.0), highest(measure))
    return max(own * (1 + change), 0.0)


def _range(values: Iterable[float | None]) -> ValueRange | None:
    known = [value for value in values if value is not None]
    return ValueRange(min(known), max(known)) if known else None


def _order(row: ScenarioRow) -> tuple[bool, float, str]:
    """Rows with a change first, from the lowest."""
    return row.change is None, row.change or 0.0, row.origin.id


def count_without_effect(practices: Sequence[Practice]) -> int:
    """How many practices had no effect, or a bad one."""
    return sum(practice.outcome in ("null", "negative") for practice in practices)
