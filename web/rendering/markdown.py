"""Markdown of cards and collections as safe HTML, without raw HTML and headings."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["heading", "lheading", "image"])


def markdown(text: str) -> Markup:
    """HTML of ``text``. Raw HTML is escaped and only harmless addresses become links."""
    return Markup(_parser().render(text))  # noqa: S704 - the parser escapes, html is off


def plain_text(text: str) -> str:
    """The text without Markdown marks; paragraphs and list items on separate lines."""
    lines = []
    for token in _parser().parse(text):
        if token.type == "inline":
            parts = (_words(child.type, child.content) for child in token.children or ())
            lines.append("".join(parts))
    return "\n".join(lines).strip()


def _words(kind: str, content: str) -> str:
    return " " if kind in ("softbreak", "hardbreak") else content
