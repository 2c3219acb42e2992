"""Split cleaned pages into passages: whole sections where they fit, else cut at paragraphs and
sentences; never across chapters."""

from __future__ import annotations

import re
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from ingest.extract.shared.blocks import chapter_level
from kb.domain import SPLITTER_VERSION, Heading, Page, Passage, Span, Table
from kb.text.sentences import sentences

NAMESPACE = uuid.UUID("7b1c6c1e-52b5-5a0e-9d0e-6a1d6c3f0b57")

HEADER_TITLE = 100
"""Characters of the title in a passage's header."""
HEADER_HEADING = 60
"""Characters of each heading in a passage's header."""
HEADER_LEVELS = 3
"""Innermost headings that a passage's header names."""
EVEN_OUT = 1.15
"""Factor by which a piece of a long section may exceed equal length in order to end with a
sentence."""
LONGEST_HEADER_ROWS = 0.5
"""Share of the token budget that repeated table header rows may take in a passage."""
LEAST_BODY = 0.5
"""Share of the token budget reserved for the text, whatever the length of its header."""

_SENTENCE = r"[.!?…][\"'”’»)\]]*(?:\[[\d,;– -]{1,9}\])*\s+(?=[\"'“‘«(\[]?[A-ZÀ-ÖØ-Þ\d])"
_SEPARATORS = [r"\n\n", r"\n", _SENTENCE, r"[;:]\s", r",\s", r"\s", ""]
_LETTER = re.compile(r"[^\W_]")

Count = Callable[[str], int]
"""Counts the model's tokens of a passage with this text, prompt and special tokens included."""
LanguageOf = Callable[[str], str]
Range = tuple[int, int]
"""Start and end (exclusive) offsets in the joined text of all pages."""


@dataclass(frozen=True)
class PassageRules:
    """``tokens``: longest passage, header included. ``overlap``: tokens at the end of a section's
    previous piece that a piece may repeat, whole sentences only."""

    tokens: int
    overlap: int


@dataclass(frozen=True)
class _Section:
    """Characters ``start`` to ``end`` of the joined text under one heading."""

    start: int
    end: int
    path: tuple[str, ...]
    chapter: int


def contextual_header(title: str, heading_path: Sequence[str]) -> str:
    """The header line that is put before a passage's text for embedding only."""
    headings = [_clip(heading, HEADER_HEADING) for heading in heading_path[-HEADER_LEVELS:]]
    parts = [part for part in (_clip(title, HEADER_TITLE), *headings) if part]
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
    """Split a document into passages, in order.

    ``passage.text`` is exactly the text of its spans, page by page, joined by line ends. A passage
    that begins inside a table has the table's header rows as its first span. Ids are derived from
    ``content_key``, ``SPLITTER_VERSION`` and the ordinal (uuid5, RFC 9562).
    """
    text = _Joined(pages)
    cutter = _Cutter(text, title, rules, count)
    passages: list[Passage] = []
    for group in _merge_sections(_cut_sections(text, headings), cutter):
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
    """The texts of all non-empty pages, joined by line ends."""

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
        """Header rows of the table in whose body ``place`` is, or None."""
        number = bisect_right(self._table_starts, place) - 1
        if number < 0:
            return None
        table = self._tables[number]
        below = table.start < table.header_end <= place < table.end
        return (table.start, table.header_end) if below else None

    def tables(self, start: int, end: int) -> Sequence[Table]:
        """The tables that begin between two offsets."""
        first, last = (bisect_left(self._table_starts, place) for place in (start, end))
        return self._tables[first:last]

    def place(self, heading: Heading) -> int | None:
        start = self._start_of.get(heading.page)
        return None if start is None else start + heading.offset

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """The range as spans of pages; a line end between two pages belongs to neither."""
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


def _cut_sections(text: _Joined, headings: Sequence[Heading]) -> list[_Section]:
    """The text between headings, one section each. A heading without text of its own is merged with
    what follows."""
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
    return _merge_bare_headings(sections, text.text)


def _merge_bare_headings(sections: Sequence[_Section], text: str) -> list[_Section]:
    """Merge sections that are only a heading into the next one, if that is below it or in the same
    chapter."""
    whole: list[_Section] = []
    start: int | None = None
    for section, following in zip(sections, [*sections[1:], None], strict=True):
        begin = section.start if start is None else start
        title = section.path[-1] if section.path else ""
        body = text[section.start : section.end].strip()
        if following and len(body) <= len(title) and _is_under(following, section):
            start = begin
            continue
        whole.append(replace(section, start=begin))
        start = None
    return whole


def _is_under(following: _Section, section: _Section) -> bool:
    under = following.path[: len(section.path)] == section.path
    return under or following.chapter == section.chapter


def _merge_sections(sections: Sequence[_Section], cutter: _Cutter) -> Iterator[_Section]:
    """Merge neighbouring sections of a chapter while they fit into one passage; the merged section
    has their common heading path."""
    group: _Section | None = None
    for section in sections:
        if group and section.chapter == group.chapter:
            path = _common_prefix(group.path, section.path)
            together = _Section(group.start, section.end, path, group.chapter)
            if cutter.fits(together):
                group = together
                continue
        if group:
            yield group
        group = section
    if group:
        yield group


def _common_prefix(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return tuple(name for name, _ in pairs)


class _Cutter:
    """Cuts one document's text. Caches token counts."""

    def __init__(self, text: _Joined, title: str, rules: PassageRules, count: Count) -> None:
        self._joined = text
        self._text = text.text
        self._title = title
        self._rules = rules
        self._count = count
        self._around = count("")
        self._length = lru_cache(maxsize=50_000)(lambda text: count(text) - self._around)

    def fits(self, section: _Section) -> bool:
        """Whether the whole section fits into one passage."""
        return self._tokens(section.start, section.end) <= self._budget(section.path)

    def cut(self, section: _Section) -> Iterator[tuple[Range, ...]]:
        """The ranges of each passage of the section, in order. Passages are within the budget, have
        no blanks at the ends and contain a letter or digit. One that begins inside a table is
        preceded by the table's header rows; others may repeat the end of the previous one."""
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
                begin = start if before is None else self._overlap_start(before, start, overlap)
                yield ((begin if self._tokens(begin, end) <= budget else start, end),)
            before = start

    def _size(self, section: _Section, budget: int, overlap: int) -> int:
        """Tokens per piece, such that all pieces are about equally long and leave room for what is
        put before them."""
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
        """The header rows to put before a piece; only the last one if there is no room for all;
        None if there is no room for that."""
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
        """Cut the text into pieces of at most ``size`` tokens, without the blanks between them."""
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            separators=_SEPARATORS,
            is_separator_regex=True,
            keep_separator="end",
            strip_whitespace=False,  # keep offsets valid
            chunk_size=size,
            chunk_overlap=0,
            length_function=self._length,
        )
        for piece in splitter.split_text(self._text[start:end]):
            first, last = self._trim(start, start + len(piece))
            start += len(piece)
            if self._tokens(first, last) > size and last - first > 1:
                yield from self._pieces(first, last, max(1, size // 2))
            elif _LETTER.search(self._text, first, last):
                yield first, last

    def _overlap_start(self, before: int, start: int, overlap: int) -> int:
        """Offset at which a piece begins when it repeats the last whole sentences of the previous
        one, but no table rows."""
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

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        piece = self._text[start:end]
        return end - len(piece.lstrip()), start + len(piece.rstrip())


def _clip(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
