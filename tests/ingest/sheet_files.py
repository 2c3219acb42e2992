"""Workbooks, presentations and tables made to order, for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

STRICT = {
    "http://schemas.openxmlformats.org/officeDocument/2006/": (
        "http://purl.oclc.org/ooxml/officeDocument/"
    ),
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": (
        "http://purl.oclc.org/ooxml/spreadsheetml/main"
    ),
    "http://schemas.openxmlformats.org/presentationml/2006/main": (
        "http://purl.oclc.org/ooxml/presentationml/main"
    ),
    "http://schemas.openxmlformats.org/drawingml/2006/": "http://purl.oclc.org/ooxml/drawingml/",
}
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
)


def saved(document: Any) -> bytes:
    """The bytes of a workbook of openpyxl or a presentation of python-pptx."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def changed(package: bytes, change: Callable[[str, str], str]) -> bytes:
    """The package with every XML part as ``change(name, text)`` gives it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            content = before.read(name)
            if name.endswith((".xml", ".rels")):
                content = change(name, content.decode()).encode()
            after.writestr(name, content)
    return out.getvalue()


def strict(package: bytes) -> bytes:
    """The package as the strict form of Office Open XML names things."""

    def rename(_: str, text: str) -> str:
        for ordinary, other in STRICT.items():
            text = text.replace(ordinary, other)
        return text

    return changed(package, rename)


def typed(package: bytes, ordinary: str, other: str) -> bytes:
    """The package with another content type of its main part: a template, a slide show."""
    return changed(
        package, lambda name, text: text.replace(ordinary, other) if "Types" in name else text
    )


def odf(kind: str, body: str, styles: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """An OpenDocument file: ``kind`` is "spreadsheet" or "presentation", "-template" included."""
    content = (
        f"<office:document-content {ODF}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:{kind.removesuffix('-template')}>{body}"
        f"</office:{kind.removesuffix('-template')}></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", content)
        for name, text in (parts or {}).items():
            archive.writestr(name, text)
    return buffer.getvalue()


def written(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """The files in the folder."""
    paths = []
    for name, data in files.items():
        path = folder / name
        path.write_bytes(data)
        paths.append(path)
    return paths
