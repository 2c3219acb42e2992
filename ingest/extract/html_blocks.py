"""HTML into blocks of text, by the parser of the standard library: it builds no tree, expands
no entity bombs and takes a tag with 200,000 attributes in its stride."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from ingest.extract.blocks import Block, Kind

SILENT = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "object"})
ASIDE = frozenset({"nav", "footer", "aside", "form", "button", "select", "dialog", "menu"})
MAIN = frozenset({"main", "article"})
HEADINGS = {f"h{level}": level for level in range(1, 7)}
CELLS = frozenset({"td", "th"})
ITEMS = frozenset({"li", "dt", "dd"})
TRACKED = SILENT | ASIDE | MAIN | {"pre", "title"}
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset"
        " figcaption figure footer form head header hr html legend li main menu nav ol option p"
        " pre section summary table tbody td tfoot th thead title tr ul h1 h2 h3 h4 h5 h6",
    )
)
ENOUGH_MAIN = 0.3
"""Share of all text that the main part must hold to be believed to be the main part."""
LONG_CELL = 300
"""Characters after which a table cell is prose in a page laid out by tables."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class _Placed:
    block: Block
    main: bool
    aside: bool


class HtmlBlocks(HTMLParser):
    """Feed it a page and close it, then read ``blocks()``, ``title``, ``language`` and ``meta``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.language = ""
        self.meta: dict[str, str] = {}
        self._placed: list[_Placed] = []
        self._open: Counter[str] = Counter()
        self._words: list[str] = []
        self._length = 0
        self._kind = Kind.PARAGRAPH
        self._level = 0

    def blocks(self) -> list[Block]:
        """The main part of the page, without navigation, where the page tells them apart."""
        self._end_block()
        everything = [placed.block for placed in self._placed]
        body = [placed.block for placed in self._placed if not placed.aside]
        main = [placed.block for placed in self._placed if placed.main and not placed.aside]
        enough = ENOUGH_MAIN * _size(everything)
        return next((part for part in (main, body) if _size(part) > enough), everything)

    def every_block(self) -> list[Block]:
        """All of the page: a mail has no navigation."""
        self._end_block()
        return [placed.block for placed in self._placed]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("html", "meta"):
            self._read_about(tag, {name: value or "" for name, value in attrs})
        elif tag == "br":
            self._words.append("\n")
        if tag in BLOCKS:
            self._begin_block(tag)
        if tag in TRACKED:
            self._open[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS and tag not in CELLS and not self._stays_in_cell(tag):
            self._end_block()
        if tag in ITEMS or tag == "tr":
            self._kind = Kind.PARAGRAPH
            self._words.clear()
        if tag in TRACKED and self._open[tag]:
            self._open[tag] -= 1

    def handle_data(self, data: str) -> None:
        if self._open["title"]:
            self.title += data
        elif not self._inside(SILENT):
            words = data if self._open["pre"] else _SPACE.sub(" ", data)
            self._words.append(words)
            self._length += len(data.strip())

    def _read_about(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang", "")
        elif name := attributes.get("name") or attributes.get("property"):
            self.meta.setdefault(name.lower(), attributes.get("content", ""))

    def _begin_block(self, tag: str) -> None:
        if tag in CELLS:
            self._words.append(" | " if self._length else "")
            return
        if self._stays_in_cell(tag):
            self._words.append(" ")
            return
        self._end_block()
        self._level = HEADINGS.get(tag, 0)
        if tag in ITEMS:
            self._kind = Kind.ITEM
            self._words = ["• "]
        elif tag == "tr":
            self._kind = Kind.ROW

    def _stays_in_cell(self, tag: str) -> bool:
        return self._kind == Kind.ROW and tag in ("p", "div") and self._length < LONG_CELL

    def _end_block(self) -> None:
        if not self._length:  # a bullet or a row that waits for its text keeps waiting
            if self._kind == Kind.PARAGRAPH:
                self._words.clear()
            return
        lines = "".join(self._words).split("\n")
        text = "\n".join(" ".join(line.split()) for line in lines).strip()
        if text.strip("•| \n"):
            text = " ".join(text.split()) if self._level else text
            block = Block(text, self._kind, self._level)
            self._placed.append(_Placed(block, self._inside(MAIN), self._inside(ASIDE)))
        self._kind, self._level, self._length = Kind.PARAGRAPH, 0, 0
        self._words.clear()

    def _inside(self, tags: frozenset[str]) -> bool:
        return any(self._open[tag] for tag in tags)


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)
