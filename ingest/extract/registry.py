"""Choose the extractor of a file by its content. Runs only in a child process."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from ingest.extract import sniff
from ingest.extract.extracted import Extracted, Extractor, ExtractRequest, OnPage
from ingest.extract.shared.timing import OutOfTime
from ingest.extract.word import ole
from kb.domain import Verdict
from kb.messages import N_, KbError, PermanentError
from kb.settings import Settings

EXTRACTORS: Mapping[str, str] = {
    sniff.PDF: "pdf.pdf:extract_pdf",
    sniff.DOCX: "word.docx:extract_docx",
    sniff.PPTX: "slides.pptx:extract_pptx",
    sniff.XLSX: "sheets.xlsx:extract_xlsx",
    sniff.ODT: "opendocument.odt:extract_odt",
    sniff.ODS: "opendocument.ods:extract_ods",
    sniff.ODP: "opendocument.odp:extract_odp",
    sniff.EPUB: "markup.epub:extract_epub",
    sniff.SIGNED: "mail.signed:extract_signed",
    sniff.MAIL: "mail.eml:extract_mail",
    sniff.OUTLOOK: "mail.outlook:extract_outlook",
    sniff.RTF: "word.rtf:extract_rtf",
    ole.DOC: "word.old_office:extract_doc",
    ole.XLS: "word.old_office:extract_xls",
    ole.PPT: "word.old_office:extract_ppt",
    sniff.HTML: "markup.html:extract_html",
    sniff.MARKDOWN: "markup.markdown:extract_markdown",
    sniff.RST: "markup.text:extract_rst",
    sniff.CSV: "sheets.csv_table:extract_csv",
    sniff.TEXT: "markup.text:extract_text",
}
"""Module and function by media type. Imported on first use, because they load heavy libraries."""

REASON_LENGTH = 100
"""Characters of an exception's text in the message."""


def extract(
    path: Path,
    filename: str,
    settings: Settings,
    on_page: OnPage,
    avoid: frozenset[int] = frozenset(),
) -> Extracted:
    """Read the file at ``path``.

    Raises:
        PermanentError: the file cannot be read; the message has the reason and what to do.
    """
    module, function = EXTRACTORS[sniff.sniff(path, filename)].split(":")
    extractor: Extractor = getattr(import_module(f"ingest.extract.{module}"), function)
    try:
        extracted = extractor(ExtractRequest(path, filename, settings, on_page, avoid))
    except (KbError, MemoryError):
        raise
    except OutOfTime as error:
        raise PermanentError(
            N_(
                "Reading took too long and was given up: the file is too intricate. Save it again"
                " with another program, or print it to PDF, and upload that."
            )
        ) from error
    except Exception as error:  # readers may raise anything on damaged files
        raise PermanentError(
            N_("The file is damaged ({reason}): open it, save it again and upload that."),
            reason=f"{type(error).__name__}: {error}"[:REASON_LENGTH],
        ) from error
    if not any(page.verdict in (Verdict.TEXT, Verdict.OCR) for page in extracted.pages):
        raise PermanentError(N_("No text was found in the file: check that it is the right one."))
    return extracted
