"""Read the shapes of a slide: text, tables, charts, diagrams, and groups of them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ingest.extract.ooxml.charts import chart_blocks
from ingest.extract.shared.blocks import Block
from ingest.extract.shared.raised import raised_text
from ingest.extract.shared.tables import Cell, TableRow, table_blocks
from ingest.extract.slides.pictures import SlidePicture
from ingest.extract.slides.reading_order import ShapeBox, in_reading_order
from ingest.extract.word.parts import diagram_part

MAX_GROUP_DEPTH = 20
"""Nesting of groups that is followed."""
ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "/diagram"
_ON_EVERY_SLIDE = frozenset({"sldNum", "dt"})


class Shapes:
    """Reads the slides of one presentation; ``archive``: its package."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._footers: set[str] = set()

    def blocks(self, slide: Any, title: Any) -> Iterator[Block]:
        """The text of a slide without title, number and date. A footer is given once per file."""
        _choose_alternatives(slide.shapes._spTree)
        for shape in _leaves(slide.shapes, MAX_GROUP_DEPTH):
            if title is not None and shape.shape_id == title.shape_id:
                continue
            kind = _placeholder(shape)
            if kind in _ON_EVERY_SLIDE or (kind == "ftr" and self._is_repeated_footer(shape)):
                continue
            yield from self._shape_blocks(shape)

    def pictures(self, slide: Any) -> Iterator[SlidePicture]:
        """The pictures of a slide in reading order."""
        for shape in _leaves(slide.shapes, MAX_GROUP_DEPTH):
            if hasattr(shape, "image"):
                yield SlidePicture(partial(_content, shape), _area(shape))

    def _is_repeated_footer(self, shape: Any) -> bool:
        text = shape.text_frame.text.strip() if shape.has_text_frame else ""
        seen = text in self._footers
        self._footers.add(text)
        return seen

    def _shape_blocks(self, shape: Any) -> Iterator[Block]:
        if shape.has_text_frame:
            lines = (_line(paragraph) for paragraph in shape.text_frame.paragraphs)
            text = "\n".join(line for line in lines if line.strip())
            if text:
                yield Block(text)
        elif getattr(shape, "has_table", False):
            yield from table_blocks(list(_rows(shape.table)))
        elif getattr(shape, "has_chart", False):
            part = str(shape.chart.part.partname).lstrip("/")
            yield from chart_blocks(self._archive, part)
        else:
            yield from self._diagram(shape)

    def _diagram(self, shape: Any) -> Iterator[Block]:
        """The texts of a SmartArt diagram, stored in a part of its own."""
        for element in shape._element.iter():
            if isinstance(element.tag, str) and element.tag.endswith("}relIds"):
                for name, value in element.attrib.items():
                    if name.endswith("}dm"):
                        part = str(shape.part.related_part(value).partname).lstrip("/")
                        yield from diagram_part(self._archive, part)


def _choose_alternatives(tree: Any) -> None:
    """Replace each AlternateContent by its first choice; equations and newer charts are stored in
    it."""
    for alternative in list(tree.iter(ALTERNATIVE)):
        parent = alternative.getparent()
        choice = next(iter(alternative), None)
        if parent is None or choice is None:
            continue
        place = parent.index(alternative)
        parent[place : place + 1] = list(choice)


def _leaves(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    """The shapes inside groups, in reading order; a group is read as a unit."""
    for shape in in_reading_order(shapes, _box):
        if hasattr(shape, "shapes"):
            if depth and not _is_hidden(shape):
                yield from _leaves(shape.shapes, depth - 1)
        elif not _is_hidden(shape):
            yield shape


def _box(shape: Any) -> ShapeBox:
    sides = (shape.left, shape.top, shape.width, shape.height)
    return ShapeBox(*(float(side or 0) for side in sides))


def _content(shape: Any) -> bytes:
    return bytes(shape.image.blob)


def _area(shape: Any) -> float:
    return float((shape.width or 0) * (shape.height or 0))


def _is_hidden(shape: Any) -> bool:
    named = (e for e in shape._element.iter() if str(e.tag).endswith("}cNvPr"))
    own = next(named, None)
    return own is not None and own.get("hidden") in ("1", "true")


def _placeholder(shape: Any) -> str:
    """Type of the placeholder that a shape fills, such as "ftr" for a footer; empty if none."""
    for element in shape._element.iter():
        if str(element.tag).endswith("}ph"):
            return str(element.get("type", "obj"))
    return ""


def _line(paragraph: Any) -> str:
    """The text of a paragraph, with superscripts marked as plain text."""
    text = ""
    for element in paragraph._p.iter(
        f"{_DRAWING}t",
        f"{_DRAWING}br",
        "{http://schemas.openxmlformats.org/officeDocument/2006/math}t",
    ):
        if element.tag == f"{_DRAWING}br":
            text += "\n"
            continue
        words = element.text or ""
        properties = element.getparent().find(f"{_DRAWING}rPr")
        raised = (
            properties is not None and int(properties.get("baseline", "0").rstrip("%") or 0) > 0
        )
        text += raised_text(text, words) if raised else words
    return text


def _rows(table: Any) -> Iterator[TableRow]:
    has_header = bool(table.first_row)
    for number, row in enumerate(table.rows):
        cells = []
        for cell in row.cells:
            if cell.is_spanned:
                continue
            text = "\n".join(_line(paragraph) for paragraph in cell.text_frame.paragraphs).strip()
            columns, rows = (cell.span_width, cell.span_height) if cell.is_merge_origin else (1, 1)
            cells.append(Cell([Block(text)] if text else [], columns, rows))
        yield TableRow(cells, header=has_header and number == 0)
