"""Styles of OpenDocument texts with inheritance resolved (part 3, 16)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ingest.extract.shared.heading_names import heading_level, is_title
from ingest.extract.shared.xml_stream import Element, attribute, events, short

MAX_STYLE_DEPTH = 20
"""Styles in a chain of inheritance that are followed, against cycles."""
_POINTS = re.compile(r"([\d.]+)pt")
_RAISED = re.compile(r"super|[1-9]\d*(?:\.\d+)?%")
_ESCAPED = re.compile(r"_([0-9a-f]{2,4})_")
_KINDS = {"paragraph", "text"}


@dataclass(frozen=True)
class OdtStyle:
    """A style. ``level``: heading level from 1. ``list``: list style of its paragraphs, "" for
    explicitly none. ``size`` in points. None: not specified."""

    name: str = ""
    parent: str = ""
    level: int | None = None
    list: str | None = None
    hidden: bool | None = None
    raised: bool | None = None
    bold: bool | None = None
    size: float | None = None
    font: str | None = None
    page: str = ""

    @property
    def title(self) -> bool:
        return is_title(self.name)


@dataclass(frozen=True)
class ListLevel:
    """A list level. ``format``: as in part 3, 19.500, "" for no number. ``shown``: number of levels
    in its label."""

    bullet: bool = False
    format: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown: int = 1


ListStyle = Mapping[int, ListLevel]
"""Levels from 0."""


@dataclass
class OdtStyles:
    """The styles of ``styles.xml`` and ``content.xml``. ``fonts``: family of each font face."""

    styles: dict[tuple[str, str], OdtStyle] = field(default_factory=dict)
    lists: dict[str, ListStyle] = field(default_factory=dict)
    outline: ListStyle = field(default_factory=dict)
    fonts: dict[str, str] = field(default_factory=dict)
    defaults: OdtStyle = OdtStyle()
    _known: dict[tuple[str, str], OdtStyle] = field(default_factory=dict)

    def paragraph(self, name: str) -> OdtStyle:
        return self._resolved("paragraph", name)

    def text(self, name: str) -> OdtStyle:
        return self._resolved("text", name)

    def _resolved(self, family: str, name: str) -> OdtStyle:
        key = (family, name)
        if key not in self._known:
            style = _resolve(self.styles.get(key, OdtStyle(unescaped(name))), family, self.styles)
            below = self.defaults if family == "paragraph" else OdtStyle()
            size = below.size if style.size is None else style.size
            font = style.font and self.fonts.get(style.font, style.font)
            self._known[key] = replace(style, size=size, font=font)
        return self._known[key]


def read_odt_styles(archive: zipfile.ZipFile) -> OdtStyles:
    found = OdtStyles()
    for member in ("styles.xml", "content.xml"):
        stream = events(archive, member, forget=("style:style", "text:p", "text:h"))
        for event, name, element in stream:
            if event == "start" and name == "office:body":
                break
            if event == "end":
                _add_element(found, name, element)
    return found


def _add_element(found: OdtStyles, name: str, element: Element) -> None:
    if name == "style:style" and attribute(element, "style:family") in _KINDS:
        key = (attribute(element, "style:family"), attribute(element, "style:name"))
        found.styles[key] = _style(element)
    elif name == "style:default-style" and attribute(element, "style:family") == "paragraph":
        found.defaults = _style(element)
    elif name == "text:list-style":
        found.lists[attribute(element, "style:name")] = _read_levels(element)
    elif name == "text:outline-style":
        found.outline = _read_levels(element)
    elif name == "style:font-face":
        family = attribute(element, "svg:font-family").strip("'\"")
        found.fonts[attribute(element, "style:name")] = family


def _style(element: Element) -> OdtStyle:
    own = attribute(element, "style:list-style-name")
    listed = any(short(key) == "style:list-style-name" for key in element.attrib)
    name = attribute(element, "style:display-name") or unescaped(attribute(element, "style:name"))
    level = attribute(element, "style:default-outline-level")
    style = OdtStyle(
        name=name,
        parent=attribute(element, "style:parent-style-name"),
        level=int(level) if level.isdecimal() and level != "0" else heading_level(name),
        list=own if listed else None,
        page=attribute(element, "style:master-page-name"),
    )
    for one in element:
        if short(one.tag) == "style:text-properties":
            style = _with_look(style, one)
    return style


def _with_look(style: OdtStyle, properties: Element) -> OdtStyle:
    display = attribute(properties, "text:display")
    weight = attribute(properties, "fo:font-weight")
    place = attribute(properties, "style:text-position")
    size = _POINTS.fullmatch(attribute(properties, "fo:font-size"))
    font = attribute(properties, "style:font-name")
    return replace(
        style,
        hidden=display == "none" if display else style.hidden,
        bold=weight in ("bold", "600", "700", "800", "900") if weight else style.bold,
        raised=bool(_RAISED.match(place)) if place else style.raised,
        size=float(size[1]) if size else style.size,
        font=font or style.font,
    )


def _resolve(style: OdtStyle, family: str, styles: Mapping[tuple[str, str], OdtStyle]) -> OdtStyle:
    above = style
    for _ in range(MAX_STYLE_DEPTH):
        if (family, above.parent) not in styles:
            if style.level is None:
                style = replace(style, level=heading_level(unescaped(above.parent)))
            break
        above = styles[(family, above.parent)]
        given = {
            name: getattr(above, name)
            for name in ("level", "list", "hidden", "raised", "bold", "size", "font")
            if getattr(style, name) is None
        }
        style = replace(style, **given)
    return style


def _read_levels(element: Element) -> ListStyle:
    levels: dict[int, ListLevel] = {}
    for one in element:
        level = attribute(one, "text:level")
        if level.isdecimal() and level != "0":
            levels[int(level) - 1] = _read_level(one)
    return levels


def _read_level(element: Element) -> ListLevel:
    kind = short(element.tag)
    return ListLevel(
        bullet=kind in ("text:list-level-style-bullet", "text:list-level-style-image"),
        format=attribute(element, "style:num-format"),
        prefix=attribute(element, "style:num-prefix"),
        suffix=attribute(element, "style:num-suffix"),
        start=_count(attribute(element, "text:start-value")),
        shown=_count(attribute(element, "text:display-levels")),
    )


def _count(value: str) -> int:
    return int(value) if value.isdecimal() else 1


def unescaped(name: str) -> str:
    """A style's display name: "Heading 1" for "Heading_20_1"."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)
