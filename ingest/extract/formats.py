"""The formats of files that can be read: their names, media types and suffixes, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract import sniff
from ingest.extract.word import ole
from ingest.extract.word.old_office import find_libreoffice
from kb.messages import N_


@dataclass(frozen=True)
class FileFormat:
    """``name`` as on the upload page. ``suffixes`` are offered in the file dialog; the format of a
    file is determined by its bytes. ``needs_libreoffice``: read only where LibreOffice is."""

    name: str
    media_types: tuple[str, ...]
    suffixes: tuple[str, ...]
    told: tuple[str, ...] = ()
    """Suffixes that the upload page tells beside the name."""
    needs_libreoffice: bool = False


FORMATS = (
    FileFormat("PDF", (sniff.PDF,), (".pdf",)),
    FileFormat("Word", (sniff.DOCX,), (".docx", ".dotx", ".docm", ".dotm")),
    FileFormat("PowerPoint", (sniff.PPTX,), (".pptx", ".ppsx", ".potx", ".pptm", ".ppsm", ".potm")),
    FileFormat("Excel", (sniff.XLSX,), (".xlsx", ".xltx", ".xlsm", ".xltm")),
    FileFormat(
        "OpenDocument",
        (sniff.ODT, sniff.ODS, sniff.ODP),
        (".odt", ".ott", ".fodt", ".ods", ".ots", ".odp", ".otp"),
    ),
    FileFormat("RTF", (sniff.RTF,), (".rtf",)),
    FileFormat(
        N_("Office before 2007"),
        (ole.DOC, ole.XLS, ole.PPT),
        (".doc", ".dot", ".xls", ".xlt", ".ppt", ".pps", ".pot"),
        told=(".doc", ".xls", ".ppt"),
        needs_libreoffice=True,
    ),
    FileFormat("EPUB", (sniff.EPUB,), (".epub",)),
    FileFormat("HTML", (sniff.HTML,), (".html", ".htm")),
    FileFormat("Markdown", (sniff.MARKDOWN,), (".md",)),
    FileFormat("reStructuredText", (sniff.RST,), (".rst",)),
    FileFormat(N_("tables as text"), (sniff.CSV,), (".csv", ".tsv"), told=(".csv", ".tsv")),
    FileFormat(N_("plain text"), (sniff.TEXT,), (".txt",), told=(".txt",)),
    FileFormat(N_("mails"), (sniff.MAIL, sniff.OUTLOOK), (".eml", ".msg"), told=(".eml", ".msg")),
    FileFormat(N_("signed files"), (sniff.SIGNED,), (".p7m",), told=(".p7m",)),
)
"""In the order of the upload page."""

SUFFIXES = tuple(suffix for row in FORMATS for suffix in row.suffixes)
"""Of every format."""


def readable_formats() -> tuple[FileFormat, ...]:
    """The formats that this machine can read."""
    has_libreoffice = find_libreoffice() is not None
    return tuple(row for row in FORMATS if has_libreoffice or not row.needs_libreoffice)
