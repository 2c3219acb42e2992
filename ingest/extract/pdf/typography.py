"""Headings and title of a PDF without an outline, by the size and weight of its lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.extract.extracted import RawHeading
from ingest.extract.shared.about import one_line, sensible_title

LARGER = 1.15
"""How much larger than the body a line must be to be a heading."""
HEAVIER = 100
"""How much heavier than the body a numbered line of its size must be (weights go to 900)."""
LONGEST = 150
MOST = 0.2
"""Share of all lines that may be headings: posters and slides have no body to stand out from."""
SAME_SIZE = 0.04
RUNNING = 3
"""A line on so many pages is a running head."""
MAX_LEVEL = 4
TITLE = 200

_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2})*)(?:\s*[.):–-])?\s+[^\W\d_]")
_IN_CONTENTS = re.compile(r"(?:\d.*\s|.*\.{3,}\s*|.*\sp\. ?)\d{1,3}$")


@dataclass(frozen=True)
class TypeLine:
    """``offset`` in the raw text of ``page``; ``size`` is the height of its first letter's font."""

    page: int
    offset: int
    text: str
    size: float
    weight: int


def find_headings(lines: Sequence[TypeLine]) -> list[RawHeading]:
    """Lines that stand out, neighbours of one size taken as one heading, in reading order."""
    if not lines:
        return []
    body = _find_body(lines)
    running, covers = _find_running_heads(lines), _find_covers(lines, body)
    found: list[int] = []
    for number, line in enumerate(lines):
        before = lines[number - 1] if found and found[-1] == number - 1 else None
        if (
            line.page not in covers
            and _folded_text(line) not in running
            and _stands_out(line, body, before)
        ):
            found.append(number)
    found = _keep_most_prominent(found, lines)
    runs = _group_neighbours(found, lines)
    levels = _assign_levels([run[0] for run in runs])
    return [_make_heading(run, levels) for run in runs]


def find_title(lines: Sequence[TypeLine]) -> str:
    """The largest lines of the first page, where they are larger than the body."""
    lettered = [
        line for line in lines if line.page == lines[0].page and _count_letters(line.text) > 2
    ]
    if not lettered:
        return ""
    largest = max(line.size for line in lettered)
    if largest < LARGER * _find_body(lines).size:
        return ""
    words = [line.text for line in lettered if line.size >= (1 - SAME_SIZE) * largest]
    title = one_line(" ".join(words))
    return sensible_title(title) if len(title) <= TITLE and " " in title else ""


def _find_body(lines: Sequence[TypeLine]) -> TypeLine:
    """A line like most of the text."""
    letters: Counter[tuple[float, int]] = Counter()
    for line in lines:
        letters[round(2 * line.size) / 2, line.weight] += len(line.text)
    size, weight = letters.most_common(1)[0][0]
    return TypeLine(0, 0, "", size, weight)


def _find_running_heads(lines: Sequence[TypeLine]) -> set[str]:
    pages: defaultdict[str, set[int]] = defaultdict(set)
    for line in lines:
        pages[_folded_text(line)].add(line.page)
    return {key for key, numbers in pages.items() if len(numbers) >= RUNNING}


def _find_covers(lines: Sequence[TypeLine], body: TypeLine) -> set[int]:
    """The first page, where most of it is in large type: that is the title."""
    first = [line for line in lines if line.page == lines[0].page]
    large = sum(1 for line in first if line.size >= LARGER * body.size)
    return {lines[0].page} if 2 * large > len(first) and len(first) < len(lines) else set()


def _stands_out(line: TypeLine, body: TypeLine, before: TypeLine | None) -> bool:
    """``before``: the heading line that this one may go on from."""
    text = line.text.strip()
    if len(text) > LONGEST or _count_letters(text) < max(3, len(text) // 2):
        return False
    if _IN_CONTENTS.match(text):
        return False
    if line.size >= LARGER * body.size:
        return True
    heavy = line.weight >= body.weight + HEAVIER and line.size >= (1 - SAME_SIZE) * body.size
    begins = _NUMBERED.match(text) or (before and before.weight == line.weight)
    return heavy and bool(begins) and not text.endswith((".", ";", ":", ","))


def _keep_most_prominent(found: Sequence[int], lines: Sequence[TypeLine]) -> list[int]:
    """As many as a document has headings: where too many lines stand out, the largest."""
    most = int(MOST * len(lines)) + 1
    if len(found) <= most:
        return list(found)
    least = sorted((lines[number].size for number in found), reverse=True)[most]
    return [number for number in found if lines[number].size > least * (1 + SAME_SIZE)]


def _group_neighbours(found: Sequence[int], lines: Sequence[TypeLine]) -> list[list[TypeLine]]:
    """Neighbouring lines of one size belong together, until a number starts anew. What runs on
    for too long is a paragraph in large type."""
    runs: list[list[TypeLine]] = []
    last = -1
    for number in found:
        line, before = lines[number], lines[number - 1]
        goes_on = number == last + 1 and runs and before.page == line.page
        if (
            goes_on
            and _are_alike(before.size, line.size)
            and not _NUMBERED.match(line.text.strip())
        ):
            runs[-1].append(line)
        else:
            runs.append([line])
        last = number
    return [run for run in runs if sum(len(line.text) for line in run) <= LONGEST]


def _make_heading(run: Sequence[TypeLine], levels: Sequence[tuple[float, int]]) -> RawHeading:
    first = run[0]
    level = _depth(first) or next(level for size, level in levels if _are_alike(size, first.size))
    title = one_line(" ".join(line.text for line in run).replace("\ufffe", ""))
    return RawHeading(min(level, MAX_LEVEL), title, first.page, first.offset)


def _assign_levels(firsts: Sequence[TypeLine]) -> list[tuple[float, int]]:
    """For each size, from the largest, its level: that of the numbered headings of this size, or
    else its rank."""
    levels: list[tuple[float, int]] = []
    for size in _merge_alike([line.size for line in firsts]):
        depths = [
            depth for line in firsts if _are_alike(size, line.size) and (depth := _depth(line))
        ]
        levels.append((size, min(depths, default=len(levels) + 1)))
    return levels


def _depth(line: TypeLine) -> int:
    """2 for "3.1 Measures"; 0 without a number."""
    numbered = _NUMBERED.match(line.text.strip())
    return numbered["number"].count(".") + 1 if numbered else 0


def _merge_alike(sizes: Sequence[float]) -> list[float]:
    """From the largest, without those that are nearly the same."""
    distinct: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not distinct or not _are_alike(distinct[-1], size):
            distinct.append(size)
    return distinct


def _are_alike(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_SIZE * max(one, other)


def _count_letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _folded_text(line: TypeLine) -> str:
    return " ".join(line.text.casefold().split())
