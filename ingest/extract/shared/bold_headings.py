"""Recognise headings that are only bold or larger lines, as in most municipal acts.

Applied only where a document has almost no headings by style. A heading is a short line that is not
a sentence, is followed by text, and is rare among the paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.extract.shared.blocks import Block, BlockKind

ENOUGH_BY_STYLE = 2
"""Headings by style from which a document's looks are not used."""
LONGEST = 120
"""Characters of a heading."""
MOST_WORDS = 14
"""Words of a heading."""
MOST_WORDS_CAPITALS = 20
"""Words of a heading in capitals."""
LARGER = 1.15
"""Factor by which a line exceeds the body text's size to count as larger."""
MAX_SHARE = 0.4
"""Share of a document's paragraphs that may be headings."""
MAX_LEVELS = 3
"""Levels of headings told apart by looks."""

_NUMBERED = re.compile(
    r"(?:(?i:art(?:icolo|\.)?|titolo|capo|sezione|parte|allegato|chapter|section|article|kapitel)"
    r"\s*(?:\d{1,3}|[IVXLC]{1,6}|[A-Z])\b[.)]?"
    r"|\d{1,3}(?:\.\d{1,3})*[.)]?|(?:[IVXLC]{1,6}|[A-Za-z])(?:[.)]|\s*[-–—]))(?=\s|\Z)"
)
_DEPTH = re.compile(r"\d{1,3}((?:\.\d{1,3})*)")
_SENTENCES = re.compile(r"[^\W\d_]{3,}[.!?;]\s+[^\W\d_]")
_LETTERS = re.compile(r"[^\W\d_]")
_ARTICLE = re.compile(r"art(?:icolo|\.)?\s*\d", re.IGNORECASE)
_NO_HEADING = re.compile(
    r"(?:nota bene|n\.?\s?b\.?|attenzione|importante|avvertenz[ae]|tel|fax|e-?mail|pec|http|www"
    r"|firmato|f\.to|prot|oggetto|data|figura|tabella|fig|tab|fonte)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class BoldLine(Block):
    """A paragraph with its look. ``bold``: all of it is bold. ``size``: most frequent size, in
    points or half points (consistent within a file), 0 if unknown. ``length``: characters."""

    bold: bool = False
    size: float = 0

    def plain(self) -> Block:
        return Block(self.text, self.kind, self.level)


def promote_headings(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks, with lines that stand out turned into headings."""
    by_style = sum(1 for block in blocks if block.level)
    found = [] if by_style >= ENOUGH_BY_STYLE else _find_standing_out(blocks)
    looks = _levels([_sort_key(blocks[n]) for n in found])
    made = {n: looks[_sort_key(blocks[n])] + min(by_style, 1) for n in found}
    return [
        replace(block.plain(), text=" ".join(block.text.split()), level=made[n])
        if n in made and isinstance(block, BoldLine)
        else block.plain()
        if isinstance(block, BoldLine)
        else block
        for n, block in enumerate(blocks)
    ]


def _find_standing_out(blocks: Sequence[Block]) -> list[int]:
    lines = [(n, block) for n, block in enumerate(blocks) if isinstance(block, BoldLine)]
    sizes: Counter[float] = Counter()
    for _, line in lines:
        sizes[line.size] += len(line.text)
    body = max(sizes, key=lambda size: sizes[size], default=0)
    found = [n for n, line in lines if _is_heading(line, body)]
    paragraphs = sum(
        1 for block in blocks if block.kind is not BlockKind.ROW and block.text.strip()
    )
    if len(found) > MAX_SHARE * paragraphs:
        found = [n for n in found if n + 1 < len(blocks) and _is_text(blocks[n + 1])]
        if len(found) > MAX_SHARE * paragraphs:
            return []
    last_text = max((n for n, block in enumerate(blocks) if _is_text(block)), default=-1)
    kept = [n for n in found if n < last_text]
    return _drop_letterhead(kept)


def _is_text(block: Block) -> bool:
    """Whether a block can follow a heading: prose, a list or a table."""
    if isinstance(block, BoldLine) and block.bold and block.kind is BlockKind.PARAGRAPH:
        return len(block.text) > LONGEST
    return block.kind is not BlockKind.PARAGRAPH or len(block.text) > LONGEST / 3


def _drop_letterhead(found: list[int]) -> list[int]:
    """Drop all but the last of three or more such lines at the very start, which are sender and
    addressee."""
    run = 0
    while run < len(found) and found[run] == run:
        run += 1
    return found[run - 1 :] if run > 2 else found


def _is_heading(line: BoldLine, body: float) -> bool:
    text = " ".join(line.text.split())
    larger = bool(body) and line.size >= LARGER * body
    if not (line.bold or larger) or line.level or len(text) > LONGEST or "\n\n" in line.text:
        return False
    if len(_LETTERS.findall(text)) < 3 or _NO_HEADING.match(text) or text.startswith("•"):
        return False
    number = _NUMBERED.match(text)
    words = text[number.end() if number else 0 :].split()
    capitals = text == text.upper()
    if len(words) > (MOST_WORDS_CAPITALS if capitals else MOST_WORDS):
        return False
    return _reads_as_heading(text, words, numbered=bool(number), capitals=capitals)


def _reads_as_heading(text: str, words: list[str], *, numbered: bool, capitals: bool) -> bool:
    """Whether first and last characters fit a heading, and it is not more than one sentence."""
    if text[-1] in ",;…" or _SENTENCES.search(" ".join(words)):
        return False
    if text[-1] == "." and not (numbered or capitals) and not _ARTICLE.match(text):
        return False
    if text[-1] == ":" and len(words) > 5:
        return False
    first = _LETTERS.search(text)
    return numbered or bool(first and not first.group().islower())


def _sort_key(block: Block) -> tuple[float, bool, int]:
    """Sort key of heading levels, outermost first: size, capitals, depth of the number."""
    size = block.size if isinstance(block, BoldLine) else 0
    depth = _DEPTH.match(block.text)
    deeper = depth[1].count(".") if depth else 0
    small = block.text != block.text.upper()
    return (-size, small or bool(_ARTICLE.match(block.text)), deeper)


def _levels(looks: Sequence[tuple[float, bool, int]]) -> dict[tuple[float, bool, int], int]:
    ranked = sorted(set(looks))
    return {look: min(n, MAX_LEVELS) for n, look in enumerate(ranked, 1)}
