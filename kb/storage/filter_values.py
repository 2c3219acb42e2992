"""Read and write items' filter values in SQL, by the names of ``kb.filters``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from kb.storage.tables import Item, ItemValue

Values = Mapping[str, tuple[str, ...]]

OF_COLUMNS: Mapping[str, Callable[[Item], Iterable[str]]] = {
    "kind": lambda item: (item.kind,),
    "theme": lambda item: item.themes,
    "country": lambda item: (item.country,),
    "language": lambda item: (item.language,),
    "year": lambda item: () if item.year is None else (str(item.year),),
}
"""Filters with a column or table of their own; the others are in ``item_values``."""


def read_filter_values(item: Item) -> dict[str, tuple[str, ...]]:
    """All values of an item by name of the filter; filters without a value are left out."""
    values: dict[str, list[str]] = defaultdict(list)
    for row in item.value_rows:
        values[row.name].append(row.value)
    for name, read in OF_COLUMNS.items():
        values[name] = [str(value) for value in read(item) if value]
    return {name: tuple(own) for name, own in values.items() if own}


def write_filter_values(item: Item, values: Values) -> None:
    """Replace the values of the filters that have no column."""
    wanted = {(name, value) for name, own in values.items() for value in own}
    kept = [row for row in item.value_rows if (row.name, row.value) in wanted]
    known = {(row.name, row.value) for row in kept}
    item.value_rows = [
        *kept,
        *(ItemValue(name=name, value=value) for name, value in sorted(wanted - known)),
    ]
