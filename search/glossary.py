"""A question that names a concept of the domain is also asked in the words of other languages."""

from __future__ import annotations

from functools import cache

from kb.text.folding import folded
from kb.vectors.opening import Bm25, SparseVector
from kb.vocabulary.vocabularies import Term, load


def expand_with_glossary(bm25: Bm25, text: str, language: str) -> SparseVector:
    """The terms of the question, and those of each concept in it in every other language.

    Names are looked for in the language of the question, whole words only.
    """
    own = bm25.query(text, language)
    weights = dict(zip(own.indices, own.values, strict=True))
    words = _words(text)
    for name, term in _names(language):
        if name in words:
            for index in _elsewhere(bm25, term.slug, language):
                weights.setdefault(index, 1.0)
    return SparseVector(tuple(weights), tuple(weights.values()))


def _words(text: str) -> str:
    return f" {folded(text)} "


@cache
def _names(language: str) -> tuple[tuple[str, Term], ...]:
    """Every name that a concept has in the language."""
    return tuple(
        (_words(name), term)
        for term in load("glossary").values()
        for name in term.names.get(language, ())
    )


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
