"""The leading passages are read closer: how like the question their best sentence is counts too.

Late interaction (Khattab and Zaharia 2020, "ColBERT"), at the grain of sentences: their vectors lie
in SQL beside the text, so that nothing is embedded and nothing asked of the index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.embedding.late import INT8
from kb.embedding.preparation import Preparation
from kb.storage.tables import PassageRow
from kb.vectors import Hit, Vector
from search.query import Embedded
from search.ranking import likeness

LEADING = 30
"""Passages that are read closer."""
SHARE = 0.7
"""Of the likeness of a passage, what its best sentence counts."""


def closer(
    session: Session,
    preparation: Preparation,
    embedded: Embedded,
    hits: Sequence[Hit],
) -> list[Hit]:
    """The hits, best first, after a closer look at the leading ones. A point whose passage is gone
    is left out."""
    leading = {hit.id: hit for hit in hits[:LEADING]}
    own, others, _ = embedded.hybrid.arms
    best = _best_sentences(session, preparation, embedded.dense, leading)
    looked_at = []
    for id, best_sentence in best.items():
        hit = leading[id]
        weight = others.weight if hit.scores[0] is None else own.weight
        gain = 0.0 if best_sentence is None else best_sentence - likeness(hit)
        looked_at.append(hit._replace(score=hit.score + weight * SHARE * gain))
    return sorted([*looked_at, *hits[LEADING:]], key=lambda hit: (-hit.score, hit.id))


def _best_sentences(
    session: Session,
    preparation: Preparation,
    question: Vector,
    leading: Mapping[str, Hit],
) -> dict[str, float | None]:
    """Cosine of the question and the sentence most like it, for each passage that exists; ``None``
    for one without sentences."""
    columns = (PassageRow.id, PassageRow.sentence_vectors)
    rows = session.execute(select(*columns).where(PassageRow.id.in_(leading))).all()
    best: dict[str, float | None] = {id: None for id, _ in rows}
    stored = {
        id: np.frombuffer(vectors, np.int8).reshape(-1, question.size)
        for id, vectors in rows
        if vectors
    }
    if not stored:
        return best
    sentences = np.concatenate(list(stored.values())).astype(np.float32)
    sentences /= INT8
    spoken = [leading[id].language for id, vectors in stored.items() for _ in vectors]
    likenesses = preparation.passages(sentences, spoken) @ question
    starts = np.cumsum([0, *map(len, stored.values())])[:-1]
    best.update(zip(stored, np.maximum.reduceat(likenesses, starts).tolist(), strict=True))
    return best
