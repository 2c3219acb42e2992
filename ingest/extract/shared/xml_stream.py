"""Read XML from a zip file as a stream of events: without building the whole tree, without
entities."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, Literal

from kb.messages import N_, PermanentError

Element = Any  # lxml has no type stubs
Event = tuple[Literal["start", "end"], str, Element]
"""Event type, element name as ``prefix:name``, and the element (complete at its end)."""

PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "s",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "s",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr",
    "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing": "xdr",
    "http://schemas.openxmlformats.org/drawingml/2006/picture": "pic",
    "http://purl.oclc.org/ooxml/drawingml/picture": "pic",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:form:1.0": "form",
    "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0": "fo",
    "urn:oasis:names:tc:opendocument:xmlns:meta:1.0": "meta",
    "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0": "presentation",
    "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0": "number",
    "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0": "loext",
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "cp",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.idpf.org/2007/opf": "opf",
    "urn:oasis:names:tc:opendocument:xmlns:container": "container",
}


def events(
    archive: zipfile.ZipFile,
    member: str,
    forget: Collection[str] = (),
    needed: bool = False,
    whole: Collection[str] = (),
) -> Iterator[Event]:
    """Start and end events of the elements of ``member``; none if it does not exist.

    Elements named in ``forget`` are emptied after their end to save memory, inside an element named
    in ``whole`` only after that one ends. A damaged member ends early, unless it is ``needed``.

    Raises:
        PermanentError: a needed member is truncated or not well-formed.
    """
    from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

    if member not in archive.namelist():
        return
    try:
        with archive.open(member) as file:
            stream = etree.iterparse(
                file,
                events=("start", "end"),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            yield from _emit_and_empty(stream, forget, whole)
    except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        if needed:
            raise PermanentError(
                N_("The file is damaged inside: open it, save it again and upload that.")
            ) from error


def _emit_and_empty(
    stream: Iterable[Any], forget: Collection[str], whole: Collection[str]
) -> Iterator[Event]:
    depth = 0
    for event, element in stream:
        name = short(element.tag)
        if name in whole:
            depth += 1 if event == "start" else -1
        yield event, name, element
        if event == "end" and not depth and name in forget:
            _empty(element)


def tree_events(element: Element) -> Iterator[Event]:
    """Start and end events of the descendants of ``element``."""
    for child in element.iterchildren("{*}*"):
        name = short(child.tag)
        yield "start", name, child
        yield from tree_events(child)
        yield "end", name, child


@lru_cache(maxsize=4096)
def short(name: object) -> str:
    """``w:p`` for a name in a known namespace, else the local name."""
    if not isinstance(name, str) or "}" not in name:
        return str(name)
    namespace, _, local = name[1:].partition("}")
    prefix = PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else local


def attribute(element: Element, name: str) -> str:
    """The value of the attribute ``prefix:name``, or empty."""
    return next((str(value) for key, value in element.attrib.items() if short(key) == name), "")


def is_on(element: Element) -> bool:
    """The value of a boolean property (ECMA-376, 17.17.4): true unless switched off."""
    return attribute(element, "w:val") not in ("0", "false", "off", "none")


def child(element: Element, *names: str) -> Element | None:
    """The first descendant along a path of names, or None."""
    for name in names:
        element = next((one for one in element if short(one.tag) == name), None)
        if element is None:
            return None
    return element


def value_of(element: Element, *names: str) -> str:
    """``w:val`` of the first descendant along a path of names; empty if missing."""
    found = child(element, *names)
    return "" if found is None else attribute(found, "w:val")


def fields(archive: zipfile.ZipFile, member: str) -> dict[str, str]:
    """Texts of the elements of a small metadata file by name; the first of each name."""
    found: dict[str, str] = {}
    for event, name, element in events(archive, member):
        if event == "end" and element.text and element.text.strip():
            found.setdefault(name, element.text.strip())
    return found


def _empty(element: Element) -> None:
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
