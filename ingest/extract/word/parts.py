"""Further parts of a Word file: relationships, charts, diagrams, settings."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass

from ingest.extract.ooxml.package import Relation, relations
from ingest.extract.shared.about import one_line
from ingest.extract.shared.blocks import Block, BlockKind
from ingest.extract.shared.xml_stream import (
    Element,
    attribute,
    child,
    events,
    is_on,
    short,
    value_of,
)
from ingest.extract.word.styles import number

_NO_TEXT_POINTS = frozenset({"pres", "parTrans", "sibTrans"})


@dataclass(frozen=True)
class DocumentSettings:
    """Document settings. ``even_headers``: even pages have their own headers and footers. Number
    formats of notes."""

    even_headers: bool = False
    footnotes: str = "decimal"
    endnotes: str = "lowerRoman"


def related_by_id(archive: zipfile.ZipFile, part: str) -> dict[str, Relation]:
    """Relationships of ``part`` by id."""
    return {one.id: one for one in relations(archive, part)}


def read_settings(archive: zipfile.ZipFile, part: str) -> DocumentSettings:
    root = _read_root(archive, part)
    if root is None:
        return DocumentSettings()
    even = child(root, "w:evenAndOddHeaders")
    return DocumentSettings(
        even_headers=even is not None and is_on(even),
        footnotes=value_of(root, "w:footnotePr", "w:numFmt") or "decimal",
        endnotes=value_of(root, "w:endnotePr", "w:numFmt") or "lowerRoman",
    )


def diagram_part(archive: zipfile.ZipFile, part: str) -> list[Block]:
    """The texts of a SmartArt diagram, one item per shape (21.4.3)."""
    root = _read_root(archive, part)
    items: list[Block] = []
    for point in () if root is None else root.iter("{*}pt"):
        body = child(point, "dgm:t")
        if body is None or attribute(point, "type") in _NO_TEXT_POINTS:
            continue
        lines = ("".join(t.text or "" for t in p.iter("{*}t")) for p in body if _is_p(p))
        if text := one_line(" ".join(lines)):
            items.append(Block(f"• {text}", BlockKind.ITEM))
    return items


def _is_p(element: Element) -> bool:
    return short(element.tag) == "a:p"


def _read_root(archive: zipfile.ZipFile, part: str) -> Element | None:
    """The parsed tree of a small part; None if it is missing or damaged."""
    root = None
    for event, _, element in events(archive, part):
        root = element if event == "end" else root
    return root


def legacy_field(data: Element) -> str:
    """Displayed value of a legacy form field that has no run of text: a check box or choice
    (``w:ffData``, 17.16.17)."""
    box, choice = child(data, "w:checkBox"), child(data, "w:ddList")
    if box is not None:
        state = child(box, "w:checked")
        state = child(box, "w:default") if state is None else state
        return "☒" if state is not None and is_on(state) else "☐"
    if choice is not None:
        entries = [attribute(one, "w:val") for one in choice if short(one.tag) == "w:listEntry"]
        chosen = number(value_of(choice, "w:result") or value_of(choice, "w:default")) or 0
        return entries[chosen] if chosen < len(entries) else ""
    return ""
