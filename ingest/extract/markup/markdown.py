"""Markdown (CommonMark with tables), converted through HTML. Front matter is metadata, not text."""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.extract.extracted import Extracted, ExtractRequest
from ingest.extract.markup.front_matter import (
    LANGUAGES,
    first_text,
    front_matter_statements,
    split_front_matter,
)
from ingest.extract.markup.html import from_html, parsed
from ingest.extract.shared.about import (
    sensible_authors,
    sensible_language,
    sensible_title,
    sensible_year,
)
from ingest.extract.shared.decode import decode
from ingest.extract.shared.timing import time_limit
from kb.domain import GuessedField

MEDIA_TYPE = "text/markdown"
_ATTRIBUTES = re.compile(
    r"^[ \t]*\{:[^{}\n]*\}[ \t]*$|^(?P<heading>#{1,6}[ \t][^\n]*?)[ \t]*\{[:.#][^{}\n]*\}[ \t#]*$"
    r"|(?<=[)\]`*_])\{(?:[:.#][^{}\n]*|[\w-]+=[^{}\n]*)\}",
    re.MULTILINE,
)
"""Attributes in kramdown and pandoc syntax: on a line of their own, after a heading, or directly
after a link, image or marked text. Braces elsewhere are text."""
_ALERT = re.compile(r"^([ \t]*>[ \t]*)\[!\w+\][+-]?[ \t]*$", re.MULTILINE)
"""The type line of an alert, in GitHub and Obsidian syntax."""


def extract_markdown(source: ExtractRequest) -> Extracted:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    text = decode(source.path.read_bytes()).replace("\r\n", "\n")
    fields, body = split_front_matter(text)
    body = _ATTRIBUTES.sub(lambda match: match["heading"] or "", body)
    body = _ALERT.sub(r"\1", body)
    with time_limit(source.patience_s):
        reader = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(footnote_plugin)
        html = reader.render(body)
    extracted = from_html(source, parsed(html, source.patience_s), MEDIA_TYPE)
    said = front_matter_statements(fields)

    def of(field: GuessedField) -> list[str]:
        return [statement.text for statement in said if statement.field is field]

    return replace(
        extracted,
        title=next(filter(None, map(sensible_title, of(GuessedField.TITLE))), extracted.title),
        authors=sensible_authors(of(GuessedField.AUTHORS)),
        language=sensible_language(first_text(fields, LANGUAGES)),
        year=sensible_year(*of(GuessedField.YEAR)),
        statements=said,
    )
