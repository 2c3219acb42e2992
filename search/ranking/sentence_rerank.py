"""The leading passages are read closer: how like the question their best sentence is counts too.

Late interaction (Khattab and Zaharia 2020, "ColBERT"), at the grain of sentences: their vectors lie
in SQL beside the text, so that nothing is embedded and nothing asked of the index.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb.embedding.late import cosines
from kb.storage.tables import PassageRow
from kb.vectors.opening import Vector
from search.query import Embedded
from search.ranking.scored_passage import Found, best_first

LEADING = 30
"""Passages that are read closer."""
SHARE = 0.7
"""Of the likeness of a passage, what its best sentence counts."""

_VECTORS = select(PassageRow.id, PassageRow.sentence_vectors).where(
    PassageRow.id.in_(bindparam("ids", expanding=True)), PassageRow.sentence_vectors != b""
)


def reranked(session: Session, embedded: Embedded, found: Sequence[Found]) -> list[Found]:
    """The passages, which come best first, after a closer look at the leading ones."""
    leading = found[:LEADING]
    own, others, _ = embedded.hybrid.arms
    best = _best_sentences(session, embedded.dense, leading)
    for one in leading:
        if one.id in best:
            weight = others.weight if one.scores[0] is None else own.weight
            one.score += weight * SHARE * (best[one.id] - one.cosine)
    return sorted(found, key=best_first)


def _best_sentences(session: Session, question: Vector, found: Sequence[Found]) -> dict[str, float]:
    """Cosine of the question and the sentence most like it, by passage that has sentences."""
    rows = session.execute(_VECTORS, {"ids": [one.id for one in found]}).all()
    if not rows:
        return {}
    stored = [row.sentence_vectors for row in rows]
    starts = np.cumsum([0, *(len(vectors) // question.size for vectors in stored)])[:-1]
    best = np.maximum.reduceat(cosines(stored, question), starts).tolist()
    return dict(zip((row.id for row in rows), best, strict=True))
