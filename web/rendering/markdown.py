"""Markdown of cards, collections and pages as safe HTML, without raw HTML."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

_HREF = re.compile(r'href="(?!https?:|mailto:)([^"]*)"')


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["heading", "lheading", "image"])


@cache
def _long_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["image"])


def markdown(text: str) -> Markup:
    """HTML of ``text``. Raw HTML is escaped and only harmless addresses become links."""
    return Markup(_parser().render(text))  # noqa: S704 - the parser escapes, html is off


def long_markdown(text: str) -> Markup:
    """As ``markdown``, with headings: the first level is that below the title of the page."""
    parser = _long_parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - as above


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


def markdown_outside(text: str, site: str) -> Markup:
    """Markdown as HTML whose links lead to the site from elsewhere too."""

    def complete(found: re.Match[str]) -> str:
        return f'href="{site}/{found[1].lstrip("/")}"'

    return Markup(_HREF.sub(complete, str(markdown(text))))  # noqa: S704 - markdown() escapes
