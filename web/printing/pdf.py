"""A paper as tagged PDF (PDF/UA-1): language, title, headings, tables with headings, alternative
texts, outline, embedded fonts.

The texts are handed to Typst as data, never as its markup, in a child process with limits.
"""

from __future__ import annotations

import atexit
import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import structlog

from ingest.processes.child_errors import (
    ChildCrashed,
    ChildFailed,
    ChildOutOfMemory,
    ChildTimedOut,
    ChildTookTooLong,
)
from ingest.processes.child_process import ProcessLimits
from ingest.processes.isolation import Child
from kb.messages import N_, ConfigurationError, PermanentError, TransientError
from web.assets import VENDOR
from web.printing.paper import (
    Block,
    Bullets,
    Citations,
    Facts,
    Foreign,
    Paper,
    PaperHeading,
    PaperLink,
    PaperParagraph,
    PaperPicture,
    PaperTable,
    Quote,
    TableOfContents,
    Text,
    WebAddress,
    plain_text_of,
    split_links,
)
from web.printing.qr import qr_code
from web.printing.scripts import FIRST, Scripts, scripts_of, texts_in
from web.printing.typesetting import TypesettingRequest

FONTS = VENDOR / "print"
LIMITS = ProcessLimits(memory_mb=1024, silence_s=60, address_space=False, calls=100)
LONGEST_S = 30.0
"""Longest time for one paper; a dossier of fifty practices takes a second."""
LONGEST_WAIT_S = 15.0
"""Longest time for which a paper waits for those before it."""
HEADING_CHARACTERS = 160
"""Of a column heading, which repeats on every page of its table, and of the foot of a page."""
LONGEST_WORD = 40
"""Characters of a word that may stand on a line of a page unbroken."""
CHARACTERS_ACROSS = {False: 108, True: 165}
"""Characters of a table's letters that fit the width of a page, portrait and landscape."""
BREAK = "\u200b"
"""Zero-width space: a line may end here."""
MARK_MM = 2.1
"""Width of a letter of the names in ``Facts``, about."""

log = structlog.get_logger()
_turn = threading.Semaphore()


def as_pdf(paper: Paper) -> bytes:
    """The paper as a PDF file, A4; tables with many columns stand on landscape pages.

    Raises:
        ConfigurationError: the fonts are not installed.
        PermanentError: it took too long or too much memory.
        TransientError: the process was ended from outside, or others took too long before it.
    """
    if not (FONTS / FIRST).is_file():
        raise ConfigurationError(
            N_("The fonts for printing are missing: run “make install”, then try again.")
        )
    written = _Written(scripts_of(texts_in(paper), FONTS))
    data = written.data_of(paper)
    moment = datetime.combine(paper.day, datetime.min.time(), UTC) if paper.day else None
    request = TypesettingRequest(
        data, written.images, str(FONTS), int(moment.timestamp()) if moment else 0
    )
    if not _turn.acquire(timeout=LONGEST_WAIT_S):
        raise TransientError(N_("Many papers are being made: try again in a moment."))
    try:
        return _child().call(request, _log_report, within_s=LONGEST_S)
    except (ChildCrashed, ChildFailed, ChildOutOfMemory, ChildTimedOut, ChildTookTooLong) as error:
        kind, blocks = paper.kind, len(paper.blocks)
        log.error("a paper could not be made", kind=kind, blocks=blocks, reason=str(error))
        raise PermanentError(
            N_("This PDF could not be made. Take the page itself, or print it from the browser.")
        ) from error
    finally:
        _turn.release()


def _log_report(report: Any) -> None:
    log.warning("a paper is not PDF/UA", reason=str(report))


@lru_cache(maxsize=1)
def _child() -> Child[bytes]:
    child: Child[bytes] = Child("web.printing.typesetting:typeset", LIMITS, bytes)
    atexit.register(child.close)
    return child


class _Written:
    """The data of the template and the images it names."""

    def __init__(self, scripts: Scripts) -> None:
        self.scripts = scripts
        self.images: dict[str, bytes] = {}

    def data_of(self, paper: Paper) -> dict[str, Any]:
        title = self._line(paper.title) or "–"
        kind = self._line(paper.kind)
        cover = None
        if paper.cover:
            cover = {"file": self._image(paper.cover), "alt": self._line(paper.cover_alt) or title}
        foot = " · ".join(part for part in (paper.author, kind, title) if part)
        return {
            "title": title,
            "subtitle": self._string(paper.subtitle),
            "kind": kind,
            "foot": _cut(self._line(foot)),
            "language": _language(paper.language) or "en",
            "author": [paper.author] if paper.author else [],
            "keywords": [kind] if kind else [],
            "day": [paper.day.year, paper.day.month, paper.day.day] if paper.day else None,
            "fonts": list(self.scripts.families),
            "cover": cover,
            "columns": paper.columns,
            "blocks": [self._block(block) for block in _nested(paper.blocks, self._line)],
        }

    def _block(self, block: Block) -> dict[str, Any]:
        match block:
            case PaperHeading():
                text = self._line(block.text)
                return {
                    "kind": "heading",
                    "level": block.level,
                    "text": _breakable(text, LONGEST_WORD // 2),
                    "language": _language(block.language),
                }
            case PaperParagraph():
                return {
                    "kind": "paragraph",
                    "text": self._words(block.text),
                    "language": _language(block.language),
                    "small": block.small,
                }
            case Bullets():
                items = [self._words(item) for item in block.items]
                return {"kind": "bullets", "items": items, "language": _language(block.language)}
            case Citations():
                return {"kind": "citations", "entries": [self._words(one) for one in block.entries]}
            case Quote():
                return {
                    "kind": "quote",
                    "text": self._words(block.text),
                    "citation": self._words(block.citation),
                    "language": _language(block.language),
                }
        return self._figure(block)

    def _figure(
        self, block: PaperTable | Facts | PaperPicture | WebAddress | TableOfContents
    ) -> dict[str, Any]:
        match block:
            case PaperTable():
                return self._table(block)
            case Facts():
                longest = max((len(name) for name, _ in block.rows), default=0)
                rows = [[self._words(name), self._words(value)] for name, value in block.rows]
                return {"kind": "facts", "rows": rows, "label": min(45, longest * MARK_MM)}
            case PaperPicture():
                return {
                    "kind": "picture",
                    "file": self._image(block.content),
                    "alt": self._line(block.alt),
                    "credit": self._string(block.credit),
                    "width": block.width,
                }
            case WebAddress():
                return {
                    "kind": "address",
                    "file": self._image(qr_code(block.url)),
                    "alt": f"QR: {self._line(block.url)}",
                    "words": self._words(block.words),
                    "url": self._line(block.url),
                }
            case TableOfContents():
                return {
                    "kind": "contents",
                    "title": self._words(block.title) if self._line(block.title) else [],
                    "depth": block.depth,
                }

    def _table(self, table: PaperTable) -> dict[str, Any]:
        across = CHARACTERS_ACROSS[table.wide]
        room = [max(4, int(share * across) - 3) for share in table.shares]
        header = [
            self._words(_cut_heading(cell), most)
            for cell, most in zip(table.header, room, strict=True)
        ]
        rows = [
            [self._words(cell, most) for cell, most in zip(table.cells(row), room, strict=True)]
            for row in table.rows
        ]
        return {
            "kind": "table",
            "header": header,
            "rows": rows,
            "shares": table.shares,
            "caption": self._string(table.caption),
            "wide": table.wide,
        }

    def _words(self, text: Text, longest: int = LONGEST_WORD) -> list[dict[str, str]]:
        pieces = []
        for piece in split_links(text):
            words = piece if isinstance(piece, str) else piece.text
            shown = {"text": _breakable(self.scripts.drawable(words), longest)}
            if isinstance(piece, PaperLink):
                shown["url"] = piece.url
            elif isinstance(piece, Foreign) and _language(piece.language):
                shown["language"] = piece.language
            pieces.append(shown)
        return pieces

    def _string(self, text: str) -> str:
        return _breakable(self.scripts.drawable(text), LONGEST_WORD)

    def _line(self, text: str) -> str:
        return " ".join(self.scripts.drawable(text).split())

    def _image(self, content: bytes) -> str:
        name = f"{len(self.images)}{_suffix(content)}"
        self.images[name] = content
        return name


def _nested(blocks: Sequence[Block], shown: Callable[[str], str]) -> list[Block]:
    """The blocks with levels of headings that begin at 1 and leave out none (ISO 14289-1, 7.4.2);
    headings without words are left out."""
    level, nested = 0, list[Block]()
    for block in blocks:
        if not isinstance(block, PaperHeading):
            nested.append(block)
            if isinstance(block, TableOfContents) and shown(block.title):
                level = 1
        elif shown(block.text):
            level = min(max(block.level, 1), level + 1)
            nested.append(PaperHeading(block.text, level, block.language))
    return nested


def _breakable(text: str, longest: int) -> str:
    """Let lines end in words that are longer than a line: after a sign, else anywhere. In addresses
    Typst finds the signs itself."""
    if len(text) <= longest:
        return text
    return re.sub(rf"\S{{{longest + 1},}}", lambda word: _break_word(word[0], longest), text)


def _break_word(word: str, longest: int) -> str:
    parts = re.split(r"(?<=[/.?&=_,;:–-])", word)
    between = "" if word.startswith("http") else BREAK
    return between.join(part if len(part) <= longest else BREAK.join(part) for part in parts)


def _cut(text: str) -> str:
    return text if len(text) <= HEADING_CHARACTERS else text[:HEADING_CHARACTERS] + "…"


def _cut_heading(heading: Text) -> Text:
    text = _cut(plain_text_of(heading))
    return Foreign(text, heading.language) if isinstance(heading, Foreign) else text


def _language(code: str) -> str:
    """The code if Typst takes it: an ISO 639 code of two or three letters."""
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""


def _suffix(content: bytes) -> str:
    if content.startswith(b"\x89PNG"):
        return ".png"
    if content.startswith(b"\xff\xd8"):
        return ".jpg"
    return ".webp" if content.startswith(b"RIFF") else ".svg"
