"""Bibliographic references of items as a download for reference managers or spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from fastapi import HTTPException, Response
from sqlalchemy.orm import Session

from kb.citations.csl import (
    Reference,
    authors_of,
    of_document,
    of_practice_and_sources,
    unique,
    year_of,
)
from kb.citations.writers import FORMATS
from kb.messages import N_
from kb.storage.tables import Document, Item, PracticeRow
from web.http.addresses import site_of
from web.http.context import RequestContext
from web.presenters import queries
from web.printing.csv import as_csv
from web.printing.paper import PaperTable
from web.rendering.i18n import Locale

COLUMNS = (
    N_("Title"), N_("Authors"), N_("Publisher"), N_("Year"), N_("Language"), N_("Address"),
)  # fmt: skip


def references_of(session: Session, view: RequestContext, items: Iterable[Item]) -> list[Reference]:
    """References of the items and of their sources without duplicates, in the order of the
    items."""
    site = site_of(view.request)
    found: list[Reference] = []
    for item in items:
        if isinstance(item, Document):
            found.append(of_document(item, f"{site}/documents/{item.id}"))
        elif isinstance(item, PracticeRow):
            for practice in queries.read_practices(session, view.access, [item]):
                found += of_practice_and_sources(
                    practice, f"{site}/practices/{item.id}", view.reader.code
                )
    return unique(found)


def download(name: str, suffix: str, references: Sequence[Reference], reader: Locale) -> Response:
    """A file ``name.suffix``. Raises HTTPException 404 for a suffix without a writer."""
    if suffix == "csv":
        content, media_type = as_csv(_table(references, reader), reader.code), "text/csv"
    elif suffix in FORMATS:
        content = FORMATS[suffix].write(references).encode()
        media_type = FORMATS[suffix].media_type
    else:
        raise HTTPException(404)
    filename = quote(f"{name}.{suffix}")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{filename}",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=f"{media_type}; charset=utf-8", headers=headers)


def _table(references: Sequence[Reference], reader: Locale) -> PaperTable:
    rows = [
        [
            item["title"],
            "; ".join(authors_of(item)),
            item.get("publisher", ""),
            year_of(item),
            item.get("language", ""),
            item.get("URL", ""),
        ]
        for item in references
    ]
    return PaperTable([reader.gettext(name) for name in COLUMNS], rows, missing="")
