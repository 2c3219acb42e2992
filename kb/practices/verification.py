"""When a practice card's sources must be checked again."""

from __future__ import annotations

from datetime import date, timedelta

FRESH = timedelta(days=2 * 365)


def due_before(today: date | None = None) -> date:
    """Cards last verified before this day are due."""
    return (today or date.today()) - FRESH


def is_due(verified_on: date | None, today: date | None = None) -> bool:
    return verified_on is None or verified_on < due_before(today)
