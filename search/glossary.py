"""Expands a question by the other names of the concepts that it mentions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from kb.text.folding import fold_text
from kb.vectors.opening import Bm25, SparseVector
from kb.vocabulary.vocabularies import Term, load

OWN_WEIGHT = 0.3
"""Weight of terms of a concept's other names in the question's language.

Terms in other languages weigh 1, because no word of the question itself can match passages in them.
"""
REMEMBERED = 1000
"""Questions whose synonyms are kept: they are asked for in several steps of one search."""
SHORTEST_ACRONYM = 3
"""Letters; shorter acronyms are too often ordinary words."""
LONGEST_ACRONYM = 8
IN_CAPITALS = frozenset(
    {
        "AIA",
        "APE",
        "CAM",
        "CAV",
        "DIA",
        "DOC",
        "ESCO",
        "LEADER",
        "ODD",
        "PAI",
        "PAT",
        "PIP",
        "POLA",
    }
    | {"RUE", "SAI", "SAL", "SIA", "SIC", "SIT", "SUE", "TIA", "VIA"}
)
"""Acronyms that are words, too: «le sue vie», «un leader». They count in capitals only."""


class Synonym(NamedTuple):
    """A name of a concept in a language, as BM25 term ids: it stands in a text that has them all,
    since of «piano per l'eliminazione delle barriere» the first word alone says nothing."""

    language: str
    terms: frozenset[int]


def expand_with_glossary(bm25: Bm25, text: str, language: str) -> SparseVector:
    """Sparse vector (BM25 term ids and weights) of the question and of the other names of its
    concepts.

    Names are matched in the question's language, as whole words.
    """
    own = bm25.query(text, language)
    weights = dict(zip(own.indices, own.values, strict=True))
    words = _pad_words(text)
    for name, term in _list_names(language):
        if name in words:
            for index in _terms_elsewhere(bm25, term.slug, language):
                weights.setdefault(index, 1.0)
            for index in _terms_of_names(bm25, term.slug, language):
                weights.setdefault(index, OWN_WEIGHT)
    return SparseVector(tuple(weights), tuple(weights.values()))


@lru_cache(REMEMBERED)
def find_synonyms(bm25: Bm25, text: str, language: str) -> Mapping[str, tuple[Synonym, ...]]:
    """For each word of a question that is part of a concept's name, as ``fold_text`` writes it, all
    names of the concept in all languages."""
    padded = _pad_words(text)
    found: dict[str, tuple[Synonym, ...]] = {}
    for name, term in _list_names(language):
        if name in padded:
            for word in name.split():
                found[word] = found.get(word, ()) + _names_as_terms(bm25, term.slug)
    return found


def spell_out(text: str, language: str) -> str:
    """Replace acronyms of concepts by the concept's usual name, which the model knows: «costituire
    una CER» becomes «costituire una comunità energetica». Lower-case ones count unless they are
    words, too; where all of several words are in capitals, capitals say nothing."""
    if text.isupper() and len(text.split()) > 1:
        text = text.lower()
    for acronym, words in _compile_acronyms(language):
        text = acronym.sub(words, text)
    return text


@cache
def _compile_acronyms(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    named = (term.names.get(language, ()) for term in load("glossary").values())
    return tuple(
        (re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", _case_of(name)), usual)
        for usual, *others in (names for names in named if names)
        for name in others
        if _is_acronym(name)
    )


def _case_of(acronym: str) -> re.RegexFlag:
    return re.NOFLAG if acronym in IN_CAPITALS else re.IGNORECASE


def _is_acronym(name: str) -> bool:
    """CER, UdC."""
    capitals = sum(letter.isupper() for letter in name)
    return name.isalpha() and SHORTEST_ACRONYM <= len(name) <= LONGEST_ACRONYM and capitals > 1


def _pad_words(text: str) -> str:
    return f" {fold_text(text)} "


@cache
def _list_names(language: str) -> tuple[tuple[str, Term], ...]:
    """Every name that a concept has in the language, with its term; acronyms that are words, too,
    are left to ``spell_out``."""
    return tuple(
        (_pad_words(name), term)
        for term in load("glossary").values()
        for name in term.names.get(language, ())
        if name not in IN_CAPITALS
    )


@cache
def _terms_of_names(bm25: Bm25, slug: str, language: str) -> frozenset[int]:
    """BM25 term ids of all names of a concept in the language."""
    names = load("glossary")[slug].names.get(language, ())
    return frozenset(index for name in names for index in bm25.query(name, language).indices)


@cache
def _names_as_terms(bm25: Bm25, slug: str) -> tuple[Synonym, ...]:
    terms = (
        Synonym(language, frozenset(bm25.query(name, language).indices))
        for language, names in load("glossary")[slug].names.items()
        for name in names
    )
    return tuple(one for one in terms if one.terms)


@cache
def _terms_elsewhere(bm25: Bm25, slug: str, language: str) -> frozenset[int]:
    """BM25 term ids of a concept's names in all languages except ``language``."""
    return frozenset(
        index
        for other, names in load("glossary")[slug].names.items()
        if other != language
        for name in names
        for index in bm25.query(name, other).indices
    )
