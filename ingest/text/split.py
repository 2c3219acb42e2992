"""Cleaned pages into passages: whole sections where they fit, cut at paragraphs and sentences
where they do not, never across a chapter."""

from __future__ import annotations

import re
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from ingest.extract.blocks import chapter_level
from kb.domain import SPLITTER_VERSION, Heading, Page, Passage, Span, Table
from kb.text.sentences import sentences

NAMESPACE = uuid.UUID("7b1c6c1e-52b5-5a0e-9d0e-6a1d6c3f0b57")

HEADER_TITLE = 100
HEADER_HEADING = 60
HEADER_LEVELS = 3
EVEN_OUT = 1.15
"""Pieces of a long section may be so much longer than equal ones, to end where a sentence does."""
LONGEST_HEADER_ROWS = 0.5
"""Share of the budget that the header rows of a table may take in each of its passages."""
LEAST_BODY = 0.5
"""Share of the budget that the text keeps, however long its header."""

_SENTENCE = r"[.!?…][\"'”’»)\]]*(?:\[[\d,;– -]{1,9}\])*\s+(?=[\"'“‘«(\[]?[A-ZÀ-ÖØ-Þ\d])"
_SEPARATORS = [r"\n\n", r"\n", _SENTENCE, r"[;:]\s", r",\s", r"\s", ""]
_LETTER = re.compile(r"[^\W_]")

Count = Callable[[str], int]
"""Tokens that the model makes of a passage with this text, prompt and special tokens included."""
LanguageOf = Callable[[str], str]
Range = tuple[int, int]
"""Characters of the joined text, from the first to before the last."""


@dataclass(frozen=True)
class PassageRules:
    """``tokens``: the longest passage, header included; ``overlap``: how much of a section's
    previous piece a piece may repeat, whole sentences only."""

    tokens: int
    overlap: int


@dataclass(frozen=True)
class _Section:
    """Characters ``start`` to ``end`` of the joined text, under one heading."""

    start: int
    end: int
    path: tuple[str, ...]
    chapter: int


def contextual_header(title: str, heading_path: Sequence[str]) -> str:
    """The line put before a passage's text when it is embedded, and only then."""
    headings = [_clipped(heading, HEADER_HEADING) for heading in heading_path[-HEADER_LEVELS:]]
    parts = [part for part in (_clipped(title, HEADER_TITLE), *headings) if part]
    return " › ".join(dict.fromkeys(parts)) + "\n" if parts else ""


def split_passages(  # noqa: PLR0913 - each is a thing of its own
    pages: Sequence[Page],
    headings: Sequence[Heading],
    *,
    title: str,
    content_key: str,
    rules: PassageRules,
    count: Count,
    language_of: LanguageOf,
) -> tuple[Passage, ...]:
    """The passages of a document, in order.

    ``passage.text`` is exactly the text of its spans, page by page, joined by line ends. One that
    begins within a table has the table's header rows as its first span. Ids are derived from
    ``content_key``, ``SPLITTER_VERSION`` and the ordinal (uuid5, RFC 9562).
    """
    text = _Joined(pages)
    cutter = _Cutter(text, title, rules, count)
    passages: list[Passage] = []
    for group in _groups(_sections(text, headings), cutter):
        for ranges in cutter.cut(group):
            passage = text.of(ranges)
            passages.append(
                Passage(
                    id=passage_id(content_key, len(passages)),
                    ordinal=len(passages),
                    text=passage,
                    heading_path=group.path,
                    language=language_of(passage),
                    spans=tuple(span for start, end in ranges for span in text.spans(start, end)),
                )
            )
    return tuple(passages)


def passage_id(content_key: str, ordinal: int) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{content_key}/{SPLITTER_VERSION}/{ordinal}"))


class _Joined:
    """The texts of all pages that have any, joined by line ends."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = [page for page in pages if page.text]
        self.text = "\n".join(page.text for page in self._pages)
        self._starts: list[int] = []
        start = 0
        for page in self._pages:
            self._starts.append(start)
            start += len(page.text) + 1
        self._start_of = {
            page.number: start for page, start in zip(self._pages, self._starts, strict=True)
        }

        self._tables = [
            Table(start + table.start, start + table.end, start + table.header_end)
            for page, start in zip(self._pages, self._starts, strict=True)
            for table in page.tables
        ]
        self._table_starts = [table.start for table in self._tables]

    def of(self, ranges: Iterable[Range]) -> str:
        return "\n".join(self.text[start:end] for start, end in ranges)

    def header_rows(self, place: int) -> Range | None:
        """The header rows of the table whose body the character at ``place`` belongs to."""
        number = bisect_right(self._table_starts, place) - 1
        if number < 0:
            return None
        table = self._tables[number]
        below = table.start < table.header_end <= place < table.end
        return (table.start, table.header_end) if below else None

    def tables(self, start: int, end: int) -> Sequence[Table]:
        """The tables that begin between two places."""
        first, last = (bisect_left(self._table_starts, place) for place in (start, end))
        return self._tables[first:last]

    def place(self, heading: Heading) -> int | None:
        start = self._start_of.get(heading.page)
        return None if start is None else start + heading.offset

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """Page by page; a line end between two pages belongs to neither."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        return tuple(
            Span(
                page.number,
                max(start - page_start, 0),
                min(end - page_start, len(page.text)),
            )
            for page, page_start in zip(
                self._pages[first : last + 1], self._starts[first : last + 1], strict=True
            )
        )


def _sections(text: _Joined, headings: Sequence[Heading]) -> list[_Section]:
    """The text between headings. A heading without text of its own goes with what follows."""
    placed = sorted(
        ((place, heading) for heading in headings if (place := text.place(heading)) is not None),
        key=lambda pair: pair[0],
    )
    chapters = chapter_level([heading.level for _, heading in placed])
    path: list[tuple[int, str]] = []
    sections: list[_Section] = []
    start, chapter = 0, 0
    for place, heading in placed:
        if place > start:
            sections.append(_Section(start, place, tuple(name for _, name in path), chapter))
        start = place
        path = [above for above in path if above[0] < heading.level]
        path.append((heading.level, heading.title))
        chapter += heading.level <= chapters
    sections.append(_Section(start, len(text.text), tuple(name for _, name in path), chapter))
    return _with_bodies(sections, text.text)


def _with_bodies(sections: Sequence[_Section], text: str) -> list[_Section]:
    """Sections without those that are only a heading, where the next is under it or at least of
    the same chapter."""
    whole: list[_Section] = []
    start: int | None = None
    for section, following in zip(sections, [*sections[1:], None], strict=True):
        begin = section.start if start is None else start
        title = section.path[-1] if section.path else ""
        body = text[section.start : section.end].strip()
        if following and len(body) <= len(title) and _belongs(following, section):
            start = begin
            continue
        whole.append(replace(section, start=begin))
        start = None
    return whole


def _belongs(following: _Section, section: _Section) -> bool:
    under = following.path[: len(section.path)] == section.path
    return under or following.chapter == section.chapter


def _groups(sections: Sequence[_Section], cutter: _Cutter) -> Iterator[_Section]:
    """Neighbours in a chapter, taken together as long as they fit into one passage; their path
    is what their paths have in common."""
    group: _Section | None = None
    for section in sections:
        if group and section.chapter == group.chapter:
            path = _in_common(group.path, section.path)
            together = _Section(group.start, section.end, path, group.chapter)
            if cutter.fits(together):
                group = together
                continue
        if group:
            yield group
        group = section
    if group:
        yield group


def _in_common(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return tuple(name for name, _ in pairs)


class _Cutter:
    """Cuts one text; knows how long things are in tokens and asks the model only once."""

    def __init__(self, text: _Joined, title: str, rules: PassageRules, count: Count) -> None:
        self._joined = text
        self._text = text.text
        self._title = title
        self._rules = rules
        self._count = count
        self._around = count("")
        self._length = lru_cache(maxsize=50_000)(lambda text: count(text) - self._around)

    def fits(self, section: _Section) -> bool:
        """Whether the whole section is one passage."""
        return self._tokens(section.start, section.end) <= self._budget(section.path)

    def cut(self, section: _Section) -> Iterator[tuple[Range, ...]]:
        """What each passage of the section consists of, in order: within the budget, not blank at
        the ends, and each with something to read. What begins within a table has the table's
        header rows before it, anything else may repeat the end of the piece before."""
        budget = self._budget(section.path)
        overlap = min(self._rules.overlap, budget // 4)
        before: int | None = None
        for start, end in self._pieces(
            section.start, section.end, self._size(section, budget, overlap)
        ):
            header_rows = self._header_rows(start, end, budget)
            if header_rows:
                yield header_rows, (start, end)
            else:
                begin = start if before is None else self._repeated(before, start, overlap)
                yield ((begin if self._tokens(begin, end) <= budget else start, end),)
            before = start

    def _size(self, section: _Section, budget: int, overlap: int) -> int:
        """Tokens of a piece of the section, so that all are about as long and leave room for what
        is put before them."""
        total = self._tokens(section.start, section.end)
        if total <= budget:
            return budget
        lengths = (
            self._tokens(table.start, table.header_end)
            for table in self._joined.tables(section.start, section.end)
        )
        repeated = max((n for n in lengths if n <= budget * LONGEST_HEADER_ROWS), default=0)
        room = budget - max(overlap, repeated + 1)
        return min(room, int(total / -(-total // room) * EVEN_OUT) + 1)

    def _header_rows(self, start: int, end: int, budget: int) -> Range | None:
        """The header rows to put before a piece; its last one alone where there is no room for
        all, none where there is no room for that."""
        found = self._joined.header_rows(start)
        if found is None:
            return None
        last = self._text.rfind("\n", *found) + 1
        room = min(budget * LONGEST_HEADER_ROWS, budget - self._tokens(start, end) - 1)
        for begin in (found[0], max(found[0], last)):
            if self._tokens(begin, found[1]) <= room:
                return begin, found[1]
        return None

    def _pieces(self, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
        """The text in pieces of at most ``size`` tokens, without the blanks between them."""
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            separators=_SEPARATORS,
            is_separator_regex=True,
            keep_separator="end",
            strip_whitespace=False,  # so that the pieces are the text and their places known
            chunk_size=size,
            chunk_overlap=0,
            length_function=self._length,
        )
        for piece in splitter.split_text(self._text[start:end]):
            first, last = self._trimmed(start, start + len(piece))
            start += len(piece)
            if self._tokens(first, last) > size and last - first > 1:
                yield from self._pieces(first, last, max(1, size // 2))
            elif _LETTER.search(self._text, first, last):
                yield first, last

    def _repeated(self, before: int, start: int, overlap: int) -> int:
        """Where a piece begins when it repeats the last whole sentences of the one before, but no
        rows of a table, whose header rows would be missing."""
        for first, _ in sentences(self._text[before:start]):
            if self._joined.header_rows(before + first):
                continue
            if self._tokens(before + first, start) <= overlap:
                return before + first
        return start

    def _budget(self, path: Sequence[str]) -> int:
        """Tokens left for the text under its header."""
        most = self._rules.tokens
        return max(most - self._count(contextual_header(self._title, path)), int(most * LEAST_BODY))

    def _tokens(self, start: int, end: int) -> int:
        return int(self._length(self._text[start:end].strip()))

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        piece = self._text[start:end]
        return end - len(piece.lstrip()), start + len(piece.rstrip())


def _clipped(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
