"""Rerank the leading passages by the sentence in them, or the header, nearest to the question.

Late interaction (Khattab and Zaharia 2020, "ColBERT") between the question and whole sentences,
whose vectors are stored beside the text (``kb.embedding.late``): nothing is embedded here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from search.query import EmbeddedQuestion
from search.ranking.named_rows import raise_named_rows
from search.ranking.scored_passage import ScoredPassage, load_contents, sort_best_first

LEADING = 30
"""Passages that are reranked."""
SENTENCE_SHARE = 0.7
"""Share of the best sentence's cosine in a passage's score; the passage's own has the rest."""


def rerank_by_best_sentence(
    session: Session, question: EmbeddedQuestion, passages: Sequence[ScoredPassage]
) -> list[ScoredPassage]:
    """Load the contents of the leading passages, which come best first, and update their scores.

    The cosine c of a passage becomes (1 - SENTENCE_SHARE) c + SENTENCE_SHARE s, where s is the
    largest cosine of its sentences and its header (title and headings), under the weight of the arm
    that found it. Rows of tables that the question names by a number count more.
    """
    leading = passages[:LEADING]
    load_contents(session, question.dense, leading)
    for passage in leading:
        raise_named_rows(question.text, passage)
        nearest = _nearest(passage)
        if nearest is not None:
            arms, is_own = question.arms, passage.scores.own_language is not None
            arm = arms.own_language if is_own else arms.other_languages
            passage.score += arm.weight * SENTENCE_SHARE * (nearest - passage.cosine)
    return sort_best_first(passages)


def _nearest(passage: ScoredPassage) -> float | None:
    """The largest cosine of the sentences and the header; None where neither has a vector."""
    cosines = [] if passage.sentence_cosines is None else passage.sentence_cosines.tolist()
    if passage.header_cosine is not None:
        cosines.append(passage.header_cosine)
    return max(cosines, default=None)
