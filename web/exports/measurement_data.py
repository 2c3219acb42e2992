"""The dump of checked measurements: values that public projects reported and others checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.domain import Kind
from kb.harvesting.open_datasets import DataFile, OpenDataset
from kb.projects.values import MeasurementState
from kb.storage.db import Database
from kb.storage.projects import ProjectRow
from web.exports.project_data import list_indicators, project_fields
from web.presenters import queries

MEASUREMENTS = OpenDataset(
    id="measurements",
    titles={
        "it": "Misurazioni verificate dei progetti locali",
        "en": "Checked measurements of local projects",
    },
    descriptions={
        "it": "Ogni valore che un progetto pubblico ha misurato e altri hanno verificato, con"
        " indicatore, unità, periodo, situazione di partenza e obiettivo.",
        "en": "Each value that a public project has measured and others have checked, with"
        " indicator, unit, period, baseline and target.",
    },
    themes=("GOVE", "REGI"),
    keywords=("indicatori", "misurazioni", "progetti"),
    files=(DataFile("/data/measurements.csv", "CSV", "text/csv"),),
    landing_page="/projects",
)
OF_PROJECT = ("project_id", "project", "place", "region", "municipality")
OF_INDICATOR = (
    "measure", "better", "unit", "unit_en", "baseline", "baseline_on", "target", "target_on",
    "practice_id",
)  # fmt: skip
OF_MEASUREMENT = (
    "period_start", "period_end", "value", "numerator", "denominator", "note", "reporter",
    "reported_at", "checker", "checked_at", "evidence",
)  # fmt: skip
COLUMNS = (
    *OF_PROJECT, "indicator", "indicator_en", *OF_INDICATOR, *OF_MEASUREMENT, "address", "licence",
)  # fmt: skip


def has_checked(database: Database) -> bool:
    """Whether there is a checked measurement that everybody may see."""
    return next(read_checked(database, "", ""), None) is not None


def read_checked(database: Database, site: str, licence: str) -> Iterator[list[Any]]:
    """A row per checked measurement that no later one corrects, by project, indicator, period."""
    with database.session() as session:
        ids = sorted(queries.list_ready_ids(session, PUBLIC, Kind.PROJECT))
    for id in ids:
        with database.session() as session:
            row = queries.items_by_id(session, PUBLIC, [id]).get(id)
            rows = [*_read_project(session, row, site)] if isinstance(row, ProjectRow) else []
        for values in rows:
            yield [*values, f"{site}/projects/{id}", licence]


def _read_project(session: Session, row: ProjectRow, site: str) -> Iterator[list[Any]]:
    said = project_fields(session, PUBLIC, row)
    project = [said["id"], said["title"], said["place"], said["region"], said["municipality"]]
    for indicator in list_indicators(session, PUBLIC, row, site):
        told = [indicator["text"], indicator["text_en"], *(indicator[one] for one in OF_INDICATOR)]
        for value in sorted(indicator["measurements"], key=lambda m: (m["period_end"], m["id"])):
            if value["state"] == MeasurementState.CHECKED:
                yield [*project, *told, *(value[one] for one in OF_MEASUREMENT)]
