"""Convert a mail, from any program, to a document: header lines, then its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from itertools import pairwise

from ingest.extract.extracted import Attached, Extracted, ExtractRequest
from ingest.extract.mail.cms import Signature
from ingest.extract.markup.html import parsed
from ingest.extract.shared.about import one_line, sensible_authors, sensible_title, sensible_year
from ingest.extract.shared.blocks import Block, BlockKind, cut_sections, join_blocks
from kb.domain import PageUnit
from kb.text.language import detect

MAX_ATTACHED = 100
"""Attachments read of a mail."""
WRAPPED = (50, 80)
"""Characters of a line broken by a program: wrapped at 72 or 76, minus the word moved to the next
line."""
MAX_NAME = 200
"""Characters of an attachment's name."""
LANGUAGE_SAMPLE = 4000
"""Characters from which the language of the header labels is detected."""
LABELS = {
    "it": ("Oggetto", "Da", "A", "Cc", "Data", "Allegati", "%d/%m/%Y %H:%M"),
    "en": ("Subject", "From", "To", "Cc", "Date", "Attachments", "%Y-%m-%d %H:%M"),
}
_OWN_LINE = re.compile(r"\s*(?:[-*•>·–—]|\(?\w{1,3}[.)]\s|\w+:\s|$)")
_PREFIX = re.compile(
    r"(?:\s*(?:re|r|fw|fwd|i|tr|wg|aw|rif|inoltro|posta certificata|anomalia messaggio|bozza)"
    r"\s*(?:\[\d+\])?:)+\s*",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Body:
    """A part of the displayed text. ``flowed``: soft line ends are marked by a space (RFC 3676)."""

    text: str
    html: bool = False
    flowed: bool = False


@dataclass
class Letter:
    """The contents of a mail."""

    subject: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    sent_at: datetime | None = None
    bodies: list[Body] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    """Lines with the delivery data of a certified mail provider."""
    attached: list[Attached] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)


def from_letter(source: ExtractRequest, letter: Letter, media_type: str) -> Extracted:
    """Make a document from a mail. Header lines and attachment names are part of the text."""
    body = list(_body(source, letter))
    text, marks, tables = join_blocks([*_header(letter, body), *body])
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    title = sensible_title(_PREFIX.sub("", one_line(letter.subject), count=1))
    return Extracted(
        media_type=media_type,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title,
        authors=sensible_authors([parseaddr(letter.sender)[0]]),
        year=sensible_year(str(letter.sent_at.year)) if letter.sent_at else None,
        signatures=tuple(dict.fromkeys(letter.signatures)),
        attached=tuple(letter.attached),
    )


def file_name(name: object, number: int, suffix: str = "") -> str:
    """The name of an attachment without folders and control characters."""
    clean = one_line(_UNSAFE.sub(" ", name)) if isinstance(name, str) else ""
    clean = clean.lstrip(".")
    if len(clean) > MAX_NAME:
        stem, dot, end = clean.rpartition(".")
        clean = f"{stem[: MAX_NAME - len(end)]}{dot}{end}" if len(end) < 10 else clean[:MAX_NAME]
    return clean or f"attachment-{number}{suffix}"


def plain_blocks(text: str, *, flowed: bool = False) -> Iterator[Block]:
    """The paragraphs of a plain text mail, with wrapped lines joined."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if flowed:
        text = re.sub(r"(?<=\S) \n(?!-- \n|>|\n)", " ", text)
    for paragraph in _PARAGRAPH.split(text):
        if lines := paragraph.strip():
            yield Block(lines if flowed else _joined(lines.split("\n")))


def _joined(lines: Sequence[str]) -> str:
    """Join lines that fill the width of the mail with the next one."""
    text = lines[0]
    for before, line in pairwise(lines):
        full = WRAPPED[0] <= len(before) <= WRAPPED[1] and not before.endswith(("  ", ":"))
        text += (" " if full and not _OWN_LINE.match(line) else "\n") + line.strip()
    return text


def _header(letter: Letter, body: Sequence[Block]) -> Iterator[Block]:
    sample = " ".join([letter.subject, *(block.text for block in body)])[:LANGUAGE_SAMPLE]
    language = detect(sample).language if sample.strip() else "it"
    *names, moment = LABELS.get(language, LABELS["en"])
    sent = letter.sent_at.strftime(moment) if letter.sent_at else ""
    files = "; ".join(attached.name for attached in letter.attached)
    values = (letter.subject, letter.sender, letter.to, letter.cc, sent, files)
    for name, value in zip(names, values, strict=True):
        if value := one_line(value):
            yield Block(f"{name}: {value}", BlockKind.ITEM)
    for stamp in letter.stamps:
        yield Block(one_line(stamp), BlockKind.ITEM)


def _body(source: ExtractRequest, letter: Letter) -> Iterator[Block]:
    for body in letter.bodies:
        if body.html and _TAG.search(body.text):
            yield from parsed(body.text, source.patience_s).every_block()
        else:
            yield from plain_blocks(body.text, flowed=body.flowed)
