"""Reads the submitted form of a card into a record; paths are as in ``card_filling``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from starlette.datastructures import FormData

from kb.practices.quotations import free_source_id
from kb.text.slugs import slugify
from web.forms.card_fields import FIELDS, GROUPS
from web.forms.card_parts import FieldGroup, FieldKind, FormField
from web.rendering.i18n import Locale

COUNT = "count"
"""Suffix of the hidden field with a group's number of entries: ``results.count``."""
MOST_ENTRIES = 60
TOO_LARGE = 1e15
"""Numbers from here on (infinity too) stay text, because they cannot be shown digit by digit."""
_WHOLE = re.compile(r"-?\d{1,14}")


def read(sent: FormData, reader: Locale) -> dict[str, Any]:
    """The record of the form; empty fields are left out. The record may be incomplete."""
    record: dict[str, Any] = {"place": {}}
    for path, field in FIELDS.items():
        if (value := _read_field(sent, path, field, reader)) not in ("", []):
            parent, _, name = path.rpartition(".")
            (record[parent] if parent else record)[name] = value
    for name, group in GROUPS.items():
        count = _parse_whole(str(sent.get(f"{name}.{COUNT}", "0")))
        number = min(count, MOST_ENTRIES) if isinstance(count, int) else 0
        entries = [_read_entry(sent, f"{name}.{n}", group, reader) for n in range(number)]
        if entries:
            record[name] = entries
    _add_source_ids(record)
    return record


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
    plain = text.replace(".", "").replace("\u202f", "").replace(" ", "")
    return int(plain) if _WHOLE.fullmatch(plain) else text


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
