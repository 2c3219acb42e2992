"""List numbers and bullets of OpenDocument texts (part 3, 5.3 and 16.30)."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract.opendocument.styles import ListStyle, OdtStyles
from ingest.extract.shared.numbering import Counters, formatted
from ingest.extract.shared.xml_stream import Element, attribute

BULLET = "•"


@dataclass
class _List:
    """An open ``text:list``. ``fresh``: its current item has not shown its label yet."""

    style: str
    counters: Counters
    fresh: bool = False


class Lists:
    """The lists open at a place of the text, and the counters of earlier ones."""

    def __init__(self, styles: OdtStyles) -> None:
        self._styles = styles
        self._open: list[_List] = []
        self._by_id: dict[str, Counters] = {}
        self._by_style: dict[str, Counters] = {}
        self._outline = Counters()

    def start_list(self, element: Element) -> None:
        style = attribute(element, "text:style-name")
        if self._open:
            above = self._open[-1]
            self._open.append(_List(style or above.style, above.counters))
            return
        counters = self._continued_counters(element, style) or Counters()
        if style:
            self._by_style[style] = counters
        for key, value in element.attrib.items():
            if str(key).endswith("}id"):
                self._by_id[value] = counters
        self._open.append(_List(style, counters))

    def _continued_counters(self, element: Element, style: str) -> Counters | None:
        earlier = attribute(element, "text:continue-list")
        if earlier in self._by_id:
            return self._by_id[earlier]
        if attribute(element, "text:continue-numbering") == "true":
            return self._by_style.get(style)
        return None

    def end_list(self) -> None:
        if self._open:
            self._open.pop()

    def start_item(self, element: Element, *, header: bool = False) -> None:
        """Start a list item, or a list header, which has no number."""
        if not self._open:
            return
        self._open[-1].fresh = not header
        start = attribute(element, "text:start-value")
        if start.isdecimal():
            self._open[-1].counters.set(len(self._open) - 1, int(start))

    @property
    def inside(self) -> bool:
        return bool(self._open)

    def label(self, paragraph_list: str | None) -> str | None:
        """The number or bullet of a paragraph; None for one without, such as the second of an item.
        ``paragraph_list``: list style of the paragraph's own style."""
        if not self._open or not self._open[-1].fresh:
            return None
        opened, level = self._open[-1], len(self._open) - 1
        for one in self._open:
            one.fresh = False
        name = opened.style or paragraph_list or ""
        style = self._styles.lists.get(name)
        if style is None:
            return BULLET
        if not opened.style and paragraph_list:
            opened.counters = self._by_style.setdefault(paragraph_list, opened.counters)
        return _count_item(style, level, opened.counters)

    def outline_label(self, level: int, heading: Element) -> str | None:
        """The number of a heading in the document's outline. ``level`` from 0."""
        style = self._styles.outline
        if level not in style or attribute(heading, "text:is-list-header") == "true":
            return None
        start = attribute(heading, "text:start-value")
        if attribute(heading, "text:restart-numbering") == "true" or start:
            self._outline.set(level, int(start) if start.isdecimal() else style[level].start)
        return _count_item(style, level, self._outline) or None


def _count_item(style: ListStyle, level: int, counters: Counters) -> str | None:
    """Count one more item of a level and return its label."""
    starts = {n: one.start for n, one in style.items()}
    counters.advance(level, starts, {})
    own = style.get(level)
    if own is None:
        return None
    if own.bullet:
        return BULLET
    if not own.format:
        return f"{own.prefix}{own.suffix}".strip() or None
    shown = range(max(0, level + 1 - own.shown), level + 1)
    numbers = [
        formatted(counters.number(n, starts), style[n].format)
        for n in shown
        if n in style and style[n].format
    ]
    return f"{own.prefix}{'.'.join(numbers)}{own.suffix}".strip()
