"""Identify a file's format by its bytes. The name decides only between formats of plain text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection
from pathlib import Path

from ingest.extract.mail.cms import is_signed
from ingest.extract.pretenders import is_broken_pdf, is_mail, refuse_misnamed, refuse_stand_in
from ingest.extract.shared.archive import checked_names
from ingest.extract.shared.decode import decode, is_wide
from ingest.extract.word import ole
from kb.messages import N_, PermanentError

HEAD = 8192
"""Bytes at the start by which a file is identified."""
PDF_WITHIN = 4096
"""Bytes before ``%PDF`` that are skipped: servers may print warnings first, and PDF readers accept
about a kilobyte."""

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB = "application/epub+zip"
SIGNED = "application/pkcs7-mime"
MAIL = "message/rfc822"
RTF = "application/rtf"
OUTLOOK = ole.OUTLOOK
HTML, MARKDOWN, RST, CSV, TEXT = (
    "text/html",
    "text/markdown",
    "text/x-rst",
    "text/csv",
    "text/plain",
)

TEXT_BY_SUFFIX = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".rst": RST,
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
}
OFFICE_PARTS = {"word/": DOCX, "ppt/": PPTX, "xl/": XLSX}
DECLARED = {
    EPUB: EPUB,
    f"{ODT}-web": ODT,
    f"{ODT}-master": ODT,
    **{f"{kind}{template}": kind for kind in (ODT, ODS, ODP) for template in ("", "-template")},
}
"""Content types declared by packages, templates included, and the media type they are read as."""
BINARY_WORKBOOK = N_(
    "The file is a binary workbook (.xlsb): save it as an ordinary workbook (.xlsx) and upload"
    " that."
)
APPLE = N_("The file is of Pages, Numbers or Keynote: export it as PDF and upload that.")
_ROOT_TYPE = re.compile(rb'media-type="(application/vnd\.oasis\.[\w.-]+)"')
_PDF = re.compile(rb"%PDF-\d")
_RTF = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\\rtf")
_FLAT_ODT = re.compile(
    r"<office:document\b[^>]*office:mimetype=[\"']application/vnd\.oasis\.opendocument\.text[\"'-]"
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|(?><!--.*?-->)\s*)*<(?:!doctype\s+html|html|head|body|title|meta|h1|div|p|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_CODE = re.compile(r"\s*(?:<(?:\?xml|!doctype|!entity|svg)|%!PS)", re.IGNORECASE)
_SAVED_PAGE = re.compile(r"^(?:From: <Saved by|Snapshot-Content-Location:)", re.MULTILINE)
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")
MAX_CONTROLS = 0.05
"""Share of control characters from which a file is binary."""
MAX_ZEROS = 0.3
"""Share of zero bytes from which a file is binary, unless it is UTF-16 or UTF-32."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ARCHIVE = N_("The file is an archive: unpack it and upload the documents that are in it.")
PICTURE = N_("The file is a picture: put it into a PDF, whose text can be recognised.")
UNKNOWN = N_(
    "The file is of a kind that is not read: save it as PDF, DOCX, PPTX, XLSX, ODT, EPUB, HTML,"
    " Markdown or plain text and upload that."
)
BINARY = {
    b"\x1f\x8b": ARCHIVE,
    b"Rar!": ARCHIVE,
    b"7z\xbc\xaf\x27\x1c": ARCHIVE,
    b"BZh": ARCHIVE,
    b"\xfd7zXZ\x00": ARCHIVE,
    b"\x89PNG": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"II*\x00": PICTURE,
    b"MM\x00*": PICTURE,
}


def sniff(path: Path, filename: str) -> str:
    """The media type of a file.

    Raises:
        PermanentError: the file is empty, or of a kind that is not read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise PermanentError(N_("The file is empty: upload it again."))
    if is_signed(head):
        return SIGNED
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _inside_zip(path)
    if head.startswith(OLE):
        return _inside_ole(path, filename)
    if _holds_pdf(head):
        return PDF
    if _RTF.match(head):
        return RTF
    _refuse_binary(head)
    return _text_kind(head, filename)


def is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return _holds_pdf(file.read(HEAD))


def is_web_page(head: bytes) -> bool:
    """Whether a file is HTML, by its first ``HEAD`` bytes."""
    return bool(_HTML.match(decode(head)))


def _holds_pdf(head: bytes) -> bool:
    found = _PDF.search(head, 0, PDF_WITHIN)
    return bool(found and (found.start() == 0 or b" obj" in head[found.end() :]))


def _inside_zip(path: Path) -> str:
    names = checked_names(path)
    declared = DECLARED.get(_declared_type(path, names))
    if declared:
        return declared
    if "xl/workbook.bin" in names:
        raise PermanentError(BINARY_WORKBOOK)
    if "[Content_Types].xml" in names:
        for prefix, media_type in OFFICE_PARTS.items():
            if any(name.startswith(prefix) for name in names):
                return media_type
    if "META-INF/container.xml" in names:
        return EPUB
    if any(name.endswith(".iwa") for name in names):
        raise PermanentError(APPLE)
    raise PermanentError(
        UNKNOWN if "mimetype" in names or "[Content_Types].xml" in names else ARCHIVE
    )


def _inside_ole(path: Path, filename: str) -> str:
    """The media type of a compound file (MS-CFB), by the names of its streams."""
    return OUTLOOK if Path(filename).suffix.lower() == ".msg" else ole.ole_kind(path)


def _declared_type(path: Path, names: Collection[str]) -> str:
    """The media type declared by a package, or empty."""
    with zipfile.ZipFile(path) as archive:
        if "mimetype" in names:
            with archive.open("mimetype") as member:
                return member.read(100).decode("ascii", errors="replace").strip()
        if "META-INF/manifest.xml" in names:
            with archive.open("META-INF/manifest.xml") as member:
                found = _ROOT_TYPE.search(member.read(HEAD))
            return found[1].decode("ascii") if found else ""
    return ""


def _refuse_binary(head: bytes) -> None:
    for start, sentence in BINARY.items():
        if head.startswith(start):
            raise PermanentError(sentence)
    text = decode(head)
    controls = len(_CONTROLS.findall(text))
    zeros = 0 if is_wide(head) else head.count(0)
    if controls > MAX_CONTROLS * len(text) or zeros > MAX_ZEROS * len(head):
        raise PermanentError(UNKNOWN)


def _text_kind(head: bytes, filename: str) -> str:
    """Which plain text format it is; the name decides only among these."""
    start, named = decode(head), TEXT_BY_SUFFIX.get(Path(filename).suffix.lower())
    refuse_stand_in(start)
    if _HTML.match(start) and named != MARKDOWN:
        refuse_misnamed(filename, start, web_page=True)
        return HTML
    if is_broken_pdf(head, filename):
        return PDF
    if is_mail(start) and named is None:
        if _SAVED_PAGE.search(start, 0, 2000):
            raise PermanentError(UNKNOWN)
        return MAIL
    if _FLAT_ODT.search(start):
        return ODT
    if _CODE.match(start):
        raise PermanentError(UNKNOWN)
    refuse_misnamed(filename, start, web_page=False)
    return named or TEXT
