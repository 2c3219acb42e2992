"""Split the cells of a sheet into titles, notes and tables, which may be below or beside each
other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ingest.extract.shared.blocks import Block
from ingest.extract.shared.headers import count_headers, is_number
from ingest.extract.shared.tables import text_rows

LONG_NOTE = 40
"""Characters from which a single cell below a table is a note, not a value."""

Line = dict[int, str]
"""The cells of a row by column."""


def sheet_blocks(
    rows: Mapping[int, Line],
    hidden: Collection[int] = (),
    header_rows: Collection[int] = (),
) -> Iterator[Block]:
    """The blocks of a sheet. ``header_rows``: rows marked as header rows by the file."""
    table: list[Line] = []
    header = False
    for run in _group_rows(rows, hidden, header_rows):
        starts = run[0] in header_rows
        lines = [rows[number] for number in run]
        if table and not starts and _continues(table, lines):
            table += lines
            continue
        yield from _blocks(table, known_header=header)
        table, header = lines, starts
    yield from _blocks(table, known_header=header)


def _group_rows(
    rows: Mapping[int, Line], hidden: Collection[int], header_rows: Collection[int]
) -> Iterator[list[int]]:
    """Groups of consecutive non-empty rows, split before header rows."""
    run: list[int] = []
    for number in sorted(rows):
        if run:
            between = range(run[-1] + 1, number)
            empty = len(between) - sum(one in hidden for one in between) if hidden else len(between)
            if empty > 0 or number in header_rows:
                yield run
                run = []
        run.append(number)
    if run:
        yield run


def _continues(table: Sequence[Line], lines: Sequence[Line]) -> bool:
    """Whether rows after an empty row continue the table above: they have values in its columns and
    no column names of their own."""
    columns = {column for line in table for column in line}
    if len(columns) < 2 or any(len(line) < 2 for line in lines[:1]):
        return False
    if not {column for line in lines for column in line} <= columns:
        return False
    numbers = any(is_number(cell) for cell in list(lines[0].values())[1:])
    return numbers and not count_headers(_fill_rows(lines, sorted(columns)))


def _blocks(lines: Sequence[Line], *, known_header: bool) -> Iterator[Block]:
    """Titles above, tables side by side, notes below."""
    first, last = 0, len(lines)
    if not known_header:
        while first < last and len(lines[first]) == 1 and len(lines) > 1:
            first += 1
    if first == last:
        first = 0  # a list in one column
    while last - 1 > first and len(lines[last - 1]) == 1 and _is_note(lines[last - 1]):
        last -= 1
    yield from (Block(cell) for line in lines[:first] for cell in line.values())
    body = lines[first:last]
    for columns in _side_by_side(body):
        headers = 1 if known_header else None
        yield from text_rows(_fill_rows(body, columns), headers)
    yield from (Block(cell) for line in lines[last:] for cell in line.values())


def _is_note(line: Line) -> bool:
    return all(len(cell) > LONG_NOTE for cell in line.values())


def _side_by_side(lines: Sequence[Line]) -> list[list[int]]:
    """The columns of each table among rows. An empty column separates two tables if both have at
    least two columns and the right one begins with row names."""
    used = sorted({column for line in lines for column in line})
    groups: list[list[int]] = []
    for column in used:
        apart = bool(groups) and column > groups[-1][-1] + 1
        if groups and not (apart and len(groups[-1]) > 1 and _names_rows(lines, column, used)):
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _names_rows(lines: Sequence[Line], column: int, used: Sequence[int]) -> bool:
    values = [line[column] for line in lines[1:] if column in line]
    texts = sum(not is_number(value) for value in values)
    return column + 1 in used and texts > len(values) / 2


def _fill_rows(lines: Sequence[Line], columns: Sequence[int]) -> list[list[str]]:
    return [[line.get(column, "") for column in columns] for line in lines]
