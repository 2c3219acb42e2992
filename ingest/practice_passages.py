"""Split a practice card into passages: its Italian text, and its English fields."""

from __future__ import annotations

from dataclasses import replace

from ingest.extracted_item import Content
from ingest.text.split import Count, PassageRules, split_passages
from kb.domain import CARD_LANGUAGE, Heading, Page, Passage, Verdict
from kb.practices.field_texts import field_sections
from kb.practices.practice import Practice

LANGUAGES = (CARD_LANGUAGE, "en")


def content_of(practice: Practice, content_key: str, rules: PassageRules, count: Count) -> Content:
    """The card's passages. Each section is a chapter of its own, so that no passage spans two
    sections."""
    passages: list[Passage] = []
    for language in LANGUAGES:
        for passage in _split_language(practice, language, content_key, rules, count):
            passages.append(replace(passage, ordinal=len(passages)))
    return Content(title=practice.title, passages=tuple(passages), language=LANGUAGES[0])


def _split_language(
    practice: Practice, language: str, content_key: str, rules: PassageRules, count: Count
) -> tuple[Passage, ...]:
    sections = practice.text_sections(language)
    if language == LANGUAGES[0]:
        sections += field_sections(practice)
    pages = [
        Page(number, heading, text, text, (), Verdict.TEXT)
        for number, (heading, text) in enumerate(sections, start=1)
    ]
    headings = [Heading(1, page.label, page.number, 0) for page in pages]
    title = practice.title if language == LANGUAGES[0] else practice.title_en
    passages = split_passages(
        pages,
        headings,
        title=title,
        content_key=f"{content_key}/{language}",
        rules=rules,
        count=count,
        language_of=lambda text: language,
    )
    return tuple(replace(passage, spans=()) for passage in passages)
