"""Order the leading passages by the configured reranker, which reads each with the question."""

from __future__ import annotations

from collections.abc import Sequence

from kb.embedding.reranker import Reranker
from search.ranking.scored_passage import ScoredPassage, sort_best_first

LEADING = 20
"""Passages that are read, as far as the time budget goes."""


def rerank_by_reading(
    reranker: Reranker | None, question: str, passages: Sequence[ScoredPassage]
) -> list[ScoredPassage]:
    """Let the loaded leading passages, which come best first, exchange their scores so that the one
    the reranker gives most has the best; their ``reading`` becomes what it gives.

    Scores keep their scale, so that passages not read in time follow, and lead or margin over other
    items mean what they mean without a reranker.
    """
    if reranker is None:
        return list(passages)
    leading = [one for one in passages if one.content is not None][:LEADING]
    given = reranker.scores(question, [_text(one) for one in leading])
    read = leading[: len(given)]
    for passage, reading in zip(read, given, strict=True):
        passage.reading = reading
    scores = sorted((one.score for one in read), reverse=True)
    order = sorted(read, key=lambda one: (-(one.reading or 0.0), -one.score, one.id))
    for passage, score in zip(order, scores, strict=True):
        passage.score = score
    return sort_best_first(passages)


def _text(passage: ScoredPassage) -> str:
    content = passage.content
    if content is None:
        return passage.item.title
    return "\n".join((passage.item.title, *content.heading_path, content.text))
