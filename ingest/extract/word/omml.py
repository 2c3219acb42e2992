"""Word equations (Office Math, ECMA-376, 22.1) as one line: "(a+b)/2", "x_i^2", "√(x+1)",
"∑_(i=1)^n x_i"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ingest.extract.shared.xml_stream import Element, attribute, child, short

MAX_DEPTH = 60
"""Nesting that is followed."""
ROOTS = {"2": "√", "3": "∛", "4": "∜", "": "√"}
_SIMPLE = re.compile(r"[\w.,%°′'∞]+|\([^()]*\)|\[[^\[\]]*\]|[^\W\d]\([^()]*\)")
_HIDDEN = frozenset({"m:rPr", "m:ctrlPr", "w:rPr", "w:del", "w:moveFrom"})


def linear(element: Element, depth: int = 0) -> str:
    """The text of an Office Math element and its descendants."""
    name = short(element.tag)
    if depth > MAX_DEPTH or name in _HIDDEN or name.endswith("Pr"):
        return ""
    if name in ("m:t", "w:t"):
        return element.text or ""
    written = _WRITERS.get(name)
    return written(element, depth + 1) if written else _all(element, depth)


def _all(element: Element, depth: int) -> str:
    return "".join(linear(one, depth + 1) for one in element)


def _part(element: Element, name: str, depth: int) -> str:
    found = child(element, name)
    return "" if found is None else _all(found, depth).strip()


def grouped(text: str) -> str:
    """The text in brackets, unless it is a single number or name or in brackets already."""
    return text if not text or _SIMPLE.fullmatch(text) else f"({text})"


def _property(element: Element, kind: str, name: str, default: str) -> str:
    found = child(element, kind, name)
    return default if found is None else attribute(found, "m:val")


def _fraction(element: Element, depth: int) -> str:
    above, below = (_part(element, name, depth) for name in ("m:num", "m:den"))
    if _property(element, "m:fPr", "m:type", "bar") == "noBar":
        return f"({above} {below})"
    return f"{grouped(above)}/{grouped(below)}"


def _scripts(element: Element, depth: int) -> str:
    base, low, high = (_part(element, name, depth) for name in ("m:e", "m:sub", "m:sup"))
    before = short(element.tag) == "m:sPre"
    marks = (f"_{grouped(low)}" if low else "") + (f"^{grouped(high)}" if high else "")
    return f"{marks}{base}" if before else f"{grouped(base)}{marks}"


def _root(element: Element, depth: int) -> str:
    degree, base = (_part(element, name, depth) for name in ("m:deg", "m:e"))
    sign = ROOTS.get(degree, f"{degree}√")
    return f"{sign}({base.removeprefix('(').removesuffix(')') if _one_group(base) else base})"


def _one_group(text: str) -> bool:
    return bool(re.fullmatch(r"\([^()]*\)", text))


def _nary(element: Element, depth: int) -> str:
    sign = _property(element, "m:naryPr", "m:chr", "∫")
    low, high, base = (_part(element, name, depth) for name in ("m:sub", "m:sup", "m:e"))
    limits = (f"_{grouped(low)}" if low else "") + (f"^{grouped(high)}" if high else "")
    return f"{sign}{limits} {base}" if limits else f"{sign}{base}"


def _delimited(element: Element, depth: int) -> str:
    begin = _property(element, "m:dPr", "m:begChr", "(")
    between = _property(element, "m:dPr", "m:sepChr", "|")
    end = _property(element, "m:dPr", "m:endChr", ")")
    parts = [_all(one, depth) for one in element if short(one.tag) == "m:e"]
    return f"{begin}{between.join(parts)}{end}"


def _function(element: Element, depth: int) -> str:
    name, base = (_part(element, part, depth) for part in ("m:fName", "m:e"))
    return f"{name}{base}" if base.startswith("(") else f"{name} {base}"


def _limit(element: Element, depth: int) -> str:
    base, limit = _part(element, "m:e", depth), _part(element, "m:lim", depth)
    sign = "_" if short(element.tag) == "m:limLow" else "^"
    return f"{base}{sign}{grouped(limit)}"


def _matrix(element: Element, depth: int) -> str:
    rows = [
        ", ".join(_all(cell, depth).strip() for cell in row if short(cell.tag) == "m:e")
        for row in element
        if short(row.tag) == "m:mr"
    ]
    return f"[{'; '.join(rows)}]"


def _lines(element: Element, depth: int) -> str:
    parts = [_all(one, depth).strip() for one in element if short(one.tag) == "m:e"]
    return "; ".join(part for part in parts if part)


_WRITERS: Mapping[str, Callable[[Element, int], str]] = {
    "m:f": _fraction,
    "m:sSup": _scripts,
    "m:sSub": _scripts,
    "m:sSubSup": _scripts,
    "m:sPre": _scripts,
    "m:rad": _root,
    "m:nary": _nary,
    "m:d": _delimited,
    "m:func": _function,
    "m:limLow": _limit,
    "m:limUpp": _limit,
    "m:m": _matrix,
    "m:eqArr": _lines,
}
