"""Read the measurements of an indicator: their states, which count, and when the next is due."""

from __future__ import annotations

import calendar
from datetime import date
from enum import StrEnum

from kb.messages import NotFound
from kb.storage.projects import CheckDecision, Indicator, Measurement, ProjectRow


class MeasurementState(StrEnum):
    REPORTED = "reported"
    CHECKED = "checked"
    SENT_BACK = "sent-back"
    SUPERSEDED = "superseded"


def state_of(
    measurement: Measurement, superseded: frozenset[int] = frozenset()
) -> MeasurementState:
    """``superseded``: ids of the measurements that a later one corrects."""
    if measurement.id in superseded:
        return MeasurementState.SUPERSEDED
    if not measurement.checks:
        return MeasurementState.REPORTED
    last = measurement.checks[-1].decision
    is_good = last is CheckDecision.CHECKED
    return MeasurementState.CHECKED if is_good else MeasurementState.SENT_BACK


def find_superseded(indicator: Indicator) -> frozenset[int]:
    """Ids of the measurements that another one corrects."""
    return frozenset(one.supersedes for one in indicator.measurements if one.supersedes)


def list_current(indicator: Indicator) -> list[Measurement]:
    """Measurements that no other corrects, by period."""
    superseded = find_superseded(indicator)
    current = [one for one in indicator.measurements if one.id not in superseded]
    return sorted(current, key=lambda one: (one.period_end, one.id))


def list_checked(indicator: Indicator) -> list[Measurement]:
    """Checked numbers by period: what counts outside the project."""
    return [
        one
        for one in list_current(indicator)
        if one.value is not None and state_of(one) is MeasurementState.CHECKED
    ]


def newest_value(indicator: Indicator, *, checked: bool = False) -> Measurement | None:
    """The number of the latest period, sent back ones left out; with ``checked`` of those alone."""
    if checked:
        return next(reversed(list_checked(indicator)), None)
    usable = [
        one
        for one in list_current(indicator)
        if one.value is not None and state_of(one) is not MeasurementState.SENT_BACK
    ]
    return next(reversed(usable), None)


def require_indicator(row: ProjectRow, indicator_id: str) -> Indicator:
    """Raises NotFound."""
    found = next((one for one in row.indicators if one.id == indicator_id), None)
    if found is None:
        raise NotFound()
    return found


def require_measurement(row: ProjectRow, measurement_id: int) -> tuple[Indicator, Measurement]:
    """Raises NotFound."""
    for indicator in row.indicators:
        for measurement in indicator.measurements:
            if measurement.id == measurement_id:
                return indicator, measurement
    raise NotFound()


def next_due(indicator: Indicator) -> date | None:
    """The day by which the next value is due: a rhythm after the last period, or after the
    baseline; None without rhythm or baseline, and for a retired indicator."""
    if indicator.every_months is None or indicator.retired_at is not None:
        return None
    ends = [one.period_end for one in list_current(indicator) if one.value is not None]
    last = max(ends, default=indicator.baseline_on)
    return None if last is None else add_months(last, indicator.every_months)


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it is too short, and the last
    day that there is beyond the year 9999."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
