"""Convert HTML to blocks of text with the standard library's parser, which builds no tree, expands
no entities recursively and handles tags with 200,000 attributes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from ingest.extract.markup.html_lists import ListNumbers
from ingest.extract.markup.html_seen import (
    MAIN,
    SILENT,
    Attributes,
    Unseen,
    is_aside,
    is_named_aside,
    is_unseen,
)
from ingest.extract.shared.blocks import Block, BlockKind
from ingest.extract.shared.raised import raised_text
from ingest.extract.shared.tables import Tables

HEADINGS = {f"h{level}": level for level in range(1, 7)}
CELLS = frozenset({"td", "th"})
ITEMS = frozenset({"li", "dt", "dd"})
TRACKED = SILENT | MAIN | {"pre", "title", "a", "button", "thead"}
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset"
        " figcaption figure footer form head header hr html legend li main menu nav ol option p"
        " pre section summary table tbody td tfoot th thead title tr ul h1 h2 h3 h4 h5 h6",
    )
)
ENOUGH_MAIN = 0.3
"""Share of the page's text that the main element must hold to be used alone."""
LINKED = 0.5
"""Share of linked text from which a box beside the text is treated as a list of links."""
LEAST_BOX = 25
"""Characters from which a box beside the text is kept."""
LEAST_FORM = 500
"""Characters from which a form is treated as content, because some programs put the whole page into
a form."""
WHOLE_GROUP = 65_534
"""Rows spanned by rowspan="0", which means the rest of the table (HTML, 4.9.11: at most 65534)."""

_SPACE = re.compile(r"\s+")
_EDIT = re.compile(
    r"\s*\[\s*(?:modifica|edit|modifier|bearbeiten|editar|edita|bewerken|redaguj|redigera|rediger"
    r"|muokkaa|editovat|upravit|uredi|szerkesztés)\b[^\]\n]{0,60}\]",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[¶#§🔗⚓\ufe0f\s]*")
_PERMALINK = re.compile(r"\s*[¶🔗⚓\ufe0f]+\s*\Z|\A\s*[¶🔗⚓\ufe0f]+\s*")
_RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)", re.IGNORECASE)
_NOTE = re.compile(r"noteref|doc-noteref|footnote|\breference\b|fn-?ref", re.IGNORECASE)


@dataclass
class _Placed:
    """A block. ``linked``: number of its characters inside links."""

    block: Block
    main: bool
    aside: bool
    linked: int


@dataclass(frozen=True)
class _Beside:
    """An open element beside the text. ``start``: index of its first block; ``named``: recognised
    by its class."""

    tag: str
    start: int
    named: bool
    in_main: bool


@dataclass(frozen=True)
class _Raised:
    """Open superscript text: where its words begin, and whether it is certainly a note mark."""

    tag: str
    start: int
    is_mark: bool


class HtmlBlocks(HTMLParser):
    """Parser: feed a page, close, then read ``blocks()``, ``title``, ``language`` and ``meta``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.language = ""
        self.meta: dict[str, str] = {}
        self._titled = False
        self._placed: list[_Placed] = []
        self._open: Counter[str] = Counter()
        self._unseen = Unseen()
        self._beside: list[_Beside] = []
        self._beside_main = 0
        self._raised: _Raised | None = None
        self._tables = Tables()
        self._numbers = ListNumbers()
        self._link = 0
        self._words: list[str] = []
        self._length = self._linked = 0
        self._kind = BlockKind.PARAGRAPH
        self._level = 0

    def blocks(self) -> list[Block]:
        """The main part of the page, without navigation where it can be told apart."""
        self._finish()
        everything = self._placed
        body = [placed for placed in everything if not placed.aside]
        main = [placed for placed in body if placed.main]
        enough = ENOUGH_MAIN * _size(everything)
        chosen = next((part for part in (main, body) if _size(part) > enough), everything)
        return [placed.block for placed in chosen]

    def every_block(self) -> list[Block]:
        """All displayed text, for mails, which have no navigation."""
        self._finish()
        return [placed.block for placed in self._placed]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen and self._unseen.start(tag):
            return
        attributes = {name: value or "" for name, value in attrs}
        if tag in ("html", "meta"):
            self._read_about(tag, attributes)
        elif (
            not self._inside(SILENT) and is_unseen(tag, attributes) and tag not in ("body", "html")
        ):
            self._unseen.begin(tag)
            return
        if tag in BLOCKS:
            self._begin_block(tag, attributes)
        if tag in MAIN and not self._inside(MAIN):
            self._beside_main = len(self._beside)
        if tag in TRACKED:
            self._open[tag] += 1
        if is_aside(tag, attributes):
            place = _Beside(tag, len(self._placed), is_named_aside(attributes), self._inside(MAIN))
            self._beside.append(place)
        self._begin_inline(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and self._unseen.end(tag):
            return
        self._end_inline(tag)
        if tag in BLOCKS:
            self._end_block()
        if tag in ("ul", "ol", "menu"):
            self._numbers.end_list()
        if tag in ITEMS:
            self._kind = BlockKind.PARAGRAPH
            self._words.clear()
        if tag == "table":
            self._place(self._tables.end_table())
        if tag in TRACKED and self._open[tag]:
            self._open[tag] -= 1
        self._leave(tag)

    def handle_data(self, data: str) -> None:
        if self._unseen or self._inside(SILENT):
            return
        if self._open["title"]:
            self.title += "" if self._titled else data
        elif not self._open["button"] or self._level:
            words = data if self._open["pre"] else _SPACE.sub(" ", data)
            self._words.append(words)
            length = len(data.strip())
            self._length += length
            self._linked += length if self._open["a"] else 0

    def _read_about(self, tag: str, attributes: Attributes) -> None:
        if tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang", "")
        elif name := attributes.get("name") or attributes.get("property"):
            self.meta.setdefault(name.lower(), attributes.get("content", ""))

    def _begin_block(self, tag: str, attributes: Attributes) -> None:
        self._end_block()
        self._level = HEADINGS.get(tag, 0)
        if tag in ("ul", "ol", "menu"):
            self._numbers.start_list(tag, attributes)
        elif tag in ITEMS:
            self._kind = BlockKind.ITEM
            self._words = [self._numbers.mark(attributes) if tag == "li" else "• "]
        elif tag == "table":
            self._tables.start_table()
        elif tag == "tr":
            self._tables.start_row(header=bool(self._open["thead"]))
        elif tag in CELLS:
            self._begin_cell(tag, attributes)

    def _begin_cell(self, tag: str, attributes: Attributes) -> None:
        row = self._tables.row
        if row is not None and not self._open["thead"]:
            row.header = tag == "th" and (row.header or not row.cells)
        rows = _number(attributes.get("rowspan"))
        self._tables.start_cell(
            columns=max(1, _number(attributes.get("colspan"))), rows=rows or WHOLE_GROUP
        )

    def _begin_inline(self, tag: str, attributes: Attributes) -> None:
        if tag == "br":
            self._words.append("\n")
        elif tag == "a":
            self._link = len(self._words)
        elif tag == "math" and attributes.get("alttext"):
            self.handle_data(attributes["alttext"])
            self._unseen.begin(tag)
        kind = " ".join(attributes.get(name, "") for name in ("class", "role", "epub:type"))
        is_mark = bool(_NOTE.search(kind)) and tag in ("a", "sup", "span")
        if tag == "sup" or (tag == "a" and is_mark) or _RAISED.search(attributes.get("style", "")):
            if self._raised is None and tag not in BLOCKS:
                self._raised = _Raised(tag, len(self._words), is_mark)
        elif tag == "a" and self._raised and attributes.get("href", "").startswith("#"):
            self._raised = _Raised(self._raised.tag, self._raised.start, is_mark=True)

    def _end_inline(self, tag: str) -> None:
        if self._raised and tag == self._raised.tag:
            self._end_raised(self._raised)
        if tag == "title" and self.title.strip() and not self._inside(SILENT):
            self._titled = True
        if tag == "a" and self._level and _SIGNS.fullmatch("".join(self._words[self._link :])):
            del self._words[self._link :]

    def _end_raised(self, raised: _Raised) -> None:
        self._raised = None
        text = "".join(self._words[raised.start :])
        del self._words[raised.start :]
        before = "".join(self._words[-20:])
        if raised.is_mark and text.strip().isalnum():
            self._words.append(f"[{text.strip()}]")
        elif text:
            self._words.append(raised_text(before, text))

    def _leave(self, tag: str) -> None:
        """Handle the end of an element beside the text. Boxes within the text are kept if they have
        enough text and are not a list of links."""
        if not any(place.tag == tag for place in self._beside):
            return
        place = self._beside.pop()
        while place.tag != tag:
            place = self._beside.pop()
        placed = self._placed[place.start :]
        size, linked = _size(placed), sum(one.linked for one in placed)
        box = tag == "aside" or (tag == "footer" and place.in_main)
        kept = size >= (LEAST_BOX if box else LEAST_FORM) and linked < LINKED * size
        if kept and (box or tag == "form") and not place.named:
            for one in placed:
                one.aside = self._is_beside()

    def _end_block(self) -> None:
        if self._raised:  # close inline elements left open in the block
            self._end_raised(self._raised)
        if not self._length:  # an empty block: a bullet still waits for its text
            if self._kind == BlockKind.PARAGRAPH:
                self._words.clear()
            return
        lines = "".join(self._words).split("\n")
        text = "\n".join(" ".join(line.split()) for line in lines).strip()
        if self._level:
            text = _PERMALINK.sub("", _EDIT.sub("", " ".join(text.split())))
        if text.strip("•| \n"):
            self._place(self._tables.take(Block(text, self._kind, self._level)))
        self._kind, self._level = BlockKind.PARAGRAPH, 0
        self._length = self._linked = 0
        self._words.clear()

    def _place(self, blocks: Iterable[Block]) -> None:
        main, aside = self._inside(MAIN), self._is_beside()
        self._placed += [_Placed(block, main, aside, self._linked) for block in blocks]

    def _finish(self) -> None:
        self._end_block()
        self._place(self._tables.end_table())

    def _is_beside(self) -> bool:
        """Whether the position is inside an element beside the text; elements around the main part
        do not count."""
        return len(self._beside) > (self._beside_main if self._inside(MAIN) else 0)

    def _inside(self, tags: frozenset[str]) -> bool:
        return any(self._open[tag] for tag in tags)


def _number(value: str | None) -> int:
    """A colspan or rowspan; 1 if it is not a number."""
    text = (value or "1").strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 6 else 1


def _size(placed: Sequence[_Placed]) -> int:
    return sum(len(one.block.text) for one in placed)
