"""Tables in the text of a page, with their header rows."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.extract.shared.headers import count_headers
from ingest.extract.shared.layout import CELL_BORDER, Line, line_text
from kb.domain import Table


def table_at(text: str, start: int, end: int) -> Table:
    """The table whose rows are the lines between two offsets of the text."""
    rows = text[start:end].split("\n")
    headers = count_headers([row.split(CELL_BORDER) for row in rows])
    header_end = start + len("\n".join(rows[:headers]))
    return Table(start, end, header_end)


def write_table_text(lines: Sequence[Line]) -> tuple[str, tuple[Table, ...]]:
    """Write the lines as text; the text and its tables."""
    spans: list[tuple[int, int]] = []
    offset = number = 0
    texts = [line_text(line) for line in lines]
    for line, text in zip(lines, texts, strict=True):
        end = offset + len(text)
        if line.table:
            start = spans.pop()[0] if line.table == number else offset
            spans.append((start, end))
        number = line.table
        offset = end + 1
    whole = "\n".join(texts)
    return whole, tuple(table_at(whole, start, end) for start, end in spans)
