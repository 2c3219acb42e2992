"""Read records of cards as earlier versions wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OPENED = ("read", "excerpt")
"""Ways of knowing a source that mean that somebody opened it."""


def upgrade_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record in the present form.

    Until 0.1 a card had one day of verification, ``verified_on``, for all its sources; it becomes
    the day on which the sources that were opened were read, unless they have days of their own.
    """
    values = {name: value for name, value in record.items() if name != "verified_on"}
    day = record.get("verified_on")
    sources = record.get("sources")
    if not day or not isinstance(sources, list | tuple):
        return values
    if any(isinstance(one, Mapping) and one.get("read_on") for one in sources):
        return values
    values["sources"] = [_with_day(one, day) for one in sources]
    return values


def _with_day(source: Any, day: Any) -> Any:
    if isinstance(source, Mapping) and source.get("accessed") in OPENED:
        return {**source, "read_on": day}
    return source
