"""Reads and writes the fields of an event in the form of a collection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any
from urllib.parse import urlsplit

from kb.messages import N_, Message
from kb.text.lines import one_line

LONGEST_LINE = 300
"""Characters of a line of people."""


def read_people(text: str) -> list[dict[str, Any]]:
    """``name: part`` on each line; the part may be missing."""
    lines = (one_line(line)[:LONGEST_LINE] for line in text.splitlines())
    parts = (line.partition(":") for line in lines)
    return [{"name": name.strip(), "part": part.strip()} for name, _, part in parts if name.strip()]


def write_people(people: Sequence[dict[str, Any]]) -> str:
    """The text that ``read_people`` reads."""
    lines = (f"{one['name']}: {one['part']}" if one["part"] else one["name"] for one in people)
    return "\n".join(lines)


def read_addresses(text: str, found: dict[str, Message]) -> list[str]:
    """The web addresses, one a line; ``found`` gets an error for a line that is none."""
    lines = [line for line in map(one_line, text.splitlines()) if line]
    for line in lines:
        try:
            parts = urlsplit(line)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_address = False
        if not is_address:
            found["recordings"] = Message(
                N_("“{line}” is not a web address: it begins with https://."), {"line": line[:100]}
            )
    return lines


def read_count(text: str, field: str, found: dict[str, Message]) -> int | None:
    """A whole number; None for an empty field."""
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        found[field] = Message(N_("Write a whole number, for example 30."))
        return None
    return int(plain)


def read_hour(text: str, found: dict[str, Message]) -> time | None:
    """``HH:MM``; None for an empty field."""
    if not text.strip():
        return None
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        found["begins_at"] = Message(N_("Write the hour as hours and minutes, for example 15:30."))
        return None
