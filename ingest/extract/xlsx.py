"""Workbooks: a page for each sheet, a line for each row that holds anything."""

from __future__ import annotations

import warnings
from datetime import datetime, time
from typing import Any

from ingest.extract.extracted import Extracted, RawHeading, RawPage, Source, storable
from ingest.extract.office import office_about
from ingest.extract.sniff import XLSX
from ingest.extract.timing import OutOfTime, time_limit
from ingest.extract.verdict import judge
from kb.domain import PageUnit, Verdict
from kb.messages import N_, KbError, Message, PermanentError

MAX_CHARACTERS = 2_000_000
"""Text of a sheet that is read; a longer one is data, not a document."""
SHEET_LIMIT_S = 30
REPORT_EVERY_ROWS = 2000


def extract_xlsx(source: Source) -> Extracted:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what openpyxl would lose when saving
        try:
            return _extracted(source, _opened(source))
        except KbError:
            raise
        except Exception as error:  # openpyxl raises whatever a damaged part led to
            raise PermanentError(
                N_("The workbook is damaged: open it, save it again and upload that.")
            ) from error


def _opened(source: Source) -> Any:
    from openpyxl import load_workbook  # type: ignore[import-untyped]  # it ships no types

    return load_workbook(source.path, read_only=True, data_only=True, keep_links=False)


def _extracted(source: Source, book: Any) -> Extracted:
    notes: list[Message] = []
    pages, headings = [], []
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for number, sheet in enumerate(sheets, 1):
        name = " ".join(str(sheet.title).split())
        lines = _lines(source, sheet, number, len(sheets), notes)
        text = storable("\n".join([name, *lines]))
        pages.append(RawPage(number, text, judge(text) if lines else Verdict.EMPTY, name))
        headings.append(RawHeading(1, name, number, 0))
        source.on_page(number, len(sheets))
    about = office_about(source.path)
    return Extracted(
        media_type=XLSX,
        unit=PageUnit.SHEET,
        pages=tuple(pages),
        headings=tuple(headings),
        title=about.title,
        authors=about.authors,
        year=about.year,
        notes=tuple(notes),
    )


def _lines(source: Source, sheet: Any, number: int, total: int, notes: list[Message]) -> list[str]:
    """Rows as lines, until the sheet ends or has cost too much."""
    sheet.reset_dimensions()  # what a sheet says of its size may be a lie of billions of cells
    lines: list[str] = []
    length = 0
    try:
        with time_limit(SHEET_LIMIT_S):
            for index, row in enumerate(sheet.iter_rows(values_only=True)):
                if index % REPORT_EVERY_ROWS == 0:
                    source.on_page(number - 1, total)
                line = " | ".join(_shown(value) for value in row if value is not None)
                if line.strip(" |"):
                    lines.append(line)
                    length += len(line)
                if length > MAX_CHARACTERS:
                    raise OutOfTime
    except OutOfTime:
        notes.append(Message(N_("Sheet {sheet}: only the beginning was read."), {"sheet": number}))
    return lines


def _shown(value: object) -> str:
    """A cell's value as a person would write it, on one line."""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        )
    return " ".join(str(value).split())
