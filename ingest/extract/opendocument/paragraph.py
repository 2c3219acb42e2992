"""A paragraph of an OpenDocument text as displayed: without hidden text, with anchored objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ingest.extract.opendocument.mathml import linear_mathml
from ingest.extract.opendocument.styles import OdtStyle, OdtStyles
from ingest.extract.shared.raised import raised_text
from ingest.extract.shared.symbols import symbol_text
from ingest.extract.shared.xml_stream import Element, attribute, child, short

PARAGRAPHS = frozenset({"text:p", "text:h"})
_AS_TEXT = {"text:tab": " ", "text:line-break": "\n", "text:s": " "}
_UNSEEN = frozenset(
    {
        *("office:annotation", "text:tracked-changes", "text:placeholder", "text:ruby-text"),
        *("text:note-citation", "text:script", "svg:title", "svg:desc"),
        *("office:binary-data", "draw:image-map", "draw:glue-point"),
    }
)
_PAGE_FIELDS = frozenset({"text:page-number", "text:page-count", "text:page-continuation"})
_BOXES = frozenset(
    {
        *("draw:text-box", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:circle"),
        *("draw:line", "draw:polygon", "draw:path", "draw:caption", "draw:connector"),
    }
)
_SPACE = re.compile(r"\s+")
MAX_DEPTH = 100
"""Nesting of elements that is followed, against hostile files."""

Control = Callable[[str], str]
"""Returns the displayed value of a form control by id."""


@dataclass
class OdtParagraph:
    """A paragraph. ``objects``: addresses of embedded charts and equations. ``notes``: mark, kind
    ("footnote" or "endnote") and content of each."""

    style: OdtStyle
    text: str = ""
    bold: bool = False
    size: float = 0
    hidden: bool = False
    boxes: list[Element] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    notes: list[tuple[str, str, Element]] = field(default_factory=list)
    pictures: int = 0


class OdtReader:
    """Reads paragraphs. ``controls``: displayed values of the form controls by id. ``equation``:
    returns the text of an embedded equation, empty for other objects."""

    def __init__(
        self, styles: OdtStyles, controls: Mapping[str, str], equation: Callable[[str], str]
    ) -> None:
        self._styles = styles
        self._controls = controls
        self._equation = equation

    def read(self, element: Element, *, running: bool = False) -> OdtParagraph:
        """Read a paragraph. ``running``: in page headers and footers, where page numbers are left
        out."""
        style = self._styles.paragraph(attribute(element, "text:style-name"))
        spans = _Spans(self._styles, self._controls, self._equation, style, running=running)
        is_heading = short(element.tag) == "text:h" or style.level is not None
        return spans.paragraph(element, marks=not is_heading)


class _Spans:
    """Collects the text of one paragraph, span by span."""

    def __init__(
        self,
        styles: OdtStyles,
        controls: Mapping[str, str],
        equation: Callable[[str], str],
        style: OdtStyle,
        *,
        running: bool,
    ) -> None:
        self._styles = styles
        self._controls = controls
        self._equation = equation
        self._running = running
        self._marks = True
        self._read = OdtParagraph(style)
        self._segments: list[tuple[list[str], bool]] = []
        self._letters = self._bold = 0

    def paragraph(self, element: Element, *, marks: bool) -> OdtParagraph:
        self._marks = marks
        self._inside(element, self._read.style, 0)
        parts: list[str] = []
        before = ""
        for pieces, raised in self._segments:
            joined = "".join(pieces)
            written = raised_text(before, joined) if raised else joined
            parts.append(written)
            before = (before + written)[-40:]
        read = self._read
        read.text = "".join(parts).strip()
        read.bold = 0 < self._letters == self._bold
        read.size = read.style.size or 0
        if read.hidden:
            return OdtParagraph(read.style, hidden=True)
        return read

    def _inside(self, element: Element, look: OdtStyle, depth: int) -> None:
        """Read the content of an element: its text, and its children with the text after each."""
        if depth > MAX_DEPTH:
            return
        self._add(element.text, look)
        for one in element:
            if isinstance(one.tag, str):
                self._child(one, look, depth)
            self._add(one.tail, look)

    def _child(self, element: Element, look: OdtStyle, depth: int) -> None:
        name = short(element.tag)
        if name in _AS_TEXT:
            self._put(_AS_TEXT[name], look)
        elif name == "text:span":
            own = self._styles.text(attribute(element, "text:style-name"))
            self._inside(element, _over(own, look), depth + 1)
        elif name == "text:note":
            self._note(element)
        elif name == "text:hidden-paragraph":
            self._read.hidden |= attribute(element, "text:is-hidden") == "true"
        elif name.startswith(("draw:", "math:")):
            self._drawn(name, element, look, depth)
        elif name in ("fieldmark", "loext:content-control"):
            self._control(element, look, depth)
        elif name not in _UNSEEN and not self._is_hidden(name, element):
            self._inside(element, look, depth + 1)

    def _is_hidden(self, name: str, element: Element) -> bool:
        if name == "text:hidden-text":
            return attribute(element, "text:is-hidden") != "false"
        return self._running and name in _PAGE_FIELDS

    def _control(self, element: Element, look: OdtStyle, depth: int) -> None:
        """Read a content control, unless it shows its prompt; or a check box of an old form."""
        if attribute(element, "loext:showing-place-holder") == "true":
            return
        if "FORMCHECKBOX" in _local(element, "type"):
            state = next((_local(one, "value") for one in element), "false")
            self._put("☒" if state == "true" else "☐", look)
        self._inside(element, look, depth + 1)

    def _note(self, element: Element) -> None:
        citation, body = child(element, "text:note-citation"), child(element, "text:note-body")
        mark = "" if citation is None else "".join(citation.itertext()).strip()
        if body is None:
            return
        self._read.notes.append((mark, attribute(element, "text:note-class"), body))
        if mark and self._marks:
            self._segments.append(([f"[{mark}]"], False))

    def _drawn(self, name: str, element: Element, look: OdtStyle, depth: int) -> None:
        if name == "draw:control":
            self._put(self._controls.get(attribute(element, "draw:control"), ""), look)
        elif name == "math:math":
            self._put(linear_mathml(element), look)
        elif name in _BOXES:
            self._read.boxes.append(element)
        elif name == "draw:frame":
            self._frame(element, look, depth)
        elif name in ("draw:a", "draw:g") and depth < MAX_DEPTH:
            for one in element:
                self._child(one, look, depth + 1)

    def _frame(self, element: Element, look: OdtStyle, depth: int) -> None:
        """Read a frame: its first child; further children are alternatives to it."""
        kinds = [(short(one.tag), one) for one in element if isinstance(one.tag, str)]
        for kind, one in kinds:
            if kind == "draw:object":
                self._object(one, look)
                return
            if kind == "draw:text-box":
                self._read.boxes.append(one)
                return
        self._read.pictures += any(kind == "draw:image" for kind, _ in kinds)

    def _object(self, element: Element, look: OdtStyle) -> None:
        inline = child(element, "math:math")
        address = attribute(element, "xlink:href").removeprefix("./").strip("/")
        equation = linear_mathml(inline) if inline is not None else self._equation(address)
        if equation:
            self._put(equation, look)
        elif address:
            self._read.objects.append(address)

    def _add(self, text: str | None, look: OdtStyle) -> None:
        """Add text of the file, in which any run of white space counts as one space (6.1.2)."""
        if text:
            self._put(symbol_text(look.font or "", _SPACE.sub(" ", text)), look)

    def _put(self, text: str, look: OdtStyle) -> None:
        if look.hidden or not text:
            return
        raised = bool(look.raised)
        if self._segments and self._segments[-1][1] == raised:
            self._segments[-1][0].append(text)
        else:
            self._segments.append(([text], raised))
        letters = sum(map(str.isalnum, text))
        self._letters += letters
        self._bold += letters if look.bold else 0


def _over(own: OdtStyle, below: OdtStyle) -> OdtStyle:
    """The formatting of a span, with unspecified values taken from ``below``."""
    return OdtStyle(
        hidden=below.hidden if own.hidden is None else own.hidden,
        raised=below.raised if own.raised is None else own.raised,
        bold=below.bold if own.bold is None else own.bold,
        font=own.font or below.font,
    )


def _local(element: Element, name: str) -> str:
    """An attribute by local name, in any namespace."""
    return next(
        (str(value) for key, value in element.attrib.items() if str(key).endswith("}" + name)), ""
    )
