"""Status and dates of a card: a status is true of a year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from kb.messages import N_
from kb.practices.checks.findings import error, warning
from kb.practices.figure_rules import entries
from kb.practices.terms import PracticeStatus
from kb.practices.validation import Finding

FRESH_YEARS = 5
"""A practice is said to be running if a source of the last five years says so."""


def check_status(values: Mapping[str, Any], today: date) -> Iterator[Finding]:
    status, end = values.get("status"), values.get("end")
    if status == PracticeStatus.CONCLUDED and not end:
        yield error(("end",), N_("A concluded practice needs the year in which it ended."))
    elif status == PracticeStatus.STOPPED and not end:
        yield warning(("end",), N_("Say in which year the practice was stopped."))
    elif status == PracticeStatus.RUNNING:
        yield from _check_running(values, end, today)


def _check_running(values: Mapping[str, Any], end: object, today: date) -> Iterator[Finding]:
    if isinstance(end, int) and end < today.year:
        template = N_("The practice ended in {year} and is said to be running.")
        yield warning(("status",), template, year=end)
        return
    known = last_known_year(values)
    if known is None:
        template = N_(
            "The practice is said to be running, and no source has a year: add the year of a "
            "source, or “as of”."
        )
        yield warning(("as_of",), template)
    elif known < today.year - FRESH_YEARS:
        template = N_(
            "The practice is said to be running, and the newest source is of {year}: look for a "
            "newer one."
        )
        yield warning(("as_of",), template, year=known)


def last_known_year(values: Mapping[str, Any]) -> int | None:
    """``as_of``, else the newest year of a source or result."""
    if isinstance(given := values.get("as_of"), int):
        return given
    dated = [one.get("year") for name in ("sources", "results") for _, one in entries(values, name)]
    return max((year for year in dated if isinstance(year, int)), default=None)
