"""Styles of Word documents with inheritance resolved (ECMA-376, 17.7)."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ingest.extract.shared.heading_names import heading_level, is_contents, is_title
from ingest.extract.shared.xml_stream import (
    Element,
    attribute,
    child,
    events,
    is_on,
    short,
    value_of,
)

MAX_STYLE_DEPTH = 20
"""Styles in a chain of inheritance that are followed, against cycles."""
BODY_LEVEL = 9
"""``w:outlineLvl`` is 0 to 8 for headings, 9 for body text."""


@dataclass(frozen=True)
class RunLook:
    """Character formatting; None if not specified. ``size`` in half points."""

    hidden: bool | None = None
    bold: bool | None = None
    raised: bool | None = None
    size: int | None = None
    font: str | None = None

    def over(self, below: RunLook) -> RunLook:
        """This formatting, with unspecified values taken from ``below``."""
        if self == PLAIN:
            return below
        return RunLook(
            below.hidden if self.hidden is None else self.hidden,
            below.bold if self.bold is None else self.bold,
            below.raised if self.raised is None else self.raised,
            below.size if self.size is None else self.size,
            below.font if self.font is None else self.font,
        )


PLAIN = RunLook()


@dataclass(frozen=True)
class Style:
    """A style. ``level``: heading level from 0, None if not specified. ``num_id``: list of its
    paragraphs, "0" for none."""

    id: str = ""
    name: str = ""
    based_on: str = ""
    level: int | None = None
    num_id: str = ""
    list_level: int | None = None
    look: RunLook = PLAIN

    @property
    def contents(self) -> bool:
        return is_contents(self.name or self.id)

    @property
    def title(self) -> bool:
        return is_title(self.name or self.id)

    @property
    def placeholder(self) -> bool:
        """Whether this is the style of prompts in empty form fields."""
        return self.name.lower() == "placeholder text"


@dataclass(frozen=True)
class Styles:
    """Styles by id. ``default``: style of paragraphs that name none."""

    by_id: Mapping[str, Style]
    default: Style = Style()

    def get(self, id: str) -> Style:
        """The style of an id; if the file does not define it, one derived from the id."""
        if not id:
            return self.default
        return self.by_id.get(id) or Style(id, level=_level_by_name(id))


def read_styles(archive: zipfile.ZipFile, part: str) -> Styles:
    raw: dict[str, Style] = {}
    default_id, defaults = "", PLAIN
    for event, name, element in events(archive, part, forget=("w:style", "w:latentStyles")):
        if event != "end":
            continue
        if name == "w:style":
            style = _read_style(element)
            raw.setdefault(style.id, style)
            if attribute(element, "w:type") == "paragraph" and _is_default(element):
                default_id = style.id
        elif name == "w:rPrDefault":
            properties = child(element, "w:rPr")
            defaults = PLAIN if properties is None else run_look(properties)
    styles = {id: _resolve(style, raw) for id, style in raw.items()}
    default = styles.get(default_id, Style())
    return Styles(styles, replace(default, look=default.look.over(defaults)))


def _is_default(element: Element) -> bool:
    return attribute(element, "w:default") in ("1", "true", "on")


def _read_style(element: Element) -> Style:
    id, name = attribute(element, "w:styleId"), value_of(element, "w:name")
    properties = child(element, "w:rPr")
    level = number(value_of(element, "w:pPr", "w:outlineLvl"))
    named = _level_by_name(name)
    return Style(
        id=id,
        name=name,
        based_on=value_of(element, "w:basedOn"),
        level=level if named is None else named,
        num_id=value_of(element, "w:pPr", "w:numPr", "w:numId"),
        list_level=number(value_of(element, "w:pPr", "w:numPr", "w:ilvl")),
        look=PLAIN if properties is None else run_look(properties),
    )


def _level_by_name(name: str) -> int | None:
    level = heading_level(name)
    return None if level is None else level - 1


def _resolve(style: Style, styles: Mapping[str, Style]) -> Style:
    """The style with unspecified values taken from the styles it is based on."""
    above = style
    for _ in range(MAX_STYLE_DEPTH):
        if above.based_on not in styles:
            break
        above = styles[above.based_on]
        style = replace(
            style,
            level=above.level if style.level is None else style.level,
            num_id=style.num_id or above.num_id,
            list_level=above.list_level if style.list_level is None else style.list_level,
            look=style.look.over(above.look),
        )
    return style


def run_look(properties: Element) -> RunLook:
    """The formatting of a ``w:rPr`` (17.3.2)."""
    hidden = bold = raised = size = font = None
    lifted = 0
    for one in properties:
        match short(one.tag):
            case "w:vanish" | "w:specVanish":
                hidden = is_on(one)
            case "w:b":
                bold = is_on(one)
            case "w:vertAlign":
                raised = attribute(one, "w:val") == "superscript"
            case "w:position":
                lifted = number(attribute(one, "w:val")) or 0
            case "w:sz":
                size = number(attribute(one, "w:val"))
            case "w:rFonts":
                font = attribute(one, "w:ascii") or attribute(one, "w:hAnsi") or None
    if raised is None and lifted > 0:
        raised = True
    return RunLook(hidden, bold, raised, size, font)


def number(value: str) -> int | None:
    return int(value) if value.isdecimal() else None
