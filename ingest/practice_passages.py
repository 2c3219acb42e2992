"""Split practice cards and projects, which have sections instead of pages, into passages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingest.extracted_item import Content
from ingest.text.split import Count, PassageRules, split_passages
from kb.domain import CARD_LANGUAGE, Heading, Page, Passage, Verdict
from kb.practices.field_texts import field_sections
from kb.practices.practice import Practice

LANGUAGES = (CARD_LANGUAGE, "en")


def content_of(practice: Practice, content_key: str, rules: PassageRules, count: Count) -> Content:
    """The card's passages: its Italian text, and its English fields. Each section is a chapter of
    its own, so that no passage spans two sections."""
    passages: list[Passage] = []
    for language in LANGUAGES:
        sections = practice.text_sections(language)
        if language == LANGUAGES[0]:
            sections += field_sections(practice)
        written = SectionText(
            practice.title if language == LANGUAGES[0] else practice.title_en,
            language,
            tuple(sections),
        )
        for passage in _split_sections(written, f"{content_key}/{language}", rules, count):
            passages.append(replace(passage, ordinal=len(passages)))
    return Content(title=practice.title, passages=tuple(passages), language=LANGUAGES[0])


@dataclass(frozen=True)
class SectionText:
    """A title and sections, ``(heading, text)`` each, in one language."""

    title: str
    language: str
    sections: tuple[tuple[str, str], ...]


def content_of_sections(
    written: SectionText, content_key: str, rules: PassageRules, count: Count
) -> Content:
    """The passages of a project."""
    passages = _split_sections(written, content_key, rules, count)
    return Content(title=written.title, passages=passages, language=written.language)


def _split_sections(
    written: SectionText, content_key: str, rules: PassageRules, count: Count
) -> tuple[Passage, ...]:
    pages = [
        Page(number, heading, text, text, (), Verdict.TEXT)
        for number, (heading, text) in enumerate(written.sections, start=1)
    ]
    passages = split_passages(
        pages,
        [Heading(1, page.label, page.number, 0) for page in pages],
        title=written.title,
        content_key=content_key,
        rules=rules,
        count=count,
        language_of=lambda text: written.language,
    )
    return tuple(replace(passage, spans=()) for passage in passages)
