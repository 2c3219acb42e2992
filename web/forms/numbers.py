"""Parsing of numbers in hidden fields."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[0-9]{1,9}")


def number(text: str) -> int | None:
    """The number of the text, digits only and at most nine of them; otherwise None."""
    return int(text) if _NUMBER.fullmatch(text) else None
