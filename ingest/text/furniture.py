"""Find running heads, running feet and page numbers, which are not part of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from ingest.text.alignment import Change

EDGE_LINES = 4
"""Lines at each end of a page that may be furniture."""
NEIGHBOURHOOD = 8
"""A line is running if it stands on three pages within this many (left and right pages alternate,
heads change with chapters)."""

PrintedPage = tuple[int, str, str]
"""Number, label and text of a page."""
Test = Callable[[PrintedPage, str], bool]

_LINE = re.compile(r"[^\n]+")
_NUMBER = re.compile(
    r"[\W_]*(?P<word>(?:pag(?:ina|e)?|pág(?:ina)?|p|seite|s|strana|side|sida|blatt|folio)\b\.?\s*)?"
    r"(?P<number>\d{1,4}|[ivxlc]{1,7})"
    r"(?P<total>\s*(?:/|\||di|de|of|von|sur|su|van|av|z|out of)\s*\d{1,4})?[\W_]*",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def furniture(pages: Sequence[PrintedPage]) -> list[list[Change]]:
    """For each page the removals of its furniture lines, in order."""
    lines = [
        [match.span() for match in _LINE.finditer(text) if not match.group().isspace()]
        for _, _, text in pages
    ]
    running = _running_keys(pages, lines)
    offsets = _number_offsets(pages, lines)

    def is_furniture(page: PrintedPage, line: str) -> bool:
        key = _key(line)
        if key in running:
            return page[0] > 1 or "#" in key  # on the first page it may be the title
        return _is_page_number(page, line, offsets)

    return [
        [
            (start, min(end + 1, len(page[2])), "")
            for start, end in _edge_run(page, spans, is_furniture)
        ]
        for page, spans in zip(pages, lines, strict=True)
    ]


def _edge_run(
    page: PrintedPage, spans: Sequence[tuple[int, int]], is_furniture: Test
) -> list[tuple[int, int]]:
    """The unbroken runs of furniture lines from both ends of the page; empty if no other line would
    be left."""

    def run(indexes: Iterator[int]) -> Iterator[int]:
        for index in indexes:
            start, end = spans[index]
            if not is_furniture(page, page[2][start:end]):
                return
            yield index

    count = len(spans)
    reach = min(EDGE_LINES, count)
    found = {*run(iter(range(reach))), *run(iter(range(count - 1, count - 1 - reach, -1)))}
    return [spans[index] for index in sorted(found)] if len(found) < count else []


def _edges(text: str, spans: Sequence[tuple[int, int]]) -> set[str]:
    edge = spans if len(spans) <= 2 * EDGE_LINES else [*spans[:EDGE_LINES], *spans[-EDGE_LINES:]]
    return {text[start:end] for start, end in edge}


def _running_keys(
    pages: Sequence[PrintedPage], lines: Sequence[Sequence[tuple[int, int]]]
) -> set[str]:
    seen: defaultdict[str, list[int]] = defaultdict(list)
    for (number, _, text), spans in zip(pages, lines, strict=True):
        for key in {_key(line) for line in _edges(text, spans)}:
            if sum(map(str.isalpha, key)) > 1:
                seen[key].append(number)
    return {
        key
        for key, numbers in seen.items()
        if any(
            third - first < NEIGHBOURHOOD
            for first, third in zip(numbers, numbers[2:], strict=False)
        )
    }


def _number_offsets(
    pages: Sequence[PrintedPage], lines: Sequence[Sequence[tuple[int, int]]]
) -> set[int]:
    """Printed page number minus page index, where at least three pages agree."""
    votes: defaultdict[int, int] = defaultdict(int)
    for (number, _, text), spans in zip(pages, lines, strict=True):
        matches = map(_NUMBER.fullmatch, _edges(text, spans))
        for value in {_value(match["number"]) for match in matches if match}:
            votes[value - number] += 1
    return {offset for offset, count in votes.items() if count >= 3}


def _is_page_number(page: PrintedPage, line: str, offsets: set[int]) -> bool:
    match = _NUMBER.fullmatch(line)
    if not match:
        return False
    if match["word"] or match["total"] or match["number"] == page[1]:
        return True
    value = _value(match["number"])
    return value == page[0] or value - page[0] in offsets


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    digits = [_ROMAN[letter] for letter in number.lower()]
    return sum(
        -digit if digit < following else digit
        for digit, following in zip(digits, [*digits[1:], 0], strict=True)
    )


def _key(line: str) -> str:
    return _DIGITS.sub("#", " ".join(line.casefold().split()))
