"""A paragraph of a Word document as displayed: without deleted, moved and hidden text, with
symbols, equations, note marks and anchored objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ingest.extract.shared.raised import raised_text
from ingest.extract.shared.symbols import symbol, symbol_text
from ingest.extract.shared.xml_stream import Element, attribute, child, is_on, short, value_of
from ingest.extract.word.omml import linear
from ingest.extract.word.parts import legacy_field
from ingest.extract.word.styles import PLAIN, RunLook, Style, Styles, number, run_look

_AS_TEXT: Mapping[str, str] = {
    "w:tab": " ",
    "w:ptab": " ",
    "w:br": "\n",
    "w:cr": "\n",
    "w:noBreakHyphen": "-",
    "w:softHyphen": "",
}
_UNSEEN = frozenset(
    {
        *("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:sdtEndPr", "w:delText"),
        *("w:delInstrText", "w:rt", "w:customXmlPr", "w:smartTagPr", "w:fldData"),
    }
)
_PAGE_FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION"})
MAX_DEPTH = 100
"""Nesting of elements that is followed, against hostile files."""
DEFAULT_SIZE = 20
"""Half points; the size if neither file nor styles give one (17.3.2.38)."""


@dataclass(frozen=True)
class Note:
    """A reference to a note. ``kind``: "footnote" or "endnote"."""

    kind: str
    id: str


@dataclass
class DocxParagraph:
    """A paragraph. ``level``: heading level from 0. ``removed``: deleted by tracked changes.
    ``joined``: the next paragraph continues it. ``boxes``: contents of text boxes. ``parts``: ids
    of charts and diagrams ("c:chart" or "dgm:relIds", relationship id)."""

    style: Style = field(default_factory=Style)
    level: int | None = None
    num_id: str = ""
    list_level: int | None = None
    text: str = ""
    bold: bool = False
    size: int = 0
    removed: bool = False
    joined: bool = False
    boxes: list[Element] = field(default_factory=list)
    parts: list[tuple[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    pictures: int = 0


def read_paragraph(
    element: Element, styles: Styles, mark: Callable[[Note], str], *, running: bool = False
) -> DocxParagraph:
    """Read a ``w:p``. ``mark`` returns the mark of a note. ``running``: the paragraph is in a page
    header or footer, where page numbers are left out."""
    paragraph = DocxParagraph(style=styles.default)
    properties = child(element, "w:pPr")
    if properties is not None:
        _read_properties(paragraph, properties, styles)
    reader = _Runs(paragraph, styles, mark, running=running)
    for one in element:
        reader.read(one, 0)
    reader.finish()
    return paragraph


def _read_properties(paragraph: DocxParagraph, properties: Element, styles: Styles) -> None:
    style = paragraph.style = styles.get(value_of(properties, "w:pStyle"))
    paragraph.level = number(value_of(properties, "w:outlineLvl"))
    if paragraph.level is None:
        paragraph.level = style.level
    own = value_of(properties, "w:numPr", "w:numId")
    paragraph.num_id = own or style.num_id
    paragraph.list_level = number(value_of(properties, "w:numPr", "w:ilvl"))
    if paragraph.list_level is None and not own:
        paragraph.list_level = style.list_level
    marks = child(properties, "w:rPr")
    names = set() if marks is None else {short(one.tag) for one in marks}
    paragraph.joined = "w:del" in names
    paragraph.removed = bool(names & {"w:del", "w:moveFrom"})


class _Runs:
    """Collects the text of one paragraph, run by run."""

    def __init__(
        self,
        paragraph: DocxParagraph,
        styles: Styles,
        mark: Callable[[Note], str],
        *,
        running: bool,
    ) -> None:
        self._paragraph = paragraph
        self._styles = styles
        self._mark = mark
        self._running = running
        self._segments: list[tuple[str, bool]] = []
        self._fields: list[_Field] = []
        self._in_control = 0
        self._bold = self._letters = 0
        self._sizes: Counter[int] = Counter()

    def read(self, element: Element, depth: int) -> None:
        name = short(element.tag)
        if name in _UNSEEN or depth > MAX_DEPTH:
            return
        if name == "w:r":
            self._run(element, depth)
        elif name in ("m:oMath", "m:oMathPara"):
            self._add(linear(element), PLAIN)
        elif name == "w:sdt":
            self._read_control(element, depth)
        elif name == "w:fldSimple":
            self._fields.append(_Field(attribute(element, "w:instr"), shown=True))
            self._read_all(element, depth)
            self._fields.pop()
        elif name == "mc:AlternateContent":
            for one in alternative(element):
                self.read(one, depth + 1)
        else:
            self._read_all(element, depth)

    def finish(self) -> None:
        parts: list[str] = []
        before = ""
        for text, raised in _merge_segments(self._segments):
            written = raised_text(before, text) if raised else text
            parts.append(written)
            before = (before + written)[-40:]
        self._paragraph.text = "".join(parts).strip()
        self._paragraph.bold = 0 < self._letters == self._bold
        self._paragraph.size = max(self._sizes, key=lambda s: self._sizes[s], default=0)
        if not self._paragraph.text:
            return
        self._paragraph.removed = False

    def _read_all(self, element: Element, depth: int) -> None:
        for one in element:
            self.read(one, depth + 1)

    def _read_control(self, element: Element, depth: int) -> None:
        """Read a content control, unless it only shows its prompt."""
        properties = child(element, "w:sdtPr")
        if properties is not None and is_prompt(properties):
            return
        self._in_control += 1
        self._read_all(element, depth)
        self._in_control -= 1

    def _run(self, element: Element, depth: int) -> None:
        properties = child(element, "w:rPr")
        look = self._paragraph.style.look
        if properties is not None:
            style = self._styles.get(value_of(properties, "w:rStyle") or " ")
            if self._in_control and style.placeholder:
                return
            look = run_look(properties).over(style.look).over(look)
        if not look.hidden:
            for one in element:
                self._inside_run(one, look, depth)

    def _inside_run(self, element: Element, look: RunLook, depth: int) -> None:
        name = short(element.tag)
        if name == "w:fldChar":
            self._field_mark(element, look)
        elif name == "w:instrText" and self._fields:
            self._fields[-1].code += element.text or ""
        elif not self._fields or self._is_shown():
            self._read_content(name, element, look, depth)

    def _read_content(self, name: str, element: Element, look: RunLook, depth: int) -> None:
        if name == "w:t":
            self._add(symbol_text(look.font or "", element.text or ""), look)
        elif name in _AS_TEXT:
            self._add(_AS_TEXT[name], look)
        elif name == "w:sym":
            self._add(_symbol(element), look)
        elif name in ("w:footnoteReference", "w:endnoteReference"):
            self._read_reference(name, element)
        elif name in ("w:drawing", "w:pict", "w:object", "w:txbxContent"):
            self._read_drawing(element, depth)
        elif name == "mc:AlternateContent":
            for one in alternative(element):
                self._inside_run(one, look, depth + 1)
        elif name in ("w:ruby", "w:rubyBase", "w:r"):
            self.read(element, depth + 1)

    def _add(self, text: str, look: RunLook) -> None:
        if not text:
            return
        self._segments.append((text, bool(look.raised)))
        letters = sum(map(str.isalnum, text))
        self._letters += letters
        self._bold += letters if look.bold else 0
        self._sizes[look.size or DEFAULT_SIZE] += letters

    def _read_reference(self, name: str, element: Element) -> None:
        note = Note(name.removeprefix("w:").removesuffix("Reference"), attribute(element, "w:id"))
        self._paragraph.notes.append(note)
        own_mark = attribute(element, "w:customMarkFollows") in ("1", "true", "on")
        mark = self._mark(note)
        if mark and not own_mark and self._paragraph.level is None:
            self._segments.append((f"[{mark}]", False))

    def _field_mark(self, element: Element, look: RunLook) -> None:
        kind = attribute(element, "w:fldCharType")
        if kind == "begin":
            self._fields.append(_Field())
            data = child(element, "w:ffData")
            if data is not None:
                self._fields[-1].shown = True
                self._add(legacy_field(data), look)
                self._fields[-1].shown = False
        elif kind == "separate" and self._fields:
            self._fields[-1].shown = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _is_shown(self) -> bool:
        """Whether the open fields show their results."""
        return all(
            field.shown and not (self._running and field.name in _PAGE_FIELDS)
            for field in self._fields
        )

    def _read_drawing(self, element: Element, depth: int) -> None:
        """Read a drawing: text boxes, charts, diagrams, pictures."""
        name = short(element.tag)
        if depth > MAX_DEPTH:
            return
        if name == "w:txbxContent":
            self._paragraph.boxes.append(element)
        elif name in ("c:chart", "dgm:relIds"):
            id = attribute(element, "r:id") or attribute(element, "r:dm")
            self._paragraph.parts.append((name, id))
        elif name == "a:t":
            self._add(f"{element.text or ''} ", PLAIN)
        elif name == "v:textpath":
            self._add(f"{element.get('string', '')} ", PLAIN)
        elif name == "mc:AlternateContent":
            for one in alternative(element):
                self._read_drawing(one, depth + 1)
        elif name not in ("wp:inline", "wp:anchor") or not _is_hidden(element):
            self._paragraph.pictures += name in ("pic:pic", "v:imagedata")
            for one in element:
                self._read_drawing(one, depth + 1)


@dataclass
class _Field:
    """A field (17.16): its code, and whether code or result is being read."""

    code: str = ""
    shown: bool = False

    @property
    def name(self) -> str:
        return (self.code.split() or [""])[0].upper()


def alternative(element: Element) -> list[Element]:
    """The elements to read of a ``mc:AlternateContent``: the first choice, else the fallback."""
    for kind in ("mc:Choice", "mc:Fallback"):
        found = child(element, kind)
        if found is not None and len(found):
            return list(found)
    return []


def is_prompt(properties: Element) -> bool:
    """Whether a content control (its ``w:sdtPr``) shows only its prompt."""
    shown = child(properties, "w:showingPlcHdr")
    return shown is not None and is_on(shown)


def _is_hidden(drawing: Element) -> bool:
    properties = child(drawing, "wp:docPr")
    return properties is not None and properties.get("hidden") in ("1", "true")


def _symbol(element: Element) -> str:
    try:
        code = int(attribute(element, "w:char"), 16)
    except ValueError:
        return ""
    return symbol(attribute(element, "w:font"), code)


def _merge_segments(segments: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Merge neighbouring segments with the same ``raised`` flag."""
    joined: list[tuple[str, bool]] = []
    parts: list[str] = []
    for n, (text, raised) in enumerate(segments):
        parts.append(text)
        if n + 1 == len(segments) or segments[n + 1][1] != raised:
            joined.append(("".join(parts), raised))
            parts = []
    return joined
