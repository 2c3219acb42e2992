"""Whether a project's measurement sheet says something new: a digest of what it is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from kb.projects.parts import list_taking_part
from kb.storage.projects import Indicator, Measurement, MeasurementCheck, ProjectRow

RECORD = (
    "title", "language", "municipality", "stage", "started", "concluded", "cup", "stopped_because",
    "why", "kept", "changed", "left_out", "lessons", "steps", "budget",
)  # fmt: skip
INDICATOR = (
    "id", "position", "text", "text_en", "unit", "unit_en", "baseline", "baseline_on",
    "baseline_how", "target", "target_on", "source", "owner", "retired_at",
)  # fmt: skip
MEASUREMENT = (
    "id", "period_start", "period_end", "value", "numerator", "denominator", "note", "document_id",
    "reporter", "reported_at", "supersedes",
)  # fmt: skip
CHECK = ("id", "decision", "note", "checker", "checked_at")


def digest_sheet(row: ProjectRow, quotes: Iterable[str]) -> str:
    """SHA-256 of the data on the sheet and of the sentences that cards quote; how the rest is
    worded does not count."""
    content = [
        {name: row.record.get(name) for name in RECORD},
        [[one.part.value, one.body, one.role] for one in list_taking_part(row)],
        [_indicator(one) for one in row.indicators],
        list(quotes),
    ]
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


def _indicator(one: Indicator) -> list[Any]:
    measured = [[_read(m, MEASUREMENT), [_read(c, CHECK) for c in m.checks]]
                for m in one.measurements]  # fmt: skip
    return [_read(one, INDICATOR), measured]


def _read(row: Indicator | Measurement | MeasurementCheck, names: Iterable[str]) -> list[Any]:
    return [getattr(row, name) for name in names]
