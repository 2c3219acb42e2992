"""Metadata of Office files (DOCX, PPTX, XLSX): ``docProps/core.xml``."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from ingest.extract.extracted import Statement, statements
from ingest.extract.shared.about import (
    sensible_authors,
    sensible_language,
    sensible_title,
    sensible_year,
)
from ingest.extract.shared.xml_stream import fields
from kb.domain import GuessedField, GuessReason
from kb.messages import N_, Message


@dataclass(frozen=True)
class OfficeAbout:
    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    year: int | None = None
    statements: tuple[Statement, ...] = ()


def office_about(path: Path) -> OfficeAbout:
    """The metadata; all fields empty if the part is missing."""
    with zipfile.ZipFile(path) as archive:
        core = fields(archive, "docProps/core.xml")
    title = sensible_title(core.get("dc:title"))
    return OfficeAbout(
        title=title,
        authors=sensible_authors([core.get("dc:creator")]),
        language=sensible_language(core.get("dc:language")),
        year=sensible_year(core.get("dcterms:created")),
        statements=(
            *statements(GuessedField.TITLE, GuessReason.PROPERTIES, core.get("dc:title")),
            *statements(GuessedField.AUTHORS, GuessReason.PROPERTIES, core.get("dc:creator")),
            *statements(GuessedField.YEAR, GuessReason.MODIFIED, core.get("dcterms:modified")),
            *statements(GuessedField.YEAR, GuessReason.CREATED, core.get("dcterms:created")),
        ),
    )


def pictures_note(count: int) -> tuple[Message, ...]:
    """A note for the document page about pictures whose text was not read."""
    if count == 1:
        return (Message(N_("1 picture without text.")),)
    return (Message(N_("{count} pictures without text."), {"count": count}),) if count else ()
