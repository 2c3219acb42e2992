"""Differences between two revisions of a card, field by field, for display."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.forms.card_fields import FIELDS, GROUPS
from web.forms.card_filling import translate_finding
from web.forms.card_parts import FieldGroup, FormField
from web.rendering.i18n import Locale

NAMED_BY = {
    "results": "indicator", "costs": "text", "sources": "id", "quotations": "quote",
    "contact": "office", "reuse": "title",
}  # fmt: skip
"""The field that identifies an entry of a group; other groups use ``name``."""


@dataclass(frozen=True)
class Change:
    """A changed field. ``entry`` identifies the entry of a group; ``language`` is that of the
    values."""

    label: str
    entry: str
    before: str
    after: str
    language: str


def compare_revisions(
    before: Mapping[str, Any], after: Mapping[str, Any], reader: Locale
) -> tuple[Change, ...]:
    return tuple(_changes(before, after, reader))


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], reader: Locale
) -> Iterator[Change]:
    yield from _of_fields(_flat(before), _flat(after), FIELDS, "", reader)
    for name, group in GROUPS.items():
        yield from _of_group(group, before.get(name, ()), after.get(name, ()), reader)


def _of_fields(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    fields: Mapping[str, FormField],
    entry: str,
    reader: Locale,
) -> Iterator[Change]:
    for name, field in fields.items():
        old, new = (
            translate_finding(values.get(name), field, reader) for values in (before, after)
        )
        if old != new and name not in ("id", "document"):
            yield Change(reader.gettext(field.label), entry, old, new, field.language)


def _of_group(
    group: FieldGroup,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    reader: Locale,
) -> Iterator[Change]:
    fields = {field.name: field for field in group.fields}
    key = NAMED_BY.get(group.name, "name")
    left = [one for one in before if one not in after]
    for entry in after:
        if entry in before:
            continue
        old = next((one for one in left if one.get(key) == entry.get(key)), None)
        if old is not None:
            left.remove(old)
        title = f"{reader.gettext(group.entry)}: {entry.get(key, '')}"
        yield from _of_fields(old or {}, entry, fields, title, reader)
    for entry in left:
        gone = " · ".join(
            translate_finding(entry.get(name), fields[name], reader) for name in group.titles
        )
        yield Change(reader.gettext(group.entry), "", gone.strip(" ·"), "", "")


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    place = record.get("place") or {}
    return {**record, **{f"place.{name}": value for name, value in place.items()}}
