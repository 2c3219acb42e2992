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

LEADING = 50
"""Passages that are read closer."""
SHARE = 0.7
"""Of the likeness of a passage, what its best sentence counts."""


def closer(
    session: Session,
    preparation: Preparation,
    embedded: Embedded,
    hits: Sequence[Hit],
    languages: Mapping[str, str],
) -> list[Hit]:
    """The hits, best first, after a closer look at the leading ones."""
    leading = {hit.id: hit for hit in hits[:LEADING]}
    own, others, _ = embedded.hybrid.arms
    best = _best_sentences(session, preparation, embedded.dense, leading, languages)
    looked_at = []
    for id, hit in leading.items():
        weight = others.weight if hit.scores[0] is None else own.weight
        gain = best[id] - likeness(hit) if id in best else 0.0
        looked_at.append(hit._replace(score=hit.score + weight * SHARE * gain))
    return sorted([*looked_at, *hits[LEADING:]], key=lambda hit: (-hit.score, hit.id))


def _best_sentences(
    session: Session,
    preparation: Preparation,
    question: Vector,
    leading: Mapping[str, Hit],
    languages: Mapping[str, str],
) -> dict[str, float]:
    """Cosine of the question and the sentence most like it, for each passage with sentences."""
    columns = (PassageRow.id, PassageRow.sentence_vectors)
    rows = session.execute(select(*columns).where(PassageRow.id.in_(leading))).all()
    stored = [
        (id, np.frombuffer(vectors, np.int8).reshape(-1, question.size)) for id, vectors in rows
    ]
    stored = [(id, vectors) for id, vectors in stored if len(vectors)]
    if not stored:
        return {}
    sentences = np.concatenate([vectors for _, vectors in stored]).astype(np.float32)
    sentences /= INT8
    spoken = [languages[id] for id, vectors in stored for _ in range(len(vectors))]
    likenesses = preparation.passages(sentences, spoken) @ question
    starts = np.cumsum([0, *(len(vectors) for _, vectors in stored[:-1])])
    best = np.maximum.reduceat(likenesses, starts)
    return {id: float(value) for (id, _), value in zip(stored, best, strict=True)}
