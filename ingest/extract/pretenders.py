"""Reject text files that are not the document: Git pointers, shortcuts, web pages under another
format's name."""

from __future__ import annotations

import re
from pathlib import Path

from kb.messages import N_, PermanentError

WITHIN = 4096
"""Bytes at the start that are searched for PDF syntax."""
OFFICE = (
    *(".doc", ".docx", ".docm", ".dot", ".dotx", ".rtf", ".odt", ".ott", ".odp", ".ods", ".ots"),
    *(".xls", ".xlsx", ".xlsm", ".xltx", ".ppt", ".pptx", ".pptm", ".pps", ".ppsx", ".potx"),
)
NEVER_TEXT = frozenset(
    {*OFFICE, ".pdf", ".epub", ".p7m", ".p7s", ".msg", ".zip", ".rar", ".7z", ".tsd", ".m7m"}
    - {".rtf"}
)
"""Suffixes of formats that are never plain text."""
NEVER_PAGES = NEVER_TEXT | {".csv", ".tsv", ".rtf", ".eml"}
"""Suffixes of formats that are never a web page."""
EXPORTED = frozenset({".doc", ".xls"})
"""Suffixes under which office programs export HTML for Word and Excel."""

POINTER = N_(
    "The file is only a pointer to a document that was not downloaded (Git LFS or git-annex):"
    " fetch the document itself and upload that."
)
LINK = N_(
    "The file is only a link to a document on another site or disk: open it, save the document"
    " and upload that."
)
WEB_PAGE = N_(
    "The file is named {suffix}, but it is a web page, as sites send when a download fails:"
    " download the document again and upload that. To add the page itself, name it .html."
)
NO_DOCUMENT = N_(
    "The file is named {suffix}, but it is plain text and no such document: download or save the"
    " document again and upload that. To add the text itself, name it .txt."
)

_POINTER = re.compile(
    r"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/|(?:\.\./)*\.?/?"
    r"(?:\.git/)?annex/objects/\S+\s*\Z"
)
_LINK = re.compile(
    r"\[InternetShortcut\]|\[Desktop Entry\][^[]*\bURL|\{\s*\"(?:url|doc_id)\"\s*:"
    r"[^{}]{0,300}(?:docs|drive)\.google\.com",
    re.IGNORECASE,
)
_PDF_OBJECT = re.compile(rb"\b\d{1,9}[ \r\n]+\d{1,5}[ \r\n]+obj\b\s*(?:<<|\[|\()|\bstartxref\b")
_HEADER = re.compile(r"([!-9;-~]+):[^\n]*\n(?:[ \t]+[^\n]*\n)*")
_MAIL_HEADERS = frozenset(
    {
        *("from", "to", "cc", "subject", "date", "message-id", "received", "return-path"),
        *("mime-version", "delivered-to", "reply-to", "sender", "content-type", "x-mailer"),
        *("x-originating-ip", "dkim-signature", "authentication-results", "x-trasporto"),
        *("x-riferimento-message-id", "x-ricevuta", "content-transfer-encoding", "references"),
    }
)
_TELLING = frozenset(
    {"from", "message-id", "received", "mime-version", "return-path", "delivered-to", "x-trasporto"}
)
ENOUGH_HEADERS = 3
"""Header lines from which a text is a mail."""


def refuse_stand_in(text: str) -> None:
    """Reject a text that only points to a document.

    Raises:
        PermanentError: it is a Git pointer or a shortcut.
    """
    if _POINTER.match(text[:WITHIN].lstrip()):
        raise PermanentError(POINTER)
    if _LINK.match(text[:WITHIN].lstrip("\ufeff \r\n")):
        raise PermanentError(LINK)


def refuse_misnamed(filename: str, text: str, *, web_page: bool) -> None:
    """Reject text whose file name claims another format.

    Raises:
        PermanentError: a web page or plain text has the name of a PDF, an Office file or the like.
    """
    suffix = Path(filename).suffix.lower()
    if web_page:
        exported = suffix in EXPORTED and ("<table" in text.lower() or "urn:schemas-micro" in text)
        if suffix in NEVER_PAGES and not exported:
            raise PermanentError(WEB_PAGE, suffix=suffix)
    elif suffix in NEVER_TEXT and text.strip():
        raise PermanentError(NO_DOCUMENT, suffix=suffix)


def is_broken_pdf(head: bytes, filename: str) -> bool:
    """Whether the bytes are the inside of a PDF without its header, to be given to the PDF reader
    and not indexed as text."""
    if head.lstrip().startswith(b"%PDF"):
        return True
    return Path(filename).suffix.lower() in (".pdf", "") and bool(_PDF_OBJECT.search(head))


def is_mail(text: str) -> bool:
    """Whether a text begins with a mail header (RFC 5322), or is a mailbox file."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff\n")
    if text.startswith(("From ", ">From ")):
        text = text.partition("\n")[2]
    names: list[str] = []
    place = 0
    while match := _HEADER.match(text, place):
        names.append(match[1].lower())
        place = match.end()
    known = set(names) & _MAIL_HEADERS
    whole = place >= len(text) or text.startswith("\n", place) or len(names) > 2 * ENOUGH_HEADERS
    return bool(whole and len(known) >= ENOUGH_HEADERS and known & _TELLING)
