"""Rerank the leading passages by the sentence in them, or the header, nearest to the question.

Late interaction (Khattab and Zaharia 2020, "ColBERT") between the question and whole sentences,
whose vectors are stored beside the text (``kb.embedding.late``): nothing is embedded here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from kb.domain import Kind
from kb.practices.passage_headings import FIELD_HEADINGS
from search.query import EmbeddedQuestion
from search.ranking.figures_in_sentences import raise_asked_figures
from search.ranking.named_rows import raise_named_rows
from search.ranking.scored_passage import ScoredPassage, load_contents, sort_best_first

LEADING = 30
"""Passages that are reranked."""
FIELD_WEIGHT = 0.85
"""Of the likeness of place, actors, keywords and notes of a card: they are short, and any question
on the subject is like them. Words in common count in full, so that names find them."""
SENTENCE_SHARE = 0.7
"""Share of the best sentence's cosine in a passage's score; the passage's own has the rest."""


def find_leading(passages: Sequence[ScoredPassage]) -> Sequence[ScoredPassage]:
    """Those that ``rerank_by_best_sentence`` reads."""
    return passages[:LEADING]


def rerank_by_best_sentence(
    session: Session, question: EmbeddedQuestion, passages: Sequence[ScoredPassage]
) -> list[ScoredPassage]:
    """Load the contents of the leading passages, which come best first, and update their scores.

    The cosine c of a passage becomes (1 - SENTENCE_SHARE) c + SENTENCE_SHARE s, where s is the
    largest cosine of its sentences and its header (title and headings), under the weight of the arm
    that found it. Rows of tables that the question names by a number count more, as do sentences
    with a figure of the kind that it asks for.
    """
    leading = find_leading(passages)
    load_contents(session, question.dense, leading)
    for passage in leading:
        raise_named_rows(question.text, passage)
        raise_asked_figures(question.text, passage)
        cosines = passage.sentence_cosines
        sentence = None if cosines is None or not cosines.size else float(cosines.max())
        nearest = max(
            (one for one in (sentence, passage.header_cosine) if one is not None), default=None
        )
        if nearest is not None:
            arms, is_own = question.arms, passage.scores.own_language is not None
            weight = (arms.own_language if is_own else arms.other_languages).weight
            share = _weight_of_field(passage)
            likeness = (1 - SENTENCE_SHARE) * passage.cosine + SENTENCE_SHARE * nearest
            passage.score += weight * (share * likeness - passage.cosine)
            if sentence is not None:
                passage.header_lead = weight * share * SENTENCE_SHARE * (nearest - sentence)
    return sort_best_first(passages)


def _weight_of_field(passage: ScoredPassage) -> float:
    heading = passage.content.heading_path[-1:] if passage.content else ()
    is_field = passage.item.kind is Kind.PRACTICE and not FIELD_HEADINGS.isdisjoint(heading)
    return FIELD_WEIGHT if is_field else 1.0
