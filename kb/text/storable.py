"""Text as every database can store it."""

from __future__ import annotations

import json
import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(0000|d[89a-f])")
"""How JSON writes them, and pairs of surrogates."""


def storable(text: str) -> str:
    """Replace, one for one, characters that UTF-8 or PostgreSQL cannot store."""
    return _UNSTORABLE.sub("\ufffd", text)


def write_json(value: Any) -> str:
    """The value as JSON, with ``storable`` strings: PostgreSQL takes others, but then no query can
    read any field of that column."""
    written = json.dumps(value)
    return json.dumps(_replace(value)) if _ESCAPED.search(written) else written


def _replace(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_replace(name): _replace(one) for name, one in value.items()}
    return [_replace(one) for one in value] if isinstance(value, list | tuple) else value
