"""MathML equations as one line, in the same notation as Word's (``omml``): "(a+b)/2", "x_i^2",
"√(x+1)"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingest.extract.shared.xml_stream import Element
from ingest.extract.word.omml import grouped

MAX_DEPTH = 60
"""Nesting that is followed."""
_UNSEEN = frozenset({"annotation", "annotation-xml", "mphantom", "maction"})
_LARGE = frozenset("∑∏∫∮∐⋃⋂")


def linear_mathml(element: Element, depth: int = 0) -> str:
    """The text of a MathML element and its descendants."""
    name = _local(element)
    if depth > MAX_DEPTH or name in _UNSEEN:
        return ""
    parts = [linear_mathml(one, depth + 1) for one in element if isinstance(one.tag, str)]
    written = _WRITERS.get(name)
    if written and parts:
        return written(parts)
    return " ".join((element.text or "").split()) if not parts else "".join(parts)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _fraction(parts: list[str]) -> str:
    return "/".join(grouped(part) for part in parts[:2])


def _low(parts: list[str]) -> str:
    return _with_limits(parts[0], parts[1] if len(parts) > 1 else "", "")


def _high(parts: list[str]) -> str:
    return _with_limits(parts[0], "", parts[1] if len(parts) > 1 else "")


def _both(parts: list[str]) -> str:
    return _with_limits(parts[0], *[*parts[1:3], "", ""][:2])


def _with_limits(base: str, low: str, high: str) -> str:
    marks = (f"_{grouped(low)}" if low else "") + (f"^{grouped(high)}" if high else "")
    return f"{base}{marks} " if base in _LARGE else f"{grouped(base)}{marks}"


def _square_root(parts: list[str]) -> str:
    return f"√({''.join(parts)})"


def _root(parts: list[str]) -> str:
    degree = parts[1] if len(parts) > 1 else ""
    return f"{ {'2': '√', '3': '∛', '4': '∜'}.get(degree, degree + '√') }({parts[0]})"


def _rows(parts: list[str]) -> str:
    return f"[{'; '.join(parts)}]"


def _cells(parts: list[str]) -> str:
    return ", ".join(parts)


def _fenced(parts: list[str]) -> str:
    return f"({', '.join(parts)})"


def _base(parts: list[str]) -> str:
    return parts[0]


_WRITERS: Mapping[str, Callable[[list[str]], str]] = {
    "mfrac": _fraction,
    "msub": _low,
    "munder": _low,
    "msup": _high,
    "mover": _high,
    "msubsup": _both,
    "munderover": _both,
    "msqrt": _square_root,
    "mroot": _root,
    "mtable": _rows,
    "mtr": _cells,
    "mfenced": _fenced,
    "semantics": _base,
}
