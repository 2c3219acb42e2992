"""The words of a question that say what it is about, and how many of them stand in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.text.folding import fold_text
from kb.vectors.opening import Bm25
from search.glossary import Synonym, find_synonyms
from search.verdict.background import Background
from search.wording import normalise_wording

REMEMBERED_TEXTS, REMEMBERED_WORDS = 4000, 20_000
"""Of how many the terms are kept."""

FEW_WORDS = 2
"""Words of a question that asks for a thing by its name only."""
_NONE: frozenset[int] = frozenset()
TermsByLanguage = Mapping[str, frozenset[int]]
"""BM25 term ids of the passages in each language."""
_WORD = re.compile(r"\w+")
_ASKING = frozenset(
    "cosa cos fare fatto fanno può puo possono posso possibile esiste esistono esempio esempi "
    "esperienza esperienze pratica pratiche caso casi qualcuno nessuno vero serve servono conviene "
    "meglio vorremmo vuole modo buone "
    "example examples experience experiences practice practices anyone someone possible works "
    "beispiel beispiele erfahrung erfahrungen jemand möglich "
    "exemple exemples expérience expériences pratiques quelqu possible "
    "ejemplo ejemplos experiencia experiencias prácticas alguien posible".split()
)
"""Words of asking, not of what is asked about, that are no stop words."""


@dataclass(frozen=True)
class QuestionWords:
    """``words`` without stop words; ``rarity`` their inverse document frequency, shape (words,);
    ``synonyms`` the names of the concepts that they name; ``rarest`` the inverse document
    frequency of a word that stands nowhere."""

    words: tuple[str, ...]
    rarity: NDArray[np.float64]
    synonyms: tuple[tuple[Synonym, ...], ...]
    bm25: Bm25
    rarest: float

    def find_standing(self, found: TermsByLanguage) -> NDArray[np.bool_]:
        """Which words stand in the text with these terms, themselves or by another name of their
        concept, shape (words,)."""
        return np.array(
            [
                any(terms_of_word(self.bm25, word, one) & own for one, own in found.items())
                or any(name.terms <= found.get(name.language, _NONE) for name in names)
                for word, names in zip(self.words, self.synonyms, strict=True)
            ],
            bool,
        )

    def share(self, found: TermsByLanguage) -> float:
        """Share of the words, weighted by rarity, that stand in the text with these terms: 1 where
        the question has no words."""
        total = float(self.rarity.sum())
        return float(self.rarity[self.find_standing(found)].sum()) / total if total > 0 else 1.0

    def rarest_missing(self, found: TermsByLanguage) -> float:
        """Rarity of the rarest word that does not stand in the text with these terms, as a share of
        that of a word that stands nowhere; 0 where all do."""
        return float(self.rarity[~self.find_standing(found)].max(initial=0.0)) / self.rarest

    def are_few_and_missing(self, found: TermsByLanguage) -> bool:
        """Whether there are at most ``FEW_WORDS`` and none stands in the text with these terms."""
        return 0 < len(self.words) <= FEW_WORDS and not self.find_standing(found).any()


def read_words(bm25: Bm25, background: Background, text: str, language: str) -> QuestionWords:
    """The words of a question in ``language``."""
    plain = normalise_wording(text)
    named = find_synonyms(bm25, plain, language)
    words = tuple(
        word
        for word in dict.fromkeys(_WORD.findall(plain))
        if word not in _ASKING and terms_of_word(bm25, word, language)
    )
    return QuestionWords(
        words,
        np.array([background.rarity(tuple(terms_of_word(bm25, one, language))) for one in words]),
        tuple(named.get(fold_text(one), ()) for one in words),
        bm25,
        background.rarity(()),
    )


@lru_cache(REMEMBERED_WORDS)
def terms_of_word(bm25: Bm25, word: str, language: str) -> frozenset[int]:
    return frozenset(bm25.query(word, language).indices)


@lru_cache(REMEMBERED_TEXTS)
def terms_of_text(bm25: Bm25, text: str, language: str) -> frozenset[int]:
    return frozenset(bm25.passage(text, language).indices)
