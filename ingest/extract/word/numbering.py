"""List numbers and bullets of Word documents (ECMA-376, 17.9)."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field

from ingest.extract.shared.numbering import MAX_LEVELS, Counters, formatted
from ingest.extract.shared.xml_stream import (
    Element,
    attribute,
    child,
    events,
    is_on,
    short,
    value_of,
)
from ingest.extract.word.styles import Styles, number

BULLET = "•"
_PLACE = re.compile(r"%([1-9])")
_PADDED = re.compile(r"(0*)1,\s")


@dataclass(frozen=True)
class Level:
    """A list level. ``text``: label pattern, with %1 to %9 for the numbers of the levels."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False
    style: str = ""


@dataclass
class _Abstract:
    levels: dict[int, Level] = field(default_factory=dict)
    style_link: str = ""
    counters: Counters = field(default_factory=Counters)


@dataclass
class _List:
    """A ``w:num``. ``starts``: start values that override the definition when it is first used."""

    abstract: str = ""
    levels: dict[int, Level] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document. Call ``label`` for each item in document order."""

    def __init__(self, archive: zipfile.ZipFile, part: str, styles: Styles) -> None:
        self._styles = styles
        self._abstracts: dict[str, _Abstract] = {}
        self._lists: dict[str, _List] = {}
        self._begun: set[tuple[str, int]] = set()
        for event, name, element in events(archive, part, forget=("w:abstractNum", "w:num")):
            if event == "end" and name == "w:abstractNum":
                self._abstracts[attribute(element, "w:abstractNumId")] = _abstract(element)
            elif event == "end" and name == "w:num":
                self._lists[attribute(element, "w:numId")] = _list(element)

    def label(self, num_id: str, level: int | None, style: str = "") -> str | None:
        """The number or bullet of the next item of a list; None if the list has none.

        ``level``: None if only the item's style defines it.
        """
        found = self._lists.get(num_id)
        if found is None:
            return None
        abstract = self._abstract_of(found)
        levels = {**abstract.levels, **found.levels}
        at = _level_of(levels, level, style)
        if at not in levels:
            return None
        restarts = {n: one.restart for n, one in levels.items() if one.restart is not None}
        starts = {n: one.start for n, one in levels.items()} | found.starts
        if at in found.starts and (num_id, at) not in self._begun:
            abstract.counters.set(at, found.starts[at])
        self._begun.add((num_id, at))
        abstract.counters.advance(at, starts, restarts)
        return _format_label(levels, at, abstract.counters, starts)

    def _abstract_of(self, found: _List) -> _Abstract:
        """The definition of a list, followed through a list style (17.9.21)."""
        abstract = self._abstracts.setdefault(found.abstract, _Abstract())
        if abstract.style_link and not abstract.levels:
            linked = self._lists.get(self._styles.get(abstract.style_link).num_id)
            if linked is not None and linked is not found:
                return self._abstracts.setdefault(linked.abstract, _Abstract())
        return abstract


def _level_of(levels: dict[int, Level], level: int | None, style: str) -> int:
    if level is not None:
        return level
    return next((n for n, one in levels.items() if style and one.style == style), 0)


def _format_label(
    levels: dict[int, Level], at: int, counters: Counters, starts: dict[int, int]
) -> str:
    level = levels[at]
    if level.format == "bullet":
        return BULLET

    def number_of(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        kind = levels.get(place, Level()).format
        legal = level.legal and kind not in ("none", "bullet")
        return formatted(counters.number(place, starts), "decimal" if legal else kind)

    return " ".join(_PLACE.sub(number_of, level.text).split())


def _abstract(element: Element) -> _Abstract:
    return _Abstract(_levels(element), value_of(element, "w:numStyleLink"))


def _list(element: Element) -> _List:
    found = _List(value_of(element, "w:abstractNumId"))
    for one in element:
        if short(one.tag) != "w:lvlOverride":
            continue
        at = number(attribute(one, "w:ilvl")) or 0
        found.levels |= _levels(one)
        if (start := number(value_of(one, "w:startOverride"))) is not None:
            found.starts[at] = start
    return found


def _levels(element: Element) -> dict[int, Level]:
    levels = (one for one in element if short(one.tag) == "w:lvl")
    read = {number(attribute(one, "w:ilvl")) or 0: _level(one) for one in levels}
    return {at: level for at, level in read.items() if at < MAX_LEVELS}


def _level(element: Element) -> Level:
    legal = child(element, "w:isLgl")
    start = number(value_of(element, "w:start"))
    return Level(
        start=1 if start is None else start,
        format=_format(element),
        text=value_of(element, "w:lvlText"),
        restart=number(value_of(element, "w:lvlRestart")),
        legal=legal is not None and is_on(legal),
        style=value_of(element, "w:pStyle"),
    )


def _format(element: Element) -> str:
    """The number format of a level, from the first choice where Word writes an older format as a
    fallback (Part 3, 9.3)."""
    chosen = child(element, "mc:AlternateContent", "mc:Choice", "w:numFmt")
    found = chosen if chosen is not None else child(element, "w:numFmt")
    if found is None:
        return "decimal"
    padded = _PADDED.match(attribute(found, "w:format"))
    if attribute(found, "w:val") == "custom" and padded:
        return "decimalZero" if padded[1] else "decimal"
    return attribute(found, "w:val")
