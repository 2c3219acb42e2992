"""Target function of the child that sets papers: data to tagged PDF (PDF/UA-1) with Typst."""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).with_name("paper.typ")
STANDARD = "ua-1"
NO_GLYPH = "\u25a1"
MOST_REPAIRS = 40
"""Groups of characters without a common font that are replaced before the standard is given up."""
NOT_SHOWN = {"url", "file"}
"""Values that are addresses, not words on the page."""
_UNDRAWN = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass(frozen=True)
class TypesettingRequest:
    """``data`` of the template, images by name, the folder with the fonts, and the moment that the
    file bears (seconds since 1970)."""

    data: dict[str, Any]
    images: dict[str, bytes]
    fonts: str
    moment: int


def typeset(request: TypesettingRequest, report: Callable[[Any], None]) -> bytes:
    """Write the PDF, then mark the row headings of its tables."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in request.images.items():
            Path(folder, name).write_bytes(content)
        return mark_row_headings(_compile(request, folder, report))


def _compile(request: TypesettingRequest, folder: str, report: Callable[[Any], None]) -> bytes:
    """Compile; text that a font refuses, such as a mark on a letter of another script, is replaced
    by ``NO_GLYPH``. Reports if the standard was given up."""
    import typst

    data: Any = request.data
    for _ in range(MOST_REPAIRS):
        try:
            return _run(data, request, folder, [STANDARD])
        except typst.TypstError as error:
            undrawn = _UNDRAWN.search(str(error))
            if undrawn is None:
                raise
            data = _replace(data, _unescape(undrawn[1]))
    report("too many characters without a font")
    return _run(data, request, folder, [])


def _run(data: Any, request: TypesettingRequest, folder: str, standards: list[Any]) -> bytes:
    import typst

    compiler = typst.Compiler(
        TEMPLATE.read_bytes(),
        root=folder,
        font_paths=_fonts(request.fonts),
        ignore_system_fonts=True,
        package_path=folder,
        package_cache_path=folder,
    )
    made = compiler.compile(
        sys_inputs={"paper": json.dumps(data)},
        format="pdf",
        pdf_standards=standards,
        timestamp=request.moment,
    )
    assert isinstance(made, bytes)  # noqa: S101 - what it gives for PDF without an output path
    return made


@lru_cache(maxsize=2)
def _fonts(folder: str) -> typst.Fonts:
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )


def _unescape(shown: str) -> str:
    return _ESCAPE.sub(
        lambda at: chr(int(at[1], 16)) if at[1] else _ESCAPED.get(at[2], at[2]), shown
    )


def _replace(value: Any, undrawn: str) -> Any:
    if isinstance(value, str):
        return value.replace(undrawn, NO_GLYPH)
    if isinstance(value, dict):
        return {
            name: one if name in NOT_SHOWN else _replace(one, undrawn)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_replace(one, undrawn) for one in value]
    return value


def mark_row_headings(content: bytes) -> bytes:
    """Tag the first cell of each row as the heading of its row (ISO 32000-1, table 349), which
    Typst cannot; the columns' headings it tags itself.

    Explicit lists of headings are dropped: every heading has a scope, from which readers derive
    them.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    scope = {"/O": "/Table", "/Scope": "/Row"}
    for row in _body_rows(writer.root_object["/StructTreeRoot"]):
        for number, cell in enumerate(_children(row)):
            if number == 0:
                cell[NameObject("/S")] = NameObject("/TH")
                cell[NameObject("/A")] = ArrayObject(
                    [DictionaryObject({NameObject(k): NameObject(v) for k, v in scope.items()})]
                )
            elif cell.get("/S") == "/TD":
                cell.pop("/A", None)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _body_rows(root: Any) -> list[Any]:
    """The rows of all tables but those of column headings."""
    rows, open_elements = [], [root]
    while open_elements:
        element = open_elements.pop()
        below = _children(element)
        if element.get("/S") in ("/TBody", "/Table"):
            rows += [one for one in below if one["/S"] == "/TR"]
        open_elements += below
    return rows


def _children(element: Any) -> list[Any]:
    """The structure elements directly below this one; marked content is left out."""
    from pypdf.generic import ArrayObject, DictionaryObject

    below: Any = element.get("/K", [])
    below = below.get_object() if hasattr(below, "get_object") else below
    listed = below if isinstance(below, ArrayObject) else [below]
    objects = (one.get_object() for one in listed)
    return [one for one in objects if isinstance(one, DictionaryObject) and "/S" in one]
