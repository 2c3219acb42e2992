"""Load municipality tables published by ISTAT and the national strategy for inner areas (CSV)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from kb.places.facts import Variable, current_code
from kb.places.tables import PlacesTable, read_table
from kb.storage.places import PlaceFact

SOURCES = {
    Variable.POPULATION: "ISTAT, popolazione residente",
    Variable.INNER_AREA: "Dipartimento per le politiche di coesione, Mappa Aree Interne",
}
TERRITORY = "ISTAT, SITUAS, Caratteristiche del territorio"
ADDED_UP = {Variable.POPULATION, Variable.AREA}
"""Variables that are summed when municipalities merge."""


@dataclass(frozen=True)
class TableLoad:
    """Result of loading a file."""

    name: str
    variables: tuple[Variable, ...]
    facts: int
    places: int
    unknown: tuple[str, ...]
    """Codes of no present or former municipality."""
    unreadable: int
    """Cells without a valid value of their variable."""


def load(session: Session, path: Path) -> TableLoad:
    """Store the facts of a file, replacing earlier facts of the same variables.

    Raises:
        PermanentError: the file cannot be read, or is not a known table.
    """
    table = read_table(path)
    unknown: dict[str, None] = {}
    facts, unreadable = 0, 0
    seen: set[str] = set()
    for variable in table.columns:
        cells = {code: cell for code, cell in table.cells(variable).items() if cell}
        values = {code: READERS[variable](cell) for code, cell in cells.items()}
        unreadable += sum(value is None for value in values.values())
        given = {code: value for code, value in values.items() if value is not None}
        merged = _merge_codes(variable, given, unknown)
        _store(session, variable, merged, table)
        facts += len(merged)
        seen |= merged.keys()
    return TableLoad(path.name, tuple(table.columns), facts, len(seen), tuple(unknown), unreadable)


def _merge_codes(
    variable: Variable, given: Mapping[str, str], unknown: dict[str, None]
) -> dict[str, str]:
    """Values by present code. For merged municipalities, values are summed if the variable allows
    it; else kept only if all agree or the present code has its own row."""
    today: dict[str, dict[str, str]] = {}
    for code, value in given.items():
        if current := current_code(code):
            today.setdefault(current, {})[code] = value
        else:
            unknown[code] = None
    merged = {}
    for code, values in today.items():
        if variable in ADDED_UP:
            merged[code] = f"{sum(map(float, values.values())):.10g}"
        elif code in values:
            merged[code] = values[code]
        elif len(set(values.values())) == 1:
            merged[code] = next(iter(values.values()))
    return merged


def _store(
    session: Session, variable: Variable, values: Mapping[str, str], table: PlacesTable
) -> None:
    """Write the values in bulk: a table has 7,900 rows."""
    if not values:
        return
    replaced = PlaceFact.istat_code.in_(list(values))
    session.execute(delete(PlaceFact).where(PlaceFact.variable == variable, replaced))
    shared = {
        "variable": variable.value,
        "year": table.year(variable),
        "source": f"{SOURCES.get(variable, TERRITORY)} ({table.name})",
    }
    rows = [{"istat_code": code, "value": value, **shared} for code, value in values.items()]
    session.execute(insert(PlaceFact), rows)


def _code_parser(codes: str) -> Callable[[str], str | None]:
    """A parser of a code, alone or followed by its description: ``3 - Zone rurali``."""

    def read(cell: str) -> str | None:
        first = re.match(r"([0-9A-Za-z])(?![0-9A-Za-z])", cell)
        code = first.group(1).upper() if first else ""
        return code if code and code in codes else None

    return read


def _parse_whole(cell: str) -> str | None:
    """Digits, with or without thousands separators."""
    if re.fullmatch(r"\d{1,3}([., ]\d{3})+", cell):
        return re.sub(r"\D", "", cell)
    return cell if cell.isdigit() else None


def _parse_decimal(cell: str) -> str | None:
    """A positive number with decimal comma or point."""
    text = cell.replace(" ", "")
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    return text if re.fullmatch(r"\d+(\.\d+)?", text) and float(text) > 0 else None


READERS: Mapping[Variable, Callable[[str], str | None]] = {
    Variable.POPULATION: _parse_whole,
    Variable.AREA: _parse_decimal,
    Variable.ALTIMETRIC_ZONE: _code_parser("12345"),
    Variable.COASTAL: _code_parser("01"),
    Variable.DEGURBA: _code_parser("123"),
    Variable.INNER_AREA: _code_parser("ABCDEF"),
}
