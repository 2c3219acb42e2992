"""Charts of Office files as a title and a table (ECMA-376, part 1, 21.2).

A chart part stores the values last drawn. Where it has none, ``look_up`` reads the cells that it
refers to.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.extract.shared.blocks import Block
from ingest.extract.shared.tables import text_rows
from ingest.extract.shared.xml_stream import Element, attribute, events, short
from ingest.extract.sheets.number_format import GENERAL, shown

MAX_POINTS = 5000
"""Points of a series that are read."""
LookUp = Callable[[str], list[str]]
"""Returns the displayed cells of a reference like ``'Dati'!$B$2:$B$9``."""


@dataclass
class _Series:
    name: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def no_cells(_: str) -> list[str]:
    """A ``LookUp`` for files whose charts refer to cells in other files."""
    return []


def chart_blocks(archive: zipfile.ZipFile, part: str, look_up: LookUp = no_cells) -> list[Block]:
    """The chart's title and a table with a row per category and a column per series."""
    root = next(
        (e for event, _, e in events(archive, part) if event == "end" and _is_root(e)), None
    )
    if root is None:
        return []
    title = " ".join(_chart_title(root).split())
    series = [_read_series(element, look_up) for element in _named(root, "c:ser")]
    blocks = [Block(title)] if title else []
    return [*blocks, *text_rows(_rows(series, _axis_title(root, "c:catAx")), 1)]


def _is_root(element: Element) -> bool:
    return bool(short(element.tag) == "c:chartSpace")


def _rows(series: list[_Series], category_title: str) -> list[list[str]]:
    if not series or not any(one.values for one in series):
        return []
    categories = max((one.categories for one in series), key=len)
    length = max(len(categories), *(len(one.values) for one in series))
    names = [" ".join(one.name) for one in series]
    header = [category_title, *names]
    return [
        header,
        *(
            [_at(categories, n), *(_at(one.values, n) for one in series)]
            for n in range(min(length, MAX_POINTS))
        ),
    ]


def _at(values: list[str], number: int) -> str:
    return values[number] if number < len(values) else ""


def _read_series(element: Element, look_up: LookUp) -> _Series:
    found = _Series()
    for child in element:
        match short(child.tag):
            case "c:tx":
                found.name = _read_values(child, look_up)
            case "c:cat" | "c:xVal":
                found.categories = _read_values(child, look_up)
            case "c:val" | "c:yVal":
                found.values = _read_values(child, look_up)
    return found


def _read_values(element: Element, look_up: LookUp) -> list[str]:
    """The stored values of a part of a series, by index; several category levels are joined."""
    levels = _named(element, "c:lvl") or [element]
    columns = [_read_points(level) for level in reversed(levels)]
    length = max(map(len, columns), default=0)
    if length:
        rows = ([_at(column, n) for column in columns] for n in range(length))
        return [" · ".join(filter(None, row)) for row in rows]
    literal = [v.text or "" for v in _named(element, "c:v")]
    return literal or [cell for f in _named(element, "c:f") for cell in look_up(f.text or "")]


def _read_points(level: Element) -> list[str]:
    code = next((f.text or "" for f in _named(level, "c:formatCode")), GENERAL)
    is_text = bool(_named(level, "c:strCache") or _named(level, "c:strLit"))
    points: list[str] = []
    for point in _named(level, "c:pt"):
        place = attribute(point, "idx") or point.get("idx", "")
        number = int(place) if place.isdecimal() else len(points)
        if number >= MAX_POINTS:
            break
        value = next((v.text or "" for v in _named(point, "c:v")), "")
        points += [""] * (number + 1 - len(points))
        points[number] = value if is_text else _format_value(value, point.get("formatCode") or code)
    return points


def _format_value(value: str, code: str) -> str:
    try:
        return shown(float(value), code)
    except ValueError:
        return value


def _chart_title(root: Element) -> str:
    """The chart's title followed by the titles of its value axes, which have the units."""
    charts = [child for child in root if short(child.tag) == "c:chart"]
    titles = [_text(t) for chart in charts for t in chart if short(t.tag) == "c:title"]
    titles += [_axis_title(root, name) for name in ("c:valAx",)]
    return " – ".join(dict.fromkeys(filter(None, titles)))


def _axis_title(root: Element, axis: str) -> str:
    titles = (t for one in _named(root, axis) for t in one if short(t.tag) == "c:title")
    return next(filter(None, map(_text, titles)), "")


def _text(element: Element) -> str:
    words = [t.text or "" for t in _named(element, "a:t")]
    return " ".join("".join(words or [v.text or "" for v in _named(element, "c:v")]).split())


def _named(element: Element, name: str) -> list[Element]:
    return [one for one in element.iter() if short(one.tag) == name]
