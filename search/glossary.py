"""A question that names a concept of the domain is also asked in the concept's other names."""

from __future__ import annotations

import re
from functools import cache

from kb.text.folding import fold_text
from kb.vectors.opening import Bm25, SparseVector
from kb.vocabulary.vocabularies import Term, load

OWN_WEIGHT = 0.3
"""Of the other names of a concept in the question's own language. Those in other languages count 1,
since no word of the question can meet a passage there."""
SHORTEST_ACRONYM = 3
"""Letters; shorter ones are words too."""


def expand_with_glossary(bm25: Bm25, text: str, language: str) -> SparseVector:
    """The terms of the question, and those of the other names of each concept in it.

    Names are looked for in the language of the question, whole words only.
    """
    own = bm25.query(text, language)
    weights = dict(zip(own.indices, own.values, strict=True))
    words = _words(text)
    for name, term in _names(language):
        if name in words:
            for index in _elsewhere(bm25, term.slug, language):
                weights.setdefault(index, 1.0)
            for index in _named(bm25, term.slug, language):
                weights.setdefault(index, OWN_WEIGHT)
    return SparseVector(tuple(weights), tuple(weights.values()))


def spell_out(text: str, language: str) -> str:
    """The text with each acronym of a concept in the concept's usual words, which the model knows:
    «costituire una CER» becomes «costituire una comunità energetica»."""
    for acronym, words in _acronyms(language):
        text = acronym.sub(words, text)
    return text


@cache
def _acronyms(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    named = (term.names.get(language, ()) for term in load("glossary").values())
    return tuple(
        (re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE), usual)
        for usual, *others in (names for names in named if names)
        for name in others
        if name.isupper() and len(name) >= SHORTEST_ACRONYM
    )


def _words(text: str) -> str:
    return f" {fold_text(text)} "


@cache
def _names(language: str) -> tuple[tuple[str, Term], ...]:
    """Every name that a concept has in the language."""
    return tuple(
        (_words(name), term)
        for term in load("glossary").values()
        for name in term.names.get(language, ())
    )


@cache
def _named(bm25: Bm25, slug: str, language: str) -> frozenset[int]:
    """The terms of all names of a concept in the language."""
    names = load("glossary")[slug].names.get(language, ())
    return frozenset(index for name in names for index in bm25.query(name, language).indices)


@cache
def _elsewhere(bm25: Bm25, slug: str, language: str) -> frozenset[int]:
    """The terms of a concept in all languages but one."""
    return frozenset(
        index
        for other, names in load("glossary")[slug].names.items()
        if other != language
        for name in names
        for index in bm25.query(name, other).indices
    )
