"""PDF: pdfium reads the text; pypdf reads the metadata, and every page that pdfium cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ingest.extract.extracted import Attached, Extracted, ExtractRequest, RawPage, statements
from ingest.extract.ooxml.properties import pictures_note
from ingest.extract.pdf.document_info import (
    DocumentInfo,
    locate_outline,
    read_document_info,
)
from ingest.extract.pdf.embedded_files import is_portfolio_cover, note_unread_files
from ingest.extract.pdf.nesting import Nesting, may_nest, too_intricate
from ingest.extract.pdf.ocr import PAGE_WIDTH_PX, OcrText, Recogniser
from ingest.extract.pdf.readers import PdfiumReader, PypdfReader, ReadPage
from ingest.extract.pdf.typography import TypeLine, find_headings, find_title
from ingest.extract.shared.verdict import judge
from kb.domain import GuessedField, GuessReason, PageUnit, Table, Verdict
from kb.messages import N_, Message, PermanentError

MEDIA_TYPE = "application/pdf"
MAX_NOTES = 20
REASON_LENGTH = 120
PATIENCE_S = 20.0
"""Most seconds for pypdf; less than the silence after which the child process is killed."""
LONGEST_STAMP = 300
MUCH_MORE = 3
"""How many times the stamp's length the recognised text must have to be the page's text."""
OPENING = 0
"""Page number in ``ExtractRequest.avoid`` that means: pdfium crashed while opening the file."""

Reader = TypeVar("Reader", PdfiumReader, PypdfReader)


def extract_pdf(source: ExtractRequest) -> Extracted:
    """Read every page and judge its text.

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
    facts = pdf.info
    pdf.layers_may_be_off = facts.layers_off
    source.on_page(0, len(pdf))
    pages = []
    for index in range(len(pdf)):
        label = facts.labels[index] if index < len(facts.labels) else ""
        pages.append(pdf.page(index, label))
        source.on_page(index + 1, len(pdf))
    attached, named = pdf.attached()
    if (attached or named) and all(map(_has_no_own_text, pages)):
        pages = [_list_files(attached, named)]
    if pdf.too_intricate and all(page.verdict == Verdict.EMPTY for page in pages):
        raise too_intricate()
    _refuse_unreadable(source, pages, unknown_writing=pdf.unknown_writing)
    return Extracted(
        media_type=MEDIA_TYPE,
        unit=PageUnit.PAGE,
        pages=tuple(pages),
        headings=tuple(locate_outline(facts.outline, pages) or find_headings(pdf.lines)),
        title=facts.title or find_title(pdf.lines),
        authors=facts.authors,
        language=facts.language,
        statements=(
            *facts.statements,
            *statements(GuessedField.TITLE, GuessReason.LARGE_LINE, find_title(pdf.lines)),
        ),
        laid_out=True,
        notes=(*pictures_note(pdf.pictures), *note_unread_files(named), *pdf.notes[:MAX_NOTES]),
        attached=tuple(attached),
    )


def _has_no_own_text(page: RawPage) -> bool:
    return page.verdict != Verdict.OCR and (not page.text or is_portfolio_cover(page.text))


def _list_files(attached: Sequence[Attached], named: Sequence[str]) -> RawPage:
    """The page of a portfolio: the names of the files in it.

    Raises:
        PermanentError: none of them is of a kind that is read.
    """
    if not attached:
        raise PermanentError(
            N_(
                "The PDF is a portfolio: all it holds are attached files ({names}). Save these as"
                " PDF or in an office format and upload them."
            ),
            names=", ".join(named)[:REASON_LENGTH],
        )
    return RawPage(1, "\n".join([*(one.name for one in attached), *named]), Verdict.TEXT)


class _Pdf:
    """One file with its readers, and notes on what could not be read."""

    def __init__(self, source: ExtractRequest) -> None:
        self._source = source
        self.notes: list[Message] = []
        self.lines: list[TypeLine] = []
        self.unknown_writing = False
        self.too_intricate = 0
        self.layers_may_be_off = False
        self._read_pages: dict[int, ReadPage] = {}
        self._recogniser = Recogniser()
        self._patience_s = min(PATIENCE_S, source.settings.extract_timeout_s / 4)
        self._refusal: PermanentError | None = None
        self._pdfium: PdfiumReader | None = None
        if OPENING not in source.avoid:
            self._pdfium = self._open(PdfiumReader)
        if self._pdfium is None and self._pypdf is None:
            raise self._refusal or PermanentError(
                N_("The PDF is damaged and cannot be opened: save or download it again.")
            )

    def __len__(self) -> int:
        reader = self._pypdf if self._pdfium is None else self._pdfium
        return 0 if reader is None else len(reader)

    @cached_property
    def _pypdf(self) -> PypdfReader | None:
        return self._open(lambda path: PypdfReader(path, self._patience_s))

    @cached_property
    def info(self) -> DocumentInfo:
        return read_document_info(self._pypdf, self._pdfium, self._patience_s)

    @property
    def pictures(self) -> int:
        """Pictures on pages that have text of their own."""
        return sum(
            page.drawn.pictures
            for page in self._read_pages.values()
            if page.text.strip() and not page.drawn.scanned
        )

    def attached(self) -> tuple[list[Attached], list[str]]:
        """The files that are attached, and the names of those that are not taken in."""
        try:
            return self._pdfium.attached() if self._pdfium else ([], [])
        except Exception:  # a damaged attachment costs nothing else
            return [], []

    def page(self, index: int, label: str) -> RawPage:
        """The first reading that is language, else the text from OCR, else the last reading that
        is not empty."""
        best = RawPage(index + 1, "", Verdict.EMPTY, label)
        if self._is_too_intricate(index):
            return best
        for text, tables in self._readings(index):
            page = RawPage(index + 1, text, judge(text), label, tuple(tables))
            if page.verdict != Verdict.EMPTY:
                best = page
            if page.verdict != Verdict.GARBAGE:
                break
        if best.verdict == Verdict.TEXT and not self._is_stamped_scan(index, best.text):
            return best
        recognised = self._recognise(index)
        stamp = best.text if best.verdict == Verdict.TEXT else ""
        if len(recognised.text) > MUCH_MORE * len(stamp):
            return RawPage(index + 1, recognised.text, Verdict.OCR, label, recognised.tables)
        if recognised.unknown and not stamp:
            self.unknown_writing = True
            return RawPage(index + 1, best.text, Verdict.GARBAGE, label)
        return best

    def _is_too_intricate(self, index: int) -> bool:
        """Whether the page is skipped because no reader would finish it."""
        try:
            if self._nesting is None or not self._nesting.is_too_deep(index):
                return False
        except Exception:  # a page that pypdf cannot read, pdfium may
            return False
        self.too_intricate += 1
        self._note(index, too_intricate())
        return True

    @cached_property
    def _nesting(self) -> Nesting | None:
        if self._pypdf is None or not may_nest(self._source.path):
            return None
        return Nesting(self._pypdf.reader)

    def _readings(self, index: int) -> Iterator[tuple[str, Sequence[Table]]]:
        for read in (self._by_pdfium, self._by_pypdf):
            try:
                reading = read(index)
            except Exception as error:  # readers raise whatever a damaged page led to
                self._note(index, error)
            else:
                if reading is not None:
                    yield reading

    def _by_pdfium(self, index: int) -> tuple[str, Sequence[Table]] | None:
        pdfium = self._pdfium_for(index)
        if pdfium is None:
            return None
        page = pdfium.read_page(index, layers=self.layers_may_be_off)
        self.lines += page.lines
        self._read_pages[index] = page
        return page.text, page.tables

    def _by_pypdf(self, index: int) -> tuple[str, Sequence[Table]] | None:
        return None if self._pypdf is None else (self._pypdf.text(index), ())

    def _pdfium_for(self, index: int) -> PdfiumReader | None:
        return None if index + 1 in self._source.avoid else self._pdfium

    def _is_stamped_scan(self, index: int, text: str) -> bool:
        """Whether the text is only what an office's software printed onto a scanned page."""
        page = self._read_pages.get(index)
        if not self._source.settings.ocr or page is None or len(text) > LONGEST_STAMP:
            return False
        return page.drawn.scanned

    def _recognise(self, index: int) -> OcrText:
        pdfium = self._pdfium_for(index)
        if self._source.settings.ocr and pdfium:
            try:
                if not pdfium.is_blank(index):
                    return self._recogniser.read(pdfium.image(index, PAGE_WIDTH_PX))
            except Exception as error:
                self._note(index, error)
        return OcrText("", unknown=False)

    def _note(self, index: int, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:REASON_LENGTH]
        self.notes.append(
            Message(N_("Page {page}: {reason}"), {"page": index + 1, "reason": reason})
        )

    def _open(self, reader: Callable[[Path], Reader]) -> Reader | None:
        """Open the file; ``None`` if that fails or the second reader finds no page."""
        try:
            opened = reader(self._source.path)
            return opened if self._pdfium or len(opened) else None
        except PermanentError as error:
            self._refusal = error
        except Exception:  # readers raise whatever a damaged file led to
            return None
        return None


def _refuse_unreadable(
    source: ExtractRequest, pages: Sequence[RawPage], *, unknown_writing: bool
) -> None:
    """Raise PermanentError if no page has readable text: a search could not find the document."""
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
    if unknown_writing:
        raise PermanentError(
            N_(
                "The PDF is scanned, and text recognition (OCR) cannot read its writing: it knows"
                " the Latin alphabet, Chinese and Japanese. Upload a version with text, or a"
                " sharper scan."
            )
        )
    raise PermanentError(
        N_(
            "No text was found in the PDF, not even by text recognition (OCR): upload a version"
            " with text or a sharper scan."
        )
    )
