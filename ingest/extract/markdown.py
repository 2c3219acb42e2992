"""Markdown (CommonMark with tables), through HTML. Front matter is metadata, not text."""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.extract.about import (
    sensible_authors,
    sensible_language,
    sensible_title,
    sensible_year,
)
from ingest.extract.decode import decode
from ingest.extract.extracted import Extracted, Source
from ingest.extract.html import from_html, parsed
from ingest.extract.timing import time_limit

MEDIA_TYPE = "text/markdown"
_FRONT_MATTER = re.compile(
    r"\A\ufeff?(---|\+\+\+)[ \t]*\n(.{0,20000}?)\n\1[ \t]*(?:\n|\Z)", re.DOTALL
)
_FIELD = re.compile(r"^(\w+)[ \t]*[:=][ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\{(?:[:.#][^{}\n]*|[\w-]+=[\"'][^{}\n]*)\}")  # kramdown and pandoc


def extract_markdown(source: Source) -> Extracted:
    from markdown_it import MarkdownIt

    text = decode(source.path.read_bytes()).replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    fields = dict(_FIELD.findall(front[2])) if front else {}
    body = _ATTRIBUTES.sub("", text[front.end() :] if front else text)
    with time_limit(source.patience_s):
        html = MarkdownIt("commonmark").enable("table").render(body)
    extracted = from_html(source, parsed(html, source.patience_s), MEDIA_TYPE)
    return replace(
        extracted,
        title=sensible_title(fields.get("title")) or extracted.title,
        authors=sensible_authors([fields.get("author")]),
        language=sensible_language(fields.get("lang") or fields.get("language")),
        year=sensible_year(fields.get("date"), fields.get("year")),
    )
