"""Relevance by words alone, where a question has no vector: which of its words stand in a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.runtime.services import Services
from search.query import EmbeddedQuestion
from search.ranking.scored_passage import ScoredPassage, load_contents
from search.verdict.background import background_of
from search.verdict.card_words import read_card_terms
from search.verdict.model import VerdictModel
from search.verdict.question_words import QuestionWords, read_words, terms_of_text
from search.verdict.signals import terms_of_passages

SHARE_OF_BEST = 0.5
"""Of the best item's share of the words, below which an item is less near."""
BELOW = 1e-6
"""By how much the relevance stays below what makes the verdict “answered”."""


def share_words(
    services: Services,
    session: Session,
    access: Access,
    question: EmbeddedQuestion,
    passages: Sequence[ScoredPassage],
) -> dict[str, float]:
    """Of each item with a loaded passage, the share of the question's words that stand in it,
    weighted by rarity; anywhere in a card, in the passages found of a document."""
    words = _read_words(services, session, access, question)
    own: dict[str, list[ScoredPassage]] = defaultdict(list)
    for passage in passages:
        if passage.content is not None:
            own[passage.item.id].append(passage)
    practices = [id for id, (first, *_) in own.items() if first.item.kind is Kind.PRACTICE]
    cards = read_card_terms(services.database, session, services.bm25, sorted(practices))
    return {
        id: words.share(cards.get(id) or terms_of_passages(services.bm25, found))
        for id, found in own.items()
    }


def load_with_words(
    services: Services,
    session: Session,
    access: Access,
    question: EmbeddedQuestion,
    passages: Sequence[ScoredPassage],
) -> None:
    """Load the contents of passages; what a sentence shares with the question's words stands in for
    its cosine."""
    words = _read_words(services, session, access, question)
    missing = [one for one in passages if one.content is None]
    load_contents(session, question.dense, missing)
    for passage in missing:
        if passage.content is not None:
            texts, language = passage.content.sentence_texts, passage.language
            terms = [terms_of_text(services.bm25, text, language) for text in texts]
            shares = [words.share({language: one}) for one in terms]
            passage.sentence_cosines = np.array(shares, np.float32)


def estimate_by_words(shares: Mapping[str, float], model: VerdictModel) -> dict[str, float]:
    """Relevance by item, in place of a probability: “near” for those with at least
    ``SHARE_OF_BEST`` of the best share, never “answered”, which takes more than words."""
    least = SHARE_OF_BEST * max(shares.values(), default=0.0)
    most = model.answered - BELOW
    return {
        id: model.near + (most - model.near) * share
        if share and share >= least
        else model.end * share
        for id, share in shares.items()
    }


def _read_words(
    services: Services, session: Session, access: Access, question: EmbeddedQuestion
) -> QuestionWords:
    bm25, dimension = services.bm25, int(question.dense.size)
    background = background_of(services.database, session, access, bm25, dimension)
    return read_words(bm25, background, question.text, question.language)
