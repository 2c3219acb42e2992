"""Numbers that a form sends in fields nobody types into."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[0-9]{1,9}")


def number(text: str) -> int | None:
    """The number that the text is, as large as every database holds; None if it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None
