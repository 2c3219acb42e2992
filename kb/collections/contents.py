"""The order of a collection: one list of rows, headings of sections and items between them.

An item belongs to the last heading before it, or to none. Every change makes a new list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kb.storage.collections import Collection, CollectionEntry, CollectionSection


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    text: str = ""

    @property
    def key(self) -> str:
        return f"section:{self.id}"


@dataclass(frozen=True)
class Entry:
    id: str
    """Of the item."""
    note: str = ""

    @property
    def key(self) -> str:
        return f"item:{self.id}"


Row = Section | Entry
Rows = tuple[Row, ...]


@dataclass(frozen=True)
class Group:
    """The entries under a heading, or before the first one."""

    section: Section | None
    entries: tuple[Entry, ...]


def rows_of(collection: Collection) -> Rows:
    placed: list[tuple[int, Row]] = [
        *((s.position, Section(s.id, s.title, s.text)) for s in collection.sections),
        *((e.position, Entry(e.item_id, e.note)) for e in collection.entries),
    ]
    return tuple(row for _, row in sorted(placed, key=lambda one: one[0]))


def groups_of(rows: Iterable[Row]) -> list[Group]:
    """The rows by section; the first group, without a heading, is left out when it is empty."""
    groups: list[Group] = [Group(None, ())]
    for row in rows:
        if isinstance(row, Section):
            groups.append(Group(row, ()))
        else:
            groups[-1] = Group(groups[-1].section, (*groups[-1].entries, row))
    return groups if groups[0].entries else groups[1:]


def store(collection: Collection, rows: Rows) -> bool:
    """Write the rows to the tables; whether that changed anything."""
    if rows_of(collection) == rows:
        return False
    sections = {section.id: section for section in collection.sections}
    entries = {entry.item_id: entry for entry in collection.entries}
    kept_sections, kept_entries = [], []
    for position, row in enumerate(rows):
        if isinstance(row, Section):
            section = sections.get(row.id) or CollectionSection(id=row.id)
            section.position, section.title, section.text = position, row.title, row.text
            kept_sections.append(section)
        else:
            entry = entries.get(row.id) or CollectionEntry(item_id=row.id)
            entry.position, entry.note = position, row.note
            kept_entries.append(entry)
    collection.sections, collection.entries = kept_sections, kept_entries
    return True


def moved(rows: Rows, key: str, by: int) -> Rows:
    """An item changes places with the row above (-1) or below (1) it; a section goes with all its
    items past the section above or below. What is first or last stays."""
    at = index_of(rows, key)
    if at is None:
        return rows
    if isinstance(rows[at], Entry):
        to = at + by
        if not 0 <= to < len(rows):
            return rows
        listed = list(rows)
        listed[at], listed[to] = listed[to], listed[at]
        return tuple(listed)
    return _section_moved(rows, key, by)


def _section_moved(rows: Rows, key: str, by: int) -> Rows:
    groups = groups_of(rows)
    at = next(n for n, group in enumerate(groups) if group.section and group.section.key == key)
    to = at + by
    if not 0 <= to < len(groups) or groups[to].section is None:
        return rows
    groups[at], groups[to] = groups[to], groups[at]
    return tuple(row for group in groups for row in _rows_in(group))


def _rows_in(group: Group) -> Rows:
    return ((group.section,) if group.section else ()) + group.entries


def removed(rows: Rows, key: str) -> Rows:
    """Without the row; the items of a section that goes belong to the one before."""
    return tuple(row for row in rows if row.key != key)


def index_of(rows: Rows, key: str) -> int | None:
    return next((n for n, row in enumerate(rows) if row.key == key), None)
