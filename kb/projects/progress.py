"""How far a value is on the way from the baseline to the target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from kb.practices.terms import Better


class ProgressState(StrEnum):
    NO_VALUE = "no-value"
    UNDEFINED = "undefined"
    """Baseline or target is missing, or both are equal or too near to each other."""
    AWAY = "away"
    """The value moved away from the target."""
    UNMOVED = "unmoved"
    """The value is the baseline's."""
    UNDER_WAY = "under-way"
    REACHED = "reached"
    EXCEEDED = "exceeded"


@dataclass(frozen=True)
class TargetProgress:
    """``share``: (value - baseline) / (target - baseline); None where it is not defined."""

    state: ProgressState
    share: float | None = None

    @property
    def percent(self) -> int | None:
        """Whole percents, never rounded to the 100 of a target that was not reached."""
        if self.share is None:
            return None
        rounded = round(self.share * 100)
        return 99 if self.share < 1 and rounded >= 100 else rounded


def measure_progress(
    baseline: float | None, target: float | None, value: float | None
) -> TargetProgress:
    """Targets may lie above or below the baseline. With both equal the share is undefined."""
    if value is None:
        return TargetProgress(ProgressState.NO_VALUE)
    way = target - baseline if baseline is not None and target is not None else 0
    share = (value - baseline) / way if baseline is not None and way else math.inf
    if not math.isfinite(share):
        return TargetProgress(ProgressState.UNDEFINED)
    if share < 0:
        return TargetProgress(ProgressState.AWAY, share)
    if share == 0:
        return TargetProgress(ProgressState.UNMOVED, share)
    if share < 1:
        return TargetProgress(ProgressState.UNDER_WAY, share)
    return TargetProgress(ProgressState.REACHED if share == 1 else ProgressState.EXCEEDED, share)


class Compared(StrEnum):
    """A value measured here against the practice's own result."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"


SAME_SHARE = 0.05
"""Part of the change elsewhere within which two changes count as the same."""


def compare_changes(
    *, better: Better, here: tuple[float | None, float], there: tuple[float | None, float]
) -> Compared | None:
    """Compare two pairs of baseline and value: their relative changes where both baselines are
    known and not zero, otherwise their values.

    None if the direction is neutral.
    """
    sign = {Better.HIGHER: 1, Better.LOWER: -1}.get(better)
    if sign is None:
        return None
    ours, theirs = _change(*here), _change(*there)
    if ours is None or theirs is None:
        ours, theirs = here[1], there[1]
    difference = sign * (ours - theirs)
    if abs(difference) <= SAME_SHARE * max(abs(theirs), 1e-12):
        return Compared.SAME
    return Compared.BETTER if difference > 0 else Compared.WORSE


def _change(baseline: float | None, value: float) -> float | None:
    change = (value - baseline) / abs(baseline) if baseline else math.inf
    return change if math.isfinite(change) else None
