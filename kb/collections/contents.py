"""The contents of a collection as a list of rows: section headings and items.

An item belongs to the last heading before it, or to none. The functions return new lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kb.storage.collections import Collection, CollectionEntry, CollectionSection


@dataclass(frozen=True)
class SectionRow:
    id: str
    title: str
    text: str = ""

    @property
    def key(self) -> str:
        return f"section:{self.id}"


@dataclass(frozen=True)
class EntryRow:
    id: str
    """Id of the item."""
    note: str = ""

    @property
    def key(self) -> str:
        return f"item:{self.id}"


Row = SectionRow | EntryRow
Rows = tuple[Row, ...]


@dataclass(frozen=True)
class SectionGroup:
    """The entries under a heading, or before the first heading."""

    section: SectionRow | None
    entries: tuple[EntryRow, ...]


def list_rows(collection: Collection) -> Rows:
    placed: list[tuple[int, Row]] = [
        *((s.position, SectionRow(s.id, s.title, s.text)) for s in collection.sections),
        *((e.position, EntryRow(e.item_id, e.note)) for e in collection.entries),
    ]
    return tuple(row for _, row in sorted(placed, key=lambda one: one[0]))


def group_rows(rows: Iterable[Row]) -> list[SectionGroup]:
    """The rows grouped by section; the first group, without a heading, is left out if empty."""
    groups: list[SectionGroup] = [SectionGroup(None, ())]
    for row in rows:
        if isinstance(row, SectionRow):
            groups.append(SectionGroup(row, ()))
        else:
            groups[-1] = SectionGroup(groups[-1].section, (*groups[-1].entries, row))
    return groups if groups[0].entries else groups[1:]


def store_rows(collection: Collection, rows: Rows) -> bool:
    """Write the rows to the tables. Returns whether anything changed."""
    if list_rows(collection) == rows:
        return False
    sections = {section.id: section for section in collection.sections}
    entries = {entry.item_id: entry for entry in collection.entries}
    kept_sections, kept_entries = [], []
    for position, row in enumerate(rows):
        if isinstance(row, SectionRow):
            section = sections.get(row.id) or CollectionSection(id=row.id)
            section.position, section.title, section.text = position, row.title, row.text
            kept_sections.append(section)
        else:
            entry = entries.get(row.id) or CollectionEntry(item_id=row.id)
            entry.position, entry.note = position, row.note
            kept_entries.append(entry)
    collection.sections, collection.entries = kept_sections, kept_entries
    return True


def move_row(rows: Rows, key: str, by: int) -> Rows:
    """Move a row up (``by`` -1) or down (1). A section moves with its items past the neighbouring
    section. The first and last row stay."""
    at = find_row(rows, key)
    if at is None:
        return rows
    if isinstance(rows[at], EntryRow):
        to = at + by
        if not 0 <= to < len(rows):
            return rows
        listed = list(rows)
        listed[at], listed[to] = listed[to], listed[at]
        return tuple(listed)
    return _move_section(rows, key, by)


def _move_section(rows: Rows, key: str, by: int) -> Rows:
    groups = group_rows(rows)
    at = next(n for n, group in enumerate(groups) if group.section and group.section.key == key)
    to = at + by
    if not 0 <= to < len(groups) or groups[to].section is None:
        return rows
    groups[at], groups[to] = groups[to], groups[at]
    return tuple(row for group in groups for row in _rows_in(group))


def _rows_in(group: SectionGroup) -> Rows:
    return ((group.section,) if group.section else ()) + group.entries


def add_row(rows: Rows, item_id: str) -> Rows:
    """The rows with an item at the end, in the last section; as they are if they have it."""
    row = EntryRow(item_id)
    return rows if find_row(rows, row.key) is not None else (*rows, row)


def remove_row(rows: Rows, key: str) -> Rows:
    """The rows without one; items of a removed section join the section before."""
    return tuple(row for row in rows if row.key != key)


def find_row(rows: Rows, key: str) -> int | None:
    return next((n for n, row in enumerate(rows) if row.key == key), None)
