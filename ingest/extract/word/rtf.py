"""Rich Text Format (Microsoft's specification, version 1.9.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.extract.extracted import Extracted, ExtractRequest, statements
from ingest.extract.ooxml.properties import pictures_note
from ingest.extract.shared.about import sensible_authors, sensible_title, sensible_year
from ingest.extract.shared.blocks import cut_sections, join_blocks
from ingest.extract.shared.bold_headings import promote_headings
from ingest.extract.shared.running import drop_repeated
from ingest.extract.sniff import RTF
from ingest.extract.word.rtf_document import RtfDocument
from ingest.extract.word.rtf_words import apply_word
from kb.domain import GuessedField, GuessReason, PageUnit

REPORT_EVERY = 200_000
"""Tokens between two progress reports."""
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n\x00]+)"
)
_SIGNS = {"~": "\xa0", "_": "-", "-": "", "\n": "", "\r": ""}


def extract_rtf(source: ExtractRequest) -> Extracted:
    document = _read(source)
    blocks = promote_headings(document.body.finish())
    blocks += [*document.endnotes, *drop_repeated(document.running)]
    text, marks, tables = join_blocks(blocks)
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    title = sensible_title(document.about.get("title"))
    return Extracted(
        media_type=RTF,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title or sensible_title(marks[0].title if marks else ""),
        authors=sensible_authors([document.about.get("author")]),
        year=sensible_year(title, document.about.get("yr")),
        notes=pictures_note(document.pictures),
        statements=(
            *statements(GuessedField.TITLE, GuessReason.PROPERTIES, document.about.get("title")),
            *statements(GuessedField.YEAR, GuessReason.CREATED, document.about.get("yr")),
        ),
    )


def _read(source: ExtractRequest) -> RtfDocument:
    """Read the whole file."""
    document = RtfDocument()
    tokens = _TokenReader(document)
    for number, match in enumerate(_tokens(source.path.read_bytes())):
        if number % REPORT_EVERY == 0:
            source.on_page(0, 1)
        tokens.read(match)
        if document.is_complete:
            break
    tokens.flush()
    return document


def _tokens(data: bytes) -> Iterator[re.Match[bytes]]:
    place = 0
    while match := _TOKEN.search(data, place):
        place = match.end()
        if match["word"] == b"bin":  # binary data of that many bytes follows
            place += max(0, int(match["number"] or 0))
        yield match


class _TokenReader:
    """Gives tokens to a document. Joins the bytes of a text, which multi-byte code pages need, and
    skips the replacement characters after ``\\u`` words."""

    def __init__(self, document: RtfDocument) -> None:
        self._document = document
        self._bytes = bytearray()
        self._to_skip = 0

    def read(self, match: re.Match[bytes]) -> None:
        if match["hex"]:
            self._add(bytes.fromhex(match["hex"].decode()))
            return
        if match["text"] is not None:
            self._add(match["text"])
            return
        self.flush()
        if match["brace"]:
            self._to_skip = 0
            if match["brace"] == b"{":
                self._document.open_group()
            else:
                self._document.close_group()
        elif match["sign"]:
            self._read_sign(match["sign"].decode("latin-1"))
        else:
            number = match["number"]
            self._read_word(match["word"].decode(), None if number is None else int(number))

    def flush(self) -> None:
        """Give the collected bytes to the document."""
        if self._bytes:
            data, self._bytes = bytes(self._bytes), bytearray()
            self._document.add_bytes(data)

    def _add(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._bytes += data[skipped:]

    def _read_sign(self, sign: str) -> None:
        if sign == "*":
            self._document.group.starred = True
        else:
            self._to_skip = 0
            self._document.add_text(_SIGNS.get(sign, sign))

    def _read_word(self, word: str, number: int | None) -> None:
        self._to_skip = 0
        if word == "u" and number is not None:
            self._to_skip = self._document.group.after_unicode
            self._document.add_character(number % 0x10000)
        else:
            apply_word(self._document, word, number)
