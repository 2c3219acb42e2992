"""Find the header rows of a table whose format does not mark them."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_HEADERS = 4
"""Header rows of a table."""
LONGEST_NAME = 100
"""Characters of a column name."""
LONGEST_NUMBER = 60
"""Characters of a number with its unit."""
MOSTLY_NUMBERS = 0.6
"""Share of numbers among a column's values from which it counts as numeric."""
_YEARS = re.compile(r"\D{0,12}(?:19|20)\d\d(?:\s?[-/–]\s?(?:(?:19|20)?\d\d))?\D{0,12}")
_NUMBER = re.compile(
    r"[<>≤≥~≈±+−–-]?\s*(?:[€$£]|EUR|CHF|USD)?\s*[+−–-]?\d[\d.,'’\u00a0\u202f \s:/-]*"
    r"\s*(?:(?:%|‰|°C?|€|\$|£|[^\W\d_]{1,6}[²³]?)(?:/[^\W\d_]{1,6}[²³]?)?)?",
)


def count_headers(rows: Sequence[Sequence[str]]) -> int:
    """Number of rows at the top that name the columns: titles over the whole table, then one row of
    names, or several if columns are grouped under common names."""
    title = 0
    while title < min(len(rows) - 2, MOST_HEADERS - 1) and _is_title(rows[title]):
        title += 1
    names = title
    while names < min(len(rows) - 1, MOST_HEADERS) and _names_columns(rows[names]):
        names += 1
        if all(cell.strip() for cell in rows[names - 1][1:]):
            break  # every column has a name
    if names == title or not _has_values(rows[names:], rows[names - 1]):
        return 0
    return names


def is_number(cell: str) -> bool:
    """Whether a cell is a quantity or a date. Years are not counted, because they are often column
    names."""
    text = cell.strip()
    return (
        len(text) <= LONGEST_NUMBER and bool(_NUMBER.fullmatch(text)) and not _YEARS.fullmatch(text)
    )


def _is_title(row: Sequence[str]) -> bool:
    return bool(row[0].strip()) and not any(cell.strip() for cell in row[1:])


def _names_columns(row: Sequence[str]) -> bool:
    names = [cell.strip() for cell in row if cell.strip()]
    return (
        len(names) >= 2
        and not any(is_number(name) or len(name) > LONGEST_NAME for name in names)
        and (len(names) >= len(row) - 1 or not row[0].strip() or len(names) > len(row) / 3)
    )


def _has_values(body: Sequence[Sequence[str]], names: Sequence[str]) -> bool:
    """Whether the rows below the names look like values. Not so in a list of pairs ("Comune |
    Montalto", "Abitanti | 4.000"), whose first row is a pair as well."""
    values = [cell for row in body for cell in row[1:] if cell.strip()]
    numbers = sum(map(is_number, values))
    if len(names) > 2 or not numbers:
        return len({name.strip() for name in names if name.strip()}) > 1
    return numbers >= MOSTLY_NUMBERS * len(values)
