"""How long a card may stand before somebody looks at its sources again."""

from __future__ import annotations

from datetime import date, timedelta

FRESH = timedelta(days=2 * 365)


def due_before(today: date | None = None) -> date:
    """Cards that were last checked before this day are to be checked again."""
    return (today or date.today()) - FRESH


def is_due(verified_on: date | None, today: date | None = None) -> bool:
    return verified_on is None or verified_on < due_before(today)
