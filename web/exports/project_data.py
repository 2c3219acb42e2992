"""Indicators and measurements of a project as data: JSON, and rows for CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_
from kb.projects.parts import list_taking_part
from kb.projects.values import MeasurementState, find_superseded, next_due, state_of
from kb.projects.writing import read_project
from kb.storage.projects import Indicator, Measurement, ProjectRow
from kb.vocabulary.vocabularies import load as load_terms
from web.presenters import queries
from web.presenters.projects import VALUE_STATES
from web.printing.csv import as_csv
from web.printing.paper import PaperTable
from web.rendering.i18n import Locale

Row = Mapping[str, Any]
INDICATOR_COLUMNS: Mapping[str, str] = {
    "text": N_("Indicator"),
    "unit": N_("Unit"),
    "measure": N_("Measure"),
    "better": N_("Better is"),
    "baseline": N_("Baseline"),
    "baseline_on": N_("Baseline on"),
    "baseline_numerator": N_("Numerator of the baseline"),
    "baseline_denominator": N_("Denominator of the baseline"),
    "baseline_how": N_("How it was measured"),
    "target": N_("Target"),
    "target_on": N_("Target by"),
    "every_months": N_("Every how many months"),
    "owner": N_("Who sees to it"),
    "source": N_("Where the values come from"),
    "next_due": N_("Next value due"),
    "retired": N_("No longer measured"),
    "practice_id": N_("Practice compared with"),
    "id": N_("Identifier"),
}
MEASUREMENT_COLUMNS: Mapping[str, str] = {
    "indicator": N_("Indicator"),
    "period_start": N_("Period from"),
    "period_end": N_("Period to"),
    "value": N_("Value"),
    "unit": N_("Unit"),
    "numerator": N_("Numerator"),
    "denominator": N_("Denominator"),
    "state": N_("State"),
    "note": N_("Note"),
    "evidence": N_("Address of the file"),
    "reporter": N_("Reported by"),
    "reported_at": N_("Reported on"),
    "checker": N_("Checked or sent back by"),
    "checked_at": N_("Checked or sent back on"),
    "check_note": N_("Note of who checked"),
    "baseline": N_("Baseline"),
    "baseline_on": N_("Baseline on"),
    "target": N_("Target"),
    "target_on": N_("Target by"),
    "supersedes": N_("Corrects the measurement"),
    "id": N_("Number of the measurement"),
}
BETTER = {"higher": N_("more"), "lower": N_("less"), "neutral": N_("neither")}
SUPERSEDED = N_("corrected by a later one")


def project_fields(session: Session, access: Access, row: ProjectRow) -> dict[str, Any]:
    """The record with what rows have beside it, and the practices that the caller may see. Members
    are named by their body alone. ``card``: the practice that it became, ``sheet``: the document
    with its frozen measurements."""
    project = read_project(row)
    made = [id for id in (row.card_id, row.sheet_id) if id]
    cards = queries.items_by_id(session, access, [*project.practice_ids, *made])
    return {
        "id": row.id,
        **project.model_dump(mode="json", exclude={"practice_ids"}),
        "place": project.place_name,
        "region": project.region,
        "visibility": row.visibility,
        "changed_at": row.updated_at.isoformat(),
        "practices": [
            {"id": id, "title": cards[id].title} for id in project.practice_ids if id in cards
        ],
        "members": [
            {"body": one.body, "part": one.part, "role": one.role} for one in list_taking_part(row)
        ],
        "card": row.card_id if row.card_id in cards else None,
        "sheet": row.sheet_id if row.sheet_id in cards else None,
    }


def all_fields(session: Session, access: Access, row: ProjectRow, site: str) -> dict[str, Any]:
    """``project_fields`` with the indicators and their measurements."""
    return {
        **project_fields(session, access, row),
        "indicators": list_indicators(session, access, row, site),
    }


def list_indicators(
    session: Session, access: Access, row: ProjectRow, site: str
) -> list[dict[str, Any]]:
    """The indicators, each with its measurements. ``site``: begins the addresses of the files."""
    ids = {one.document_id for i in row.indicators for one in i.measurements if one.document_id}
    files = set(queries.items_by_id(session, access, ids))
    cards = set(queries.items_by_id(session, access, [i.practice_id for i in row.indicators]))
    return [_indicator(one, files | cards, site) for one in row.indicators]


def _indicator(one: Indicator, seen: set[str], site: str) -> dict[str, Any]:
    """``seen``: ids of the documents and practices that the caller may see."""
    superseded = find_superseded(one)
    names = (
        "id", "text", "text_en", "measure", "unit", "unit_en", "better", "aggregable", "baseline",
        "baseline_numerator", "baseline_denominator", "baseline_on", "baseline_how", "target",
        "target_on", "source", "every_months", "owner",
    )  # fmt: skip
    return {
        **{name: getattr(one, name) for name in names},
        "practice_id": one.practice_id if one.practice_id in seen else "",
        "result_key": one.result_key if one.practice_id in seen else "",
        "retired": one.retired_at is not None,
        "next_due": next_due(one),
        "measurements": [_measurement(m, superseded, seen, site) for m in one.measurements],
    }


def _measurement(
    m: Measurement, superseded: frozenset[int], seen: set[str], site: str
) -> dict[str, Any]:
    check = m.checks[-1] if m.checks else None
    document_id = m.document_id if m.document_id in seen else None
    return {
        "id": m.id,
        "period_start": m.period_start,
        "period_end": m.period_end,
        "value": m.value,
        "numerator": m.numerator,
        "denominator": m.denominator,
        "note": m.note,
        "state": state_of(m, superseded),
        "document_id": document_id,
        "evidence": f"{site}/documents/{document_id}" if document_id else None,
        "reporter": m.reporter,
        "reported_at": m.reported_at,
        "supersedes": m.supersedes,
        "checker": check.checker if check else None,
        "checked_at": check.checked_at if check else None,
        "check_note": check.note if check else "",
    }


def measurement_rows(indicators: Sequence[Row]) -> list[Row]:
    """A row per measurement, with what is needed of its indicator, by indicator and period."""
    shared = ("unit", "unit_en", "baseline", "baseline_on", "target", "target_on")
    return [
        {
            **one,
            "indicator": indicator["text"],
            "indicator_en": indicator["text_en"],
            **{name: indicator[name] for name in shared},
        }
        for indicator in indicators
        for one in sorted(indicator["measurements"], key=lambda m: (m["period_end"], m["id"]))
    ]


def write_csv(columns: Mapping[str, str], rows: Sequence[Row], reader: Locale | None) -> bytes:
    """A table for a spreadsheet in the reader's language; without reader for programs: names of the
    JSON fields, commas between columns, points in numbers. Days are ISO 8601 in both."""
    language = reader.code if reader else "en"
    header = [reader.gettext(words) for words in columns.values()] if reader else list(columns)
    told = [_say(row, reader) if reader else row for row in rows]
    cells = [[_cell(name, row[name], reader) for name in columns] for row in told]
    return as_csv(PaperTable(header, cells, missing=""), language)


def _say(row: Row, reader: Locale) -> dict[str, Any]:
    """The row with words of the reader's language instead of terms."""
    said = dict(row)
    if reader.code == "en":
        english = ((name, row.get(f"{name}_en")) for name in ("text", "indicator", "unit"))
        said |= {name: text for name, text in english if text}
    if measure := load_terms("measures").get(row.get("measure") or ""):
        said["measure"] = measure.label(reader.code)
    if better := row.get("better"):
        said["better"] = reader.gettext(BETTER[better])
    return said


def _cell(name: str, value: Any, reader: Locale | None) -> str:
    written = _plain(value)
    if reader is None:
        return written
    if isinstance(value, bool):
        return reader.gettext(N_("yes") if value else N_("no"))
    if isinstance(value, datetime):
        return value.astimezone(reader.zone).date().isoformat()
    if isinstance(value, float | int) and reader.code == "it":
        return written.replace(".", ",")
    if name == "state":
        is_old = value == MeasurementState.SUPERSEDED
        return reader.gettext(SUPERSEDED if is_old else VALUE_STATES[MeasurementState(value)])
    return written


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return format(Decimal(repr(value)).normalize(), "f")
    return _write_day(value)


def write_json(fields: Mapping[str, Any]) -> bytes:
    """Indented, days and times as ISO 8601."""
    return json.dumps(fields, ensure_ascii=False, indent=2, default=_write_day).encode()


def _write_day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
