"""Reads the submitted form of a step into a card's record; paths are as in ``card_filling``."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from starlette.datastructures import FormData

from kb.practices.quotations import free_source_id
from kb.text.slugs import slugify
from web.forms.card_parts import FieldGroup, FieldKind, FormField
from web.forms.card_steps import CardStep, fields_of
from web.rendering.i18n import Locale

COUNT = "count"
"""Suffix of the hidden field with a group's number of entries: ``results.count``."""
MOST_ENTRIES = 60
TOO_LARGE = 1e15
"""Numbers from here on (infinity too) stay text, because they cannot be shown digit by digit."""
_GROUPING = ".,' \u202f\u00a0\u2019"
_WHOLE = re.compile(
    rf"-?(?:[0-9]{{1,14}}|[0-9]{{1,3}}([{_GROUPING}])[0-9]{{3}}(?:\1[0-9]{{3}}){{0,3}})"
)
"""Digits, alone or in groups of three with the same mark between them."""


def read(sent: FormData, reader: Locale, step: CardStep) -> dict[str, Any]:
    """What the form of a step says: its fields of the record, the empty ones left out."""
    record: dict[str, Any] = {}
    for path, field in step.fields.items():
        if (value := _read_field(sent, path, field, reader)) not in ("", []):
            parent, _, name = path.rpartition(".")
            (record.setdefault(parent, {}) if parent else record)[name] = value
    for name, group in step.groups.items():
        count = _parse_whole(str(sent.get(f"{name}.{COUNT}", "0")))
        number = min(count, MOST_ENTRIES) if isinstance(count, int) else 0
        entries = [_read_entry(sent, f"{name}.{n}", group, reader) for n in range(number)]
        if entries:
            record[name] = entries
    _add_source_ids(record)
    return record


def merge(record: Mapping[str, Any], step: CardStep, part: Mapping[str, Any]) -> dict[str, Any]:
    """The record with what the form of a step says in place of the step's fields. Choices that are
    the same in another order stay as they are."""
    written = {name for name in fields_of(step) if not _is_fixed(step, name)}
    kept = {name: value for name, value in record.items() if name not in written}
    merged = {"place": {}, **kept, **{name: part[name] for name in written if name in part}}
    for name, field in step.fields.items():
        is_choice = field.kind is FieldKind.CHOICES and name in merged
        if is_choice and sorted(merged[name]) == sorted(record.get(name) or ()):
            merged[name] = record[name]
    for name, group in step.groups.items():
        if group.fixed and name in record:
            merged[name] = _merge_entries(record[name], group, part.get(name, ()))
    return merged


def fingerprint(record: Mapping[str, Any], step: CardStep) -> str:
    """Changes with every field that the step shows or writes, and with no other."""
    shown: dict[str, Any] = {}
    for name in fields_of(step):
        group = step.groups.get(name)
        value = record.get(name)
        if group is not None and group.fixed:
            names = [field.name for field in group.fields]
            value = [[one.get(field) for field in names] for one in value or ()]
        shown[name] = value or None
    written = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def _is_fixed(step: CardStep, name: str) -> bool:
    group = step.groups.get(name)
    return group is not None and group.fixed


def _merge_entries(
    entries: Sequence[Mapping[str, Any]], group: FieldGroup, parts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The entries, each with the fields of the part that has its position and key, or its key."""
    shown = {field.name for field in group.fields} - {group.key}
    merged = []
    for n, entry in enumerate(entries):
        named = [part for part in parts if _key(part, group) == _key(entry, group)]
        own = parts[n] if n < len(parts) and parts[n] in named else next(iter(named), None)
        if own is None:
            merged.append(dict(entry))
            continue
        kept = {name: value for name, value in entry.items() if name not in shown}
        merged.append({**kept, **own})
    return merged


def _key(entry: Mapping[str, Any], group: FieldGroup) -> str:
    return " ".join(str(entry.get(group.key) or "").split())


def _read_entry(sent: FormData, path: str, group: FieldGroup, reader: Locale) -> dict[str, Any]:
    values = {
        field.name: _read_field(sent, f"{path}.{field.name}", field, reader)
        for field in group.fields
    }
    return {name: value for name, value in values.items() if value not in ("", [])}


def _read_field(sent: FormData, path: str, field: FormField, reader: Locale) -> Any:
    """The value of a field; a number that cannot be parsed stays text, for validation to report."""
    if field.kind is FieldKind.CHOICES:
        return [str(value) for value in sent.getlist(path)]
    text = str(sent.get(path, "")).replace("\r\n", "\n").strip()
    match field.kind:
        case FieldKind.LIST:
            return [part.strip() for part in text.split(";") if part.strip()]
        case FieldKind.SWITCH:
            return True if text == "true" else ""
        case FieldKind.WHOLE | FieldKind.SETTLEMENT:
            return _parse_whole(text)
        case FieldKind.NUMBER:
            return _parse_number(text, reader)
    return slugify(text) if field.name == "disagreement" else text


def _parse_whole(text: str) -> int | str:
    if not _WHOLE.fullmatch(text):
        return text
    return int("".join(one for one in text if one not in _GROUPING))


def _parse_number(text: str, reader: Locale) -> float | str:
    """Parse with the decimal mark of the reader's language, or else with a point."""
    if not text:
        return ""
    for parse in (_by_locale(reader), float):
        try:
            value = float(parse(text.replace("−", "-")))
        except (ValueError, NumberFormatError):
            continue
        return value if abs(value) < TOO_LARGE else text
    return text


def _by_locale(reader: Locale) -> Callable[[str], Any]:
    return lambda text: parse_decimal(text, locale=reader.locale, strict=True)


def _add_source_ids(record: dict[str, Any]) -> None:
    """Give every filled source an id, by which other fields refer to it."""
    sources: list[dict[str, Any]] = record.get("sources", [])
    for source in sources:
        if source and "id" not in source:
            name = str(source.get("publisher") or source.get("title", ""))
            source["id"] = free_source_id(sources, name, source.get("year"))
