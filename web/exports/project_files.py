"""What leaves a project as files: a memo, tables, data, results, due dates."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

from fastapi import Response
from sqlalchemy.orm import Session

from kb.messages import N_
from kb.projects.project import ENDED, Project
from kb.projects.values import next_due
from kb.projects.writing import read_project
from kb.storage.projects import ProjectRow
from web.exports import project_data
from web.exports.calendar import DueDay, write_due_days
from web.exports.measurement_sheet import build_sheet
from web.exports.project_results import write_results
from web.http.addresses import site_of
from web.http.context import RequestContext
from web.http.limits import RateLimited, count_request
from web.presenters import queries
from web.presenters.projects import text_of
from web.printing.docx import as_docx
from web.printing.download import MEDIA_TYPES as PAPER_TYPES
from web.printing.download import PaperFormat
from web.printing.paper import Paper
from web.printing.pdf import as_pdf
from web.rendering.i18n import Locale, load_locales


class ProjectFile(enum.StrEnum):
    """A file and the end of its address."""

    MEMO_PDF = "memo.pdf"
    MEMO_DOCX = "memo.docx"
    MEASUREMENTS = "measurements.csv"
    INDICATORS = "indicators.csv"
    DATA = "data.json"
    RESULTS = "results.xml"
    DUE = "due.ics"


MEDIA_TYPES = {
    ProjectFile.MEMO_PDF: PAPER_TYPES[PaperFormat.PDF],
    ProjectFile.MEMO_DOCX: PAPER_TYPES[PaperFormat.DOCX],
    ProjectFile.MEASUREMENTS: "text/csv; charset=utf-8",
    ProjectFile.INDICATORS: "text/csv; charset=utf-8",
    ProjectFile.DATA: "application/json",
    ProjectFile.RESULTS: "application/xml",
    ProjectFile.DUE: "text/calendar; charset=utf-8",
}
WORDS = {
    ProjectFile.MEMO_PDF: N_("memo"),
    ProjectFile.MEMO_DOCX: N_("memo"),
    ProjectFile.MEASUREMENTS: N_("measurements"),
    ProjectFile.INDICATORS: N_("indicators"),
    ProjectFile.DATA: N_("data"),
    ProjectFile.RESULTS: N_("results"),
    ProjectFile.DUE: N_("due-dates"),
}
"""In the names of the files, after the name of the project."""


def download_project(
    session: Session,
    view: RequestContext,
    row: ProjectRow,
    file: ProjectFile,
    *,
    for_programs: bool = False,
) -> Response:
    """The file as an attachment, with what the reader may see. ``for_programs``: tables have the
    names of the JSON fields instead of words of the reader's language."""
    content = _write(session, view, row, file, None if for_programs else view.reader)
    ending = file.rpartition(".")[2]
    name = quote(f"{row.id}-{view.reader.gettext(WORDS[file])}.{ending}")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=MEDIA_TYPES[file], headers=headers)


def _write(
    session: Session,
    view: RequestContext,
    row: ProjectRow,
    file: ProjectFile,
    reader: Locale | None,
) -> bytes | str:
    site = site_of(view.request)
    match file:
        case ProjectFile.MEMO_PDF | ProjectFile.MEMO_DOCX:
            memo = _make_memo(session, view, row, site)
            return as_pdf(memo) if file is ProjectFile.MEMO_PDF else as_docx(memo)
        case ProjectFile.DUE:
            days = _due_days(row, read_project(row), view.reader)
            return write_due_days(days, f"{site}/projects/{row.id}", row.updated_at)
        case ProjectFile.RESULTS:
            ids = {m.document_id for one in row.indicators for m in one.measurements}
            known = {document_id for document_id in ids if document_id}
            files = set(queries.items_by_id(session, view.access, known))
            return write_results(row, files, site, view.reader)
        case ProjectFile.DATA:
            fields = project_data.all_fields(session, view.access, row, site)
            return project_data.write_json(fields)
    indicators = project_data.list_indicators(session, view.access, row, site)
    if file is ProjectFile.INDICATORS:
        return project_data.write_csv(project_data.INDICATOR_COLUMNS, indicators, reader)
    rows = project_data.measurement_rows(indicators)
    return project_data.write_csv(project_data.MEASUREMENT_COLUMNS, rows, reader)


def _make_memo(session: Session, view: RequestContext, row: ProjectRow, site: str) -> Paper:
    """Record, indicators and measurements as they stand today, in the project's language."""
    count_request(RateLimited.PAPER, view.request, view.access)
    reader = load_locales().get(row.language, view.reader).in_zone(view.reader.zone)
    return build_sheet(session, row, reader, site).as_paper(view.reader.today(), reader)


def _due_days(row: ProjectRow, project: Project, reader: Locale) -> Iterator[DueDay]:
    """The steps to be done that have a day, and the next value of each indicator; nothing of a
    project that ended."""
    if project.stage in ENDED:
        return
    before: Counter[str] = Counter()
    for step in project.steps:
        number = f" {before[step.text]}" if before[step.text] else ""
        before[step.text] += 1
        if step.due and step.done_on is None:
            yield DueDay(f"step {step.text}{number}", step.text, step.due, project.title)
    template = reader.gettext(N_("Measure: {indicator}"))
    for one in row.indicators:
        if due := next_due(one):
            text = template.format(indicator=text_of(one, reader)[0])
            about = "\n".join(part for part in (project.title, one.owner) if part)
            yield DueDay(f"indicator {one.id}", text, due, about)
