"""Plain text and reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.extract.extracted import Extracted, ExtractRequest
from ingest.extract.shared.about import sensible_title
from ingest.extract.shared.blocks import HeadingMark, cut_sections
from ingest.extract.shared.decode import decode
from kb.domain import PageUnit

_UNDERLINED = re.compile(
    r"^(?P<over>([=\-~^\"'*+#:._`])\2{2,}[ \t]*\n)?"
    r"(?P<title>[^\s.].{0,200})\n(?P<under>([=\-~^\"'*+#:._`])\5{2,})[ \t]*$",
    re.MULTILINE,
)
_ROLE = re.compile(r":[\w:-]+:`([^`<]{1,300}?)(?:\s{0,3}<[^>`]{0,300}>)?`")
_LINK = re.compile(r"`([^`<]{1,300}?)\s{0,3}<[^>`]{0,300}>`__?")
_INLINE = re.compile(r"(?<!\S)(\*\*|\*|``)(\S(?:[^*`\n]*\S)?)\1(?!\w)")
_DIRECTIVE = re.compile(
    r"^[ \t]*\.\. (?:[\w:-]+::.*|_[^\n]*|\|[^\n]*)\n(?:[ \t]+:\w+:.*\n)*", re.MULTILINE
)
_TOCTREE = re.compile(r"^[ \t]*\.\. toctree::.*\n(?:[ \t]+\S.*\n|[ \t]*\n)*", re.MULTILINE)
_ESCAPED_SPACE = re.compile(r"\\ ")


def extract_text(source: ExtractRequest) -> Extracted:
    text = decode(source.path.read_bytes())
    return _extracted(source, "text/plain", text, [], laid_out=True)


def extract_rst(source: ExtractRequest) -> Extracted:
    """Read reStructuredText. Headings are underlined lines; levels follow the order in which
    underline characters first appear."""
    text = decode(source.path.read_bytes()).replace("\r\n", "\n")
    text = _DIRECTIVE.sub("", _TOCTREE.sub("\n", text))
    for pattern, shown in ((_ROLE, r"\1"), (_LINK, r"\1"), (_INLINE, r"\2"), (_ESCAPED_SPACE, "")):
        text = pattern.sub(shown, text)
    text, marks = _rst_headings(text)
    return _extracted(source, "text/x-rst", text, marks, laid_out=True)


def _rst_headings(text: str) -> tuple[str, list[HeadingMark]]:
    levels: dict[tuple[str, bool], int] = {}
    parts: list[str] = []
    marks: list[HeadingMark] = []
    length = done = 0
    for match in _UNDERLINED.finditer(text):
        style = (match["under"][0], bool(match["over"]))
        level = levels.setdefault(style, len(levels) + 1)
        title = match["title"].strip()
        before = text[done : match.start()]
        length += len(before)
        marks.append(HeadingMark(level, title, length))
        parts += (before, title)
        length += len(title)
        done = match.end()
    return "".join([*parts, text[done:]]), marks


def _extracted(
    source: ExtractRequest,
    media_type: str,
    text: str,
    marks: Sequence[HeadingMark],
    *,
    laid_out: bool,
) -> Extracted:
    pages, headings = cut_sections(text, marks)
    source.on_page(len(pages), len(pages))
    return Extracted(
        media_type=media_type,
        unit=PageUnit.SECTION,
        pages=tuple(pages),
        headings=tuple(headings),
        title=sensible_title(marks[0].title) if marks else "",
        laid_out=laid_out,
    )
