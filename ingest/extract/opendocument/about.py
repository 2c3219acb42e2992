"""Metadata of OpenDocument files: ``meta.xml`` (part 2, 4.3)."""

from __future__ import annotations

import zipfile

from ingest.extract.extracted import statements
from ingest.extract.ooxml.properties import OfficeAbout
from ingest.extract.shared.about import sensible_authors, sensible_language, sensible_title
from ingest.extract.shared.xml_stream import fields
from kb.domain import GuessedField, GuessReason


def odf_about(archive: zipfile.ZipFile) -> OfficeAbout:
    """The metadata; all fields empty if the part is missing."""
    meta = fields(archive, "meta.xml")
    return OfficeAbout(
        title=sensible_title(meta.get("dc:title")),
        authors=sensible_authors([meta.get("meta:initial-creator"), meta.get("dc:creator")]),
        language=sensible_language(meta.get("dc:language")),
        statements=(
            *statements(GuessedField.TITLE, GuessReason.PROPERTIES, meta.get("dc:title")),
            *statements(GuessedField.YEAR, GuessReason.MODIFIED, meta.get("dc:date")),
            *statements(GuessedField.YEAR, GuessReason.CREATED, meta.get("meta:creation-date")),
        ),
    )
