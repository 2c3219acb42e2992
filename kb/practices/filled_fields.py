"""Fields of a record that say something: forms leave empty fields out, published cards name all."""

from __future__ import annotations

from typing import Any

EMPTY: tuple[Any, ...] = (None, "", [], {})


def without_empty(value: Any) -> Any:
    """The value without the empty fields of its mappings, at all depths: also without switches that
    are off. Entries of lists stay."""
    if isinstance(value, dict):
        filled = {name: without_empty(one) for name, one in value.items()}
        return {name: one for name, one in filled.items() if one is not False and one not in EMPTY}
    if isinstance(value, list | tuple):
        return [without_empty(one) for one in value]
    return value
