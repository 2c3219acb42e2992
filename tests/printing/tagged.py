"""The tags of a PDF, read with pdfium and pypdf: what a screen reader goes by."""

from __future__ import annotations

import ctypes
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdf
import pypdfium2
from pypdfium2 import raw as pdfium


@dataclass
class Tag:
    """A structure element: its kind, the text of its own marked content, its attributes."""

    kind: str
    text: str
    language: str
    alt: str
    scope: str
    below: list[Tag] = field(default_factory=list)

    def walk(self) -> Iterator[Tag]:
        yield self
        for one in self.below:
            yield from one.walk()

    @property
    def words(self) -> str:
        """Its text and that of all below, in reading order."""
        return " ".join(part for tag in self.walk() if (part := tag.text.strip()))


def tags_of(pdf: bytes) -> list[Tag]:
    """The elements of all pages in reading order, each page's from its own tree."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [tag for page in document for tag in _tags_of_page(page)]
    finally:
        document.close()


def all_tags(pdf: bytes) -> list[Tag]:
    return [tag for top in tags_of(pdf) for tag in top.walk()]


def _tags_of_page(page: Any) -> list[Tag]:
    texts = _texts_by_mark(page)
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    count = pdfium.FPDF_StructTree_CountChildren(tree)
    made = [_tag(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at), texts) for at in range(count)]
    pdfium.FPDF_StructTree_Close(tree)
    return made


def _texts_by_mark(page: Any) -> dict[int, str]:
    """The text of each marked content (MCID) of a page."""
    texts: dict[int, str] = defaultdict(str)
    textpage = page.get_textpage()
    for at in range(pdfium.FPDFText_CountChars(textpage)):
        shown = pdfium.FPDFText_GetTextObject(textpage, at)
        mark = pdfium.FPDFPageObj_GetMarkedContentID(shown) if shown else -1
        if mark >= 0:
            texts[mark] += chr(pdfium.FPDFText_GetUnicode(textpage, at))
    return texts


def _tag(element: Any, texts: dict[int, str]) -> Tag:
    marks = pdfium.FPDF_StructElement_GetMarkedContentIdCount(element)
    own = (pdfium.FPDF_StructElement_GetMarkedContentIdAtIndex(element, n) for n in range(marks))
    tag = Tag(
        _string(pdfium.FPDF_StructElement_GetType, element),
        "".join(texts.get(mark, "") for mark in own),
        _string(pdfium.FPDF_StructElement_GetLang, element),
        _string(pdfium.FPDF_StructElement_GetAltText, element),
        _attribute(element, b"Scope"),
    )
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        child = pdfium.FPDF_StructElement_GetChildAtIndex(element, at)
        if child:
            tag.below.append(_tag(child, texts))
    return tag


def _string(function: Any, element: Any, *arguments: Any) -> str:
    size = function(element, *arguments, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(element, *arguments, buffer, size)
    return buffer.raw[: size - 2].decode("utf-16-le")


def _attribute(element: Any, name: bytes) -> str:
    for at in range(pdfium.FPDF_StructElement_GetAttributeCount(element)):
        attributes = pdfium.FPDF_StructElement_GetAttributeAtIndex(element, at)
        value = pdfium.FPDF_StructElement_Attr_GetValue(attributes, name)
        if value:
            buffer, size = ctypes.create_string_buffer(80), ctypes.c_ulong()
            if pdfium.FPDF_StructElement_Attr_GetStringValue(value, buffer, 80, size):
                return buffer.raw[: size.value - 2].decode("utf-16-le")
    return ""


def text_of(pdf: bytes) -> str:
    """The text of all pages, as pdfium reads it, blanks as they stand."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return "\f".join(pages).replace("\u200b", "")


def refuse_untagged(pdf: bytes) -> None:
    """What ISO 14289-1 (PDF/UA-1) asks of a file and a program can check."""
    read = pypdf.PdfReader(io.BytesIO(pdf))
    root: Any = read.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert read.metadata.title
    assert "pdfuaid:part>1<" in root["/Metadata"].get_data().decode().replace('"', "")
    tags = all_tags(pdf)
    _refuse_bad_headings([tag for tag in tags if tag.kind in {"H1", "H2", "H3"}])
    assert all(tag.alt for tag in tags if tag.kind in {"Figure", "Formula"})
    assert all(tag.scope for tag in tags if tag.kind == "TH")
    _refuse_rows_without_heading(root["/StructTreeRoot"])
    for page in read.pages:
        assert page["/Tabs"] == "/S"
        _refuse_unmarked(page)
        for note in page.get("/Annots", ()):
            assert note.get_object()["/Contents"]
        resources: Any = page["/Resources"]
        for font in resources.get("/Font", {}).values():
            _refuse_font(font.get_object())


def _refuse_rows_without_heading(element: Any) -> None:
    """In the tree of the whole file: on the page where a row goes on, its heading is not."""
    below = element.get("/K", [])
    listed = [one.get_object() for one in (below if isinstance(below, list) else [below])]
    elements = [one for one in listed if isinstance(one, dict) and "/S" in one]
    if element.get("/S") == "/TR":
        assert elements[0]["/S"] == "/TH"
    for one in elements:
        _refuse_rows_without_heading(one)


def _refuse_bad_headings(headings: list[Tag]) -> None:
    before = 0
    for heading in headings:
        level = int(heading.kind[1])
        assert level <= before + 1
        assert heading.words
        before = level


def _refuse_unmarked(page: Any) -> None:
    """Everything drawn is marked: real content by its id, the rest as artifact."""
    content = pypdf.generic.ContentStream(page.get_contents(), page.pdf)
    depth = 0
    for _, operator in content.operations:
        if operator in (b"BDC", b"BMC"):
            depth += 1
        elif operator == b"EMC":
            depth -= 1
        elif operator in (b"Tj", b"TJ", b"Do", b"S", b"f", b"f*", b"B", b"sh"):
            assert depth > 0, operator


def _refuse_font(font: Any) -> None:
    """It is embedded, and its signs have characters."""
    below = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    described = below["/FontDescriptor"]
    assert any(name in described for name in ("/FontFile", "/FontFile2", "/FontFile3"))
    assert "/ToUnicode" in font
