"""Further parts of an OpenDocument file: form controls, charts, equations, page headers."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator

from ingest.extract.opendocument.mathml import linear_mathml
from ingest.extract.shared.about import one_line
from ingest.extract.shared.blocks import Block
from ingest.extract.shared.tables import text_rows
from ingest.extract.shared.xml_stream import Element, attribute, child, events, short

MAX_CHART_ROWS = 5000
"""Rows read of a chart's table."""
_HEADS = ("style:header", "style:header-left", "style:header-first")
_FEET = ("style:footer", "style:footer-left", "style:footer-first")


def form_controls(archive: zipfile.ZipFile) -> dict[str, str]:
    """Displayed values of form controls by id: text, check boxes, choices (part 3, 13)."""
    shown: dict[str, str] = {}
    for event, name, element in events(archive, "content.xml", forget=("text:p", "office:forms")):
        if event == "end" and name.startswith("form:"):
            for key, id in element.attrib.items():
                if str(key).endswith("}id"):
                    shown[id] = _control(name, element)
        if event == "end" and name == "office:forms":
            break
    return shown


def _control(name: str, element: Element) -> str:
    if name in ("form:checkbox", "form:radio"):
        state = attribute(element, "form:current-state") or attribute(element, "form:state")
        on = state == "checked" or attribute(element, "form:current-selected") == "true"
        label = attribute(element, "form:label")
        return f"{'☒' if on else '☐'} {label}".strip()
    if name == "form:listbox":
        chosen = [
            attribute(one, "form:label")
            for one in element
            if attribute(one, "form:current-selected") == "true"
        ]
        return ", ".join(chosen)
    if name == "form:fixed-text":
        return attribute(element, "form:label")
    if name in ("form:button", "form:password", "form:hidden"):
        return ""
    return attribute(element, "form:current-value") or attribute(element, "form:value")


def equation_object(archive: zipfile.ZipFile, address: str) -> str:
    """The text of an embedded equation; empty for other objects."""
    root = _read_root(archive, f"{address}/content.xml")
    if root is None or short(root.tag) != "math:math":
        return ""
    return linear_mathml(root)


def object_blocks(archive: zipfile.ZipFile, address: str) -> list[Block]:
    """Title and table of values of an embedded chart or sheet."""
    root = _read_root(archive, f"{address}/content.xml")
    if root is None:
        return []
    titles = [
        one_line(" ".join(one.itertext()))
        for one in root.iter("{*}title", "{*}subtitle")
        if "chart" in str(one.tag)
    ]
    rows = [_read_cells(row) for row in root.iter("{*}table-row")][:MAX_CHART_ROWS]
    titles = [title for title in dict.fromkeys(titles) if title]
    return [Block(" – ".join(titles)), *text_rows(rows)] if titles else text_rows(rows)


def _read_cells(row: Element) -> list[str]:
    return [
        one_line(" ".join("".join(p.itertext()) for p in one.iter("{*}p")))
        for one in row
        if short(one.tag) in ("table:table-cell", "table:covered-table-cell")
    ]


def running_heads(archive: zipfile.ZipFile, used: Collection[str]) -> Iterator[Element]:
    """Headers, then footers, of the page styles (``style:master-page``) in use."""
    heads: list[Element] = []
    feet: list[Element] = []
    followed = {"Standard", *used}
    for event, name, element in events(archive, "styles.xml", forget=("text:list-style",)):
        if event != "end" or name != "style:master-page":
            continue
        if attribute(element, "style:name") not in followed:
            continue
        followed.add(attribute(element, "style:next-style-name"))
        for kind in (*_HEADS, *_FEET):
            part = child(element, kind)
            if part is not None and attribute(part, "style:display") != "false":
                (heads if kind in _HEADS else feet).append(part)
    yield from (*heads, *feet)


def _read_root(archive: zipfile.ZipFile, member: str) -> Element | None:
    root = None
    for event, _, element in events(archive, member):
        root = element if event == "end" else root
    return root
