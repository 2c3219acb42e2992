"""A paper as a download: formats and their headers."""

from __future__ import annotations

import enum
from urllib.parse import quote

from fastapi import Response

from web.printing.csv import as_csv
from web.printing.docx import as_docx
from web.printing.paper import Paper, PaperTable
from web.printing.pdf import as_pdf


class PaperFormat(enum.StrEnum):
    """Format of a paper; the suffix of its address and file name."""

    PDF = "pdf"
    DOCX = "docx"
    CSV = "csv"


MEDIA_TYPES = {
    PaperFormat.PDF: "application/pdf",
    PaperFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    PaperFormat.CSV: "text/csv; charset=utf-8",
}


def download_paper(
    name: str, format: PaperFormat, paper: Paper, table: PaperTable | None = None
) -> Response:
    """The paper as an attachment; ``table`` is what CSV contains, by default the paper's first."""
    match format:
        case PaperFormat.PDF:
            content = as_pdf(paper)
        case PaperFormat.DOCX:
            content = as_docx(paper)
        case PaperFormat.CSV:
            content = as_csv(table or first_table(paper), paper.language)
    filename = quote(f"{name}.{format}")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{filename}",
        "Content-Language": paper.language,
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)


def first_table(paper: Paper) -> PaperTable:
    return next(block for block in paper.blocks if isinstance(block, PaperTable))
