"""Read what the model answered: JSON, alone, in a code block or among other words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kb.messages import N_, TransientError

MOST_READ = 40
"""Statements that are looked at."""
_THOUGHT_BEGINS = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_FENCE = "```"
_NAMES = {
    "text": ("statement", "text"),
    "passage": ("passage", "number", "source"),
    "quotation": ("quotation", "quote"),
}
"""Fields of a statement under the names that models give them; the first is the one asked for."""

_NOT_READ = N_(
    "The language model answered in a form that cannot be read: try again, or tell an administrator"
    " if it happens again."
)


@dataclass(frozen=True)
class WrittenStatement:
    """As the model wrote it. ``passage``: None where it is no number."""

    text: str
    passage: int | None
    quotation: str


def read_statements(content: str) -> list[WrittenStatement]:
    """The statements in the answer.

    Raises:
        TransientError: there is no JSON with statements in it.
    """
    said = _find_json(content)
    if isinstance(said, dict):
        said = said.get("statements")
    if not isinstance(said, list):
        raise TransientError(_NOT_READ)
    return [_read(one if isinstance(one, dict) else {}) for one in said[:MOST_READ]]


def _find_json(content: str) -> Any:
    content = _leave_out_thoughts(content)
    first, last = content.find("{"), content.rfind("}")
    for text in (content, _read_fenced(content), content[first : last + 1]):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    with suppress(ValueError, RecursionError):
        return json.JSONDecoder().raw_decode(content, max(first, 0))[0]
    raise TransientError(_NOT_READ)


def _leave_out_thoughts(content: str) -> str:
    """In linear time, as a pattern for begin and end together is not."""
    kept, at = [], 0
    while (begin := _THOUGHT_BEGINS.search(content, at)) and (
        end := _THOUGHT_ENDS.search(content, begin.end())
    ):
        kept.append(content[at : begin.start()])
        at = end.end()
    return "".join([*kept, content[at:]])


def _read_fenced(content: str) -> str:
    """What is in the first block of code; empty if there is none that ends."""
    inside, end, _ = content.partition(_FENCE)[2].partition(_FENCE)
    if not end:
        return ""
    return inside[4:] if inside[:4].lower() == "json" else inside


def _read(said: Mapping[str, Any]) -> WrittenStatement:
    fields = {
        name: next((said[one] for one in names if one in said), None)
        for name, names in _NAMES.items()
    }
    text, quotation = fields["text"], fields["quotation"]
    return WrittenStatement(
        text if isinstance(text, str) else "",
        _read_number(fields["passage"]),
        quotation if isinstance(quotation, str) else "",
    )


def _read_number(said: Any) -> int | None:
    """3 of 3, 3.0, «3» and «[3]»."""
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    if isinstance(said, bool) or not isinstance(said, int | str):
        return None
    found = re.fullmatch(r"\D{0,12}(\d{1,3})\D{0,3}", str(said))
    return int(found[1]) if found else None
