"""Detect PDF pages whose nested forms would keep a reader busy without end.

Forms are XObjects, patterns, soft masks and appearances of annotations. Some files let each call
others several times, level after level, or itself. pdfium executes every call; here they are only
counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from kb.messages import N_, PermanentError

MOST_CALLS = 100_000
"""Parts that one page draws in all; a map or plan has some thousands."""
MOST_BYTES = 256 << 20
"""Instructions that these hold in all."""
DEEPEST = 28
"""Levels of nesting that pdfium follows."""
MOST_PARTS = 20_000
MOST_ANNOTATIONS = 500
LONGEST = 4 << 20
"""Bytes of a part's content stream that are read."""
_MAY_NEST = re.compile(rb"/Subtype\s*/Form|/PatternType|/Subtype\s+\d|/[A-Za-z]*#[0-9A-Fa-f]{2}")
_CALL = re.compile(rb"/([^\s/\[\]<>(){}%]+)\s+(?:Do|scn|SCN|gs)\b")

Part = tuple[Counter[int], int, Any]
"""Calls per called part, length of the content stream, and the stream object, kept so that its
``id`` is not reused."""


def may_nest(path: Path) -> bool:
    """Whether the file has forms at all: their dictionaries are never compressed."""
    return _MAY_NEST.search(path.read_bytes()) is not None


class Nesting:
    """The parts of one document. ``reader`` is pypdf's."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._parts: dict[int, Part] = {}

    def is_too_deep(self, index: int) -> bool:
        """Whether page ``index`` (from 0) expands beyond what is drawn. Raises anything at all on
        a damaged page."""
        page = self._reader.pages[index]
        resources = _resolved(page.get("/Resources"))
        roots = list(_contents(page))
        counted: Counter[int] = Counter()
        length = sum(map(len, roots))
        for content in roots:
            counted.update(self._called(content, resources, resources))
        for look in islice(_looks(page), MOST_ANNOTATIONS):
            counted[self._part(look, resources)] += 1
        return self._expands(counted, length)

    def _expands(self, called: Counter[int], length: int) -> bool:
        calls = 0
        for _ in range(DEEPEST):
            if not called:
                return False
            calls += called.total()
            length += sum(number * self._parts[part][1] for part, number in called.items())
            if calls > MOST_CALLS or length > MOST_BYTES:
                return True
            following: Counter[int] = Counter()
            for part, number in called.items():
                for inner, times in self._parts[part][0].items():
                    following[inner] += number * times
            called = following
        return False

    def _part(self, stream: Any, outer: Any) -> int:
        """The number of a part, whose calls are counted when it is first met."""
        waiting = [(stream, outer)]
        while waiting:
            one, around = waiting.pop()
            if id(one) in self._parts or len(self._parts) >= MOST_PARTS:
                continue
            content = _data(one)
            resources = _resolved(one.get("/Resources")) or around
            inner = list(_named(content, resources, around))
            self._parts[id(one)] = (Counter(map(id, inner)), len(content), one)
            waiting += ((part, resources) for part in inner)
        return id(stream)

    def _called(self, content: bytes, resources: Any, outer: Any) -> Iterator[int]:
        for part in _named(content, resources, outer):
            yield self._part(part, resources)


def _named(content: bytes, resources: Any, outer: Any) -> Iterator[Any]:
    """The parts that instructions call, once for each call."""
    found: dict[bytes, Any] = {}
    for match in _CALL.finditer(content):
        name = match[1]
        if name not in found:
            found[name] = _lookup(name, resources) or _lookup(name, outer)
        if found[name] is not None:
            yield found[name]


def _lookup(name: bytes, resources: Any) -> Any:
    """The form, tiling pattern or soft mask of that name, if it is one."""
    key = "/" + _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), name).decode("latin-1")
    for kind in ("/XObject", "/Pattern", "/ExtGState"):
        named = (_resolved(resources.get(kind)) or {}).get(key) if resources else None
        part: Any = _resolved(named)
        if part is not None and kind == "/ExtGState":
            mask = _resolved(part.get("/SMask"))
            part = _resolved(mask.get("/G")) if isinstance(mask, Mapping) else None
        if hasattr(part, "get_data") and part.get("/Subtype") != "/Image":
            return part
    return None


_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


def _looks(page: Any) -> Iterator[Any]:
    """How the annotations of the page are drawn."""
    for annotation in _resolved(page.get("/Annots")) or ():
        looks = _resolved(_resolved(annotation).get("/AP"))
        look = _resolved(looks.get("/N")) if looks else None
        if look is None:
            continue
        for one in [look] if hasattr(look, "get_data") else map(_resolved, look.values()):
            if hasattr(one, "get_data"):
                yield one


def _contents(page: Any) -> Iterator[bytes]:
    contents = _resolved(page.get("/Contents"))
    streams = contents if isinstance(contents, list) else [contents]
    for stream in map(_resolved, streams):
        if stream is not None:
            yield _data(stream)


def _data(stream: Any) -> bytes:
    """The instructions of a stream; none where it cannot be decoded, for then nobody draws it."""
    try:
        data: bytes = stream.get_data()[:LONGEST]
    except Exception:  # pypdf raises whatever damaged data led to
        return b""
    return data


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None else None


def too_intricate() -> PermanentError:
    return PermanentError(
        N_(
            "The PDF is too intricate: it draws the same parts within each other far more often"
            " than a page can show. Print it to a new PDF and upload that."
        )
    )
