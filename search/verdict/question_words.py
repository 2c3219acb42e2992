"""The words of a question that say what it is about, as the passages of each language have them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.vectors.opening import Bm25
from search.ranking.scored_passage import ScoredPassage
from search.verdict.background import Background
from search.wording import normalise_wording

REMEMBERED = 4000
"""Passages whose terms are kept."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class QuestionWords:
    """``terms`` has, for each word, its terms in the language of the passages looked at; ``rarity``
    their inverse document frequency, shape (words,)."""

    terms: tuple[tuple[int, ...], ...]
    rarity: NDArray[np.float64]

    def share(self, found: frozenset[int]) -> float:
        """Share of the words, weighted by rarity, that are among the terms found."""
        total = float(self.rarity.sum())
        stands = [any(term in found for term in terms) for terms in self.terms]
        return float(self.rarity[stands].sum()) / total if total > 0 else 0.0


def read_words(
    bm25: Bm25, background: Background, text: str, language: str, passage_language: str
) -> QuestionWords:
    """The words of a question in ``language`` without its stop words, stemmed for passages in
    ``passage_language``."""
    own = [word for word in _WORD.findall(normalise_wording(text)) if _terms(bm25, word, language)]
    terms = tuple(_terms(bm25, word, passage_language) for word in dict.fromkeys(own))
    return QuestionWords(terms, np.array([background.rarity(one) for one in terms]))


def terms_of(bm25: Bm25, passage: ScoredPassage) -> frozenset[int]:
    """The terms of a loaded passage, its title and headings included."""
    content = passage.content
    if content is None:
        return frozenset()
    text = "\n".join((passage.item.title, *content.heading_path, content.text))
    return _terms_of_text(bm25, text, passage.language)


@lru_cache(REMEMBERED)
def _terms_of_text(bm25: Bm25, text: str, language: str) -> frozenset[int]:
    return frozenset(bm25.passage(text, language).indices)


def _terms(bm25: Bm25, word: str, language: str) -> tuple[int, ...]:
    return bm25.query(word, language).indices
