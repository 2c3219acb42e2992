"""PDF: pdfium gives the text; pypdf what the file says about itself, and a second reading of
every page that pdfium cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ingest.extract.extracted import Extracted, RawPage, Source, statements
from ingest.extract.ocr import PAGE_WIDTH_PX, recognise
from ingest.extract.pdf_about import PdfAbout, about, placed
from ingest.extract.pdf_readers import PdfiumReader, PypdfReader
from ingest.extract.pdf_type import Line, headings_of, title_of
from ingest.extract.verdict import judge
from kb.domain import GuessedField, PageUnit, Reason, Verdict
from kb.messages import N_, Message, PermanentError

MEDIA_TYPE = "application/pdf"
MAX_NOTES = 20
REASON_LENGTH = 120
PATIENCE_S = 20.0
"""With the second reader; never so long that the whole child is given up as hanging."""
LONGEST_STAMP = 300
MUCH_MORE = 3
"""How many times the stamp's length the recognised text must have to be the page's text."""
OPENING = 0
"""In ``Source.avoid``: pdfium did not survive opening the file."""

Reader = TypeVar("Reader", PdfiumReader, PypdfReader)


def extract_pdf(source: Source) -> Extracted:
    """Every page with its verdict.

    Raises:
        PermanentError: no reader can open it, it wants a password, or no page has any text.
    """
    pdf = _Pdf(source)
    if len(pdf) > source.settings.max_pages:
        raise PermanentError(
            N_("The PDF has {pages} pages, more than {most}: split it and upload the parts."),
            pages=len(pdf),
            most=source.settings.max_pages,
        )
    source.on_page(0, len(pdf))
    facts = pdf.about
    source.on_page(0, len(pdf))
    pages = []
    for index in range(len(pdf)):
        label = facts.labels[index] if index < len(facts.labels) else ""
        pages.append(pdf.page(index, label))
        source.on_page(index + 1, len(pdf))
    _refuse_unreadable(source, pages)
    return Extracted(
        media_type=MEDIA_TYPE,
        unit=PageUnit.PAGE,
        pages=tuple(pages),
        headings=tuple(placed(facts.outline, pages) or headings_of(pdf.lines)),
        title=facts.title or title_of(pdf.lines),
        authors=facts.authors,
        language=facts.language,
        statements=(
            *facts.statements,
            *statements(GuessedField.TITLE, Reason.LARGE_LINE, title_of(pdf.lines)),
        ),
        laid_out=True,
        notes=tuple(pdf.notes[:MAX_NOTES]),
    )


class _Pdf:
    """A file in the hands of its readers, and the notes about what went wrong."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.notes: list[Message] = []
        self.lines: list[Line] = []
        self._patience_s = min(PATIENCE_S, source.settings.extract_timeout_s / 4)
        self._refusal: PermanentError | None = None
        self._pdfium = None if OPENING in source.avoid else self._opened(PdfiumReader)
        if self._pdfium is None and self._pypdf is None:
            raise self._refusal or PermanentError(
                N_("The PDF is damaged and cannot be opened: save or download it again.")
            )

    def __len__(self) -> int:
        return len(self._pdfium or self._pypdf or ())

    @cached_property
    def _pypdf(self) -> PypdfReader | None:
        return self._opened(lambda path: PypdfReader(path, self._patience_s))

    @cached_property
    def about(self) -> PdfAbout:
        return about(self._pypdf, self._patience_s) if self._pypdf else PdfAbout()

    def page(self, index: int, label: str) -> RawPage:
        """The first reading that is language; without one, what OCR sees or else the most."""
        best = RawPage(index + 1, "", Verdict.EMPTY, label)
        for text in self._readings(index):
            page = RawPage(index + 1, text, judge(text), label)
            if page.verdict != Verdict.EMPTY:
                best = page
            if page.verdict != Verdict.GARBAGE:
                break
        if best.verdict == Verdict.TEXT and not self._is_stamped_scan(index, best.text):
            return best
        text = self._recognised(index)
        seen = RawPage(index + 1, text, Verdict.OCR, label)
        stamp = best.text if best.verdict == Verdict.TEXT else ""
        return seen if len(text) > MUCH_MORE * len(stamp) else best

    def _readings(self, index: int) -> Iterator[str]:
        for read in (self._by_pdfium, self._by_pypdf):
            try:
                text = read(index)
            except Exception as error:  # readers raise whatever a damaged page led to
                self._note(index, error)
            else:
                if text is not None:
                    yield text

    def _by_pdfium(self, index: int) -> str | None:
        pdfium = self._pdfium_for(index)
        if pdfium is None:
            return None
        text, lines = pdfium.typeset(index)
        self.lines += lines
        return text

    def _by_pypdf(self, index: int) -> str | None:
        return self._pypdf.text(index) if self._pypdf else None

    def _pdfium_for(self, index: int) -> PdfiumReader | None:
        return None if index + 1 in self._source.avoid else self._pdfium

    def _is_stamped_scan(self, index: int, text: str) -> bool:
        """Whether the text is only what an office's software printed onto a scanned page."""
        pdfium = self._pdfium_for(index)
        if not (self._source.settings.ocr and pdfium) or len(text) > LONGEST_STAMP:
            return False
        try:
            return pdfium.is_scan(index)
        except Exception:  # then its text is what there is
            return False

    def _recognised(self, index: int) -> str:
        pdfium = self._pdfium_for(index)
        if not (self._source.settings.ocr and pdfium):
            return ""
        try:
            return "" if pdfium.is_blank(index) else recognise(pdfium.image(index, PAGE_WIDTH_PX))
        except Exception as error:
            self._note(index, error)
            return ""

    def _note(self, index: int, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:REASON_LENGTH]
        self.notes.append(
            Message(N_("Page {page}: {reason}"), {"page": index + 1, "reason": reason})
        )

    def _opened(self, reader: Callable[[Path], Reader]) -> Reader | None:
        try:
            opened = reader(self._source.path)
        except PermanentError as error:
            self._refusal = error
            return None
        except Exception:
            return None
        return opened if len(opened) else None


def _refuse_unreadable(source: Source, pages: Sequence[RawPage]) -> None:
    """A document nobody could find must not be called ready."""
    verdicts = {page.verdict for page in pages}
    if verdicts & {Verdict.TEXT, Verdict.OCR}:
        return
    if not source.settings.ocr:
        raise PermanentError(
            N_(
                "The PDF has no text that can be read, only images or unreadable fonts, and text"
                " recognition (OCR) is off: turn it on (KB_OCR), or upload a version with text."
            )
        )
    raise PermanentError(
        N_(
            "No text was found in the PDF, not even by text recognition (OCR): upload a version"
            " with text or a sharper scan."
        )
    )
