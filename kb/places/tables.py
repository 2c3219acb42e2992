"""Read a published table of municipalities and identify its columns by their headers.

Headers vary between years and publishers, so columns are identified by the beginning of their
names. The header row may follow title rows; tables by sex and age contain rows with totals.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.messages import N_, PermanentError
from kb.places.facts import Variable
from kb.text.folding import fold_text

DELIMITERS = (";", ",", "\t", "|")
HEADER_LINES = 15
"""Rows searched for the header."""
CODE = re.compile(
    r"(pro_?com(_t)?|istat|itter107|ref_area"
    r"|cod(ice)?_?(istat|com(une)?)(_(istat|comune|(formato_)?(alfa)?numerico))*)"
)
ONE_SEX = r"(?!.*(maschi|femmin|male|men))"
COLUMNS = {
    Variable.ALTIMETRIC_ZONE: re.compile(r"zona_alt"),
    Variable.COASTAL: re.compile(r"com_lit|comune_litorane|litorane"),
    Variable.DEGURBA: re.compile(r"degurba|grado_(di_)?urbanizzazione"),
    Variable.INNER_AREA: re.compile(r"(\w+_)?(aree?_int|ai_20|ai$|snai)"),
    Variable.AREA: re.compile(r"(sup|area)\w*km"),
    Variable.POPULATION: re.compile(rf"(pop(olazione)?|abitanti|residenti)(_|\d|$){ONE_SEX}"),
}
FIGURES = re.compile(rf"(totale|value|obs_value)$|totale_{ONE_SEX}")
"""Population columns in a table whose title says that it is about population."""
ABOUT_PEOPLE = re.compile(r"popolazione|residenti|(^|_)(sesso|sex\w*|eta\d?|age)($|_)")
SPLIT = re.compile(r"(sesso|sex|eta|age)")
TOTALS = {"totale", "total", "t", "9", "999", "tutte", "tutte_le_eta"}
WHEN = re.compile(r"(anno|time|time_period|year)$")


@dataclass(frozen=True)
class PlacesTable:
    """A table. ``header`` and ``above`` (the rows before it) are folded; ``columns``: column index
    by variable."""

    name: str
    above: str
    header: tuple[str, ...]
    code: int
    columns: dict[Variable, int]
    rows: tuple[tuple[str, ...], ...]

    def cells(self, variable: Variable) -> dict[str, str]:
        """The cell of each municipality by its six-digit code."""
        column = self.columns[variable]
        return {row[self.code].zfill(6): row[column] for row in self._municipalities()}

    def year(self, variable: Variable) -> int | None:
        """Year of a variable: from its column name, the newest row, the title or the file name."""
        newest = str(self._newest_year or "")
        for text in (self.header[self.columns[variable]], newest, self.above, _fold(self.name)):
            if found := re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", text):
                return int(found[0])
        return None

    def _municipalities(self) -> Iterator[tuple[str, ...]]:
        """Rows of single municipalities in the newest year, for both sexes and all ages."""
        splits = [n for n, cell in enumerate(self.header) if SPLIT.match(cell)]
        for row in self.rows:
            is_one = row[self.code].isdigit() and len(row[self.code]) <= 6
            is_total = all(_fold(row[n]) in TOTALS for n in splits)
            is_newest = self._year_column is None or row[self._year_column] == self._newest_year
            if is_one and is_total and is_newest:
                yield row

    @property
    def _year_column(self) -> int | None:
        return next((n for n, cell in enumerate(self.header) if WHEN.match(cell)), None)

    @property
    def _newest_year(self) -> str | None:
        when = self._year_column
        return None if when is None else max((row[when] for row in self.rows), default=None)


def read_table(path: Path) -> PlacesTable:
    """Read the table of a file in UTF-8 or Latin-1 with any common separator.

    Raises:
        PermanentError: the file cannot be read, or has no known column.
    """
    text = _decode_file(path)
    for delimiter in DELIMITERS:
        if table := _table(path.name, text, delimiter):
            return table
    raise PermanentError(
        N_(
            "{name} is none of the tables that are known: expected is a CSV with a column for the "
            "ISTAT code (PRO_COM, Codice comune …) and one for the altimetric zone (ZONA_ALT), "
            "the coast (COM_LIT), DEGURBA, the class of inner area, the area in km² or the "
            "population."
        ),
        name=path.name,
    )


def _table(name: str, text: str, delimiter: str) -> PlacesTable | None:
    """The table below the first row that names a code and a variable, or None."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return None
    for number, line in enumerate(lines[:HEADER_LINES]):
        header = tuple(_fold(cell) for cell in line)
        above = " ".join(_fold(cell) for before in lines[:number] for cell in before)
        code = next((n for n, cell in enumerate(header) if CODE.fullmatch(cell)), None)
        columns = _columns(header, above)
        if code is not None and columns:
            rows = (tuple(map(str.strip, row)) for row in lines[number + 1 :])
            whole = tuple(row for row in rows if len(row) == len(header))
            return PlacesTable(name, above, header, code, columns, whole)
    return None


def _columns(header: Sequence[str], above: str) -> dict[Variable, int]:
    """Column index of each variable; of several columns the last, which is the newest or the
    total."""
    found = {
        variable: number
        for variable, pattern in COLUMNS.items()
        for number, cell in enumerate(header)
        if pattern.match(cell)
    }
    if ABOUT_PEOPLE.search(above) or any(ABOUT_PEOPLE.search(cell) for cell in header):
        figures = [number for number, cell in enumerate(header) if FIGURES.match(cell)]
        if figures:
            found.setdefault(Variable.POPULATION, figures[-1])
    return found


def _decode_file(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PermanentError(
            N_("{name} cannot be read: {reason}."), name=path.name, reason=error.strerror
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _fold(cell: str) -> str:
    """A name for comparison: lower case, without accents, single underscores."""
    return "_".join(fold_text(cell).split())
