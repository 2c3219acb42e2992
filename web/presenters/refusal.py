"""Suggestions when nothing answers a question: themes, collections, nearest practices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.storage.collections import Collection
from kb.text.folding import fold_text
from kb.vocabulary import vocabularies
from search.results import Result
from web.presenters import queries
from web.presenters.listing import FilterOption
from web.rendering.i18n import Locale

MOST_THEMES = 3
MOST_COLLECTIONS = 3
NEAREST = 3
"""Results shown when nothing answers."""
TELLING = 4
"""Letters; shorter words are too common to match themes or collections by."""


@dataclass(frozen=True)
class Refusal:
    """``themes`` with their number of practices, ``collections`` with their number of items."""

    themes: tuple[FilterOption, ...]
    collections: tuple[tuple[Collection, int], ...]


def build_refusal(
    session: Session, access: Access, reader: Locale, text: str, nearest: Sequence[Result]
) -> Refusal:
    """Build the suggestions for the question ``text``; ``nearest`` are the best results in
    order."""
    words = _stem_words(text)
    return Refusal(
        _suggest_themes(session, access, reader, words, nearest),
        _suggest_collections(session, access, words, nearest),
    )


def _suggest_themes(
    session: Session, access: Access, reader: Locale, words: set[str], nearest: Sequence[Result]
) -> tuple[FilterOption, ...]:
    """Themes whose name shares a word with the question, then those that at least two of the
    nearest results have."""
    counts = {one.value: one.count for one in queries.theme_counts(session, access, Kind.PRACTICE)}
    terms = vocabularies.load("themes")
    labels = {slug: terms[slug].label(reader.code) for slug in counts if slug in terms}
    named = [slug for slug, label in labels.items() if words & _stem_words(label)]
    found = Counter(theme for result in nearest for theme in result.themes if theme in labels)
    slugs = dict.fromkeys([*named, *(slug for slug, times in found.most_common() if times > 1)])
    chosen = list(slugs)[:MOST_THEMES]
    return tuple(FilterOption(slug, labels[slug], counts[slug], selected=False) for slug in chosen)


def _suggest_collections(
    session: Session, access: Access, words: set[str], nearest: Sequence[Result]
) -> tuple[tuple[Collection, int], ...]:
    """Collections whose title shares a word with the question, or that contain two nearest
    results."""
    ids = {result.id for result in nearest}
    seen = queries.entries_seen(session, access)
    scored = []
    for one in queries.list_curated(session, access):
        held = sum(entry.item_id in ids for entry in one.entries)
        named = len(words & (_stem_words(one.title) | _stem_words(one.title_en)))
        if named or held > 1:
            scored.append((-named, -held, one.title, one))
    scored.sort(key=lambda row: row[:3])
    return tuple((one, seen.get(one.id, 0)) for *_, one in scored[:MOST_COLLECTIONS])


def _stem_words(text: str) -> set[str]:
    """Folded words of at least ``TELLING`` letters without their last letter: «scuole» matches
    «scuola»."""
    return {word[:-1] for word in fold_text(text).split() if len(word) >= TELLING}
