"""Comma-separated values (RFC 4180) and variants with semicolons, tabs or bars."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from ingest.extract.extracted import Extracted, ExtractRequest
from ingest.extract.shared.about import one_line, title_of_file
from ingest.extract.shared.blocks import cut_sections, join_blocks
from ingest.extract.shared.decode import decode
from ingest.extract.sheets.regions import sheet_blocks
from kb.domain import PageUnit

MEDIA_TYPE = "text/csv"
SEPARATORS = ";,\t|"
SAMPLE_CHARACTERS = 100_000
"""Characters from which separator and quoting are determined."""
SAMPLE_ROWS = 200
"""Rows from which the separator is determined."""
LONGEST_CELL = 1_000_000
"""Characters of a cell."""
RUNAWAY_LINES = 50
"""Line ends in a cell from which it counts as swallowed by a stray quotation mark."""
_DECLARED = re.compile(r"sep=(.)\s*\r?\n", re.IGNORECASE)


def extract_csv(source: ExtractRequest) -> Extracted:
    """Read a table, cut into sections that each begin with its header rows. The title is the file
    name, because the first line has the names of the columns."""
    text = decode(source.path.read_bytes()).lstrip("\ufeff")
    rows = {
        number: {n: cell for n, cell in enumerate(row) if cell.strip()}
        for number, row in enumerate(_rows(text))
    }
    filled = {number: row for number, row in rows.items() if row}
    text, marks, tables = join_blocks(sheet_blocks(filled))
    pages, headings = cut_sections(text, marks, tables)
    source.on_page(len(pages), len(pages))
    name = source.filename
    return Extracted(
        media_type=MEDIA_TYPE,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title_of_file(name) or one_line(name.rpartition(".")[0] or name),
    )


def _rows(text: str) -> Iterator[list[str]]:
    declared = _DECLARED.match(text)
    if declared:
        text = text[declared.end() :]
    separator = declared[1] if declared else _separator(text)
    return _read(text, separator, quoted=not _has_stray_quote(text, separator))


def _read(text: str, separator: str, *, quoted: bool = True) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    spaced = quoted and separator != "\t"
    stream = io.StringIO(text, newline="")
    try:
        yield from csv.reader(
            stream,
            delimiter=separator,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            skipinitialspace=spaced,
        )
    except csv.Error:  # a cell of a million characters: read the rest line by line
        yield from (line.split(separator) for line in stream.read().splitlines())


def _separator(text: str) -> str:
    """The separator that splits most rows into the same number of cells."""

    def agreement(separator: str) -> tuple[float, int]:
        counts = _widths(text, separator)
        width, rows = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(1, 0))
        share = rows / max(1, counts.total())
        return (share if width > 1 else 0.0, width)

    best = max(SEPARATORS, key=agreement)
    return best if agreement(best)[0] else ","


def _widths(text: str, separator: str) -> Counter[int]:
    """Number of sampled rows by their number of cells."""
    sample = text[:SAMPLE_CHARACTERS]
    counts: Counter[int] = Counter()
    for row in _read(sample, separator):
        if any(cell.strip() for cell in row):
            counts[len(row)] += 1
        if counts.total() >= SAMPLE_ROWS:
            break
    return counts


def _has_stray_quote(text: str, separator: str) -> bool:
    return any(cell.count("\n") > RUNAWAY_LINES for row in _read(text, separator) for cell in row)
