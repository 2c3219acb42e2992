"""Practices like a given one: by the vectors of their summaries, within its themes.

The candidates are the passages nearest to the summary in the index. They are then compared summary
with summary, because a single passage of a card can be near for a side issue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import CARD_LANGUAGE, Kind, Status
from kb.filters import choose
from kb.practices.practice import Practice
from kb.runtime.services import Services
from kb.storage.tables import Item, PassageRow
from kb.vectors.opening import Arm, Filter, HybridQuery, Vector
from search.practice_records import PRACTICES

CANDIDATES = 300
"""Passages retrieved for one practice."""
FIRST = 0
"""Ordinal of the passage with title and summary."""
PER_THEME = 0.03
"""Added to the cosine for each shared theme, so that of two equally near summaries the one with
more themes in common comes first."""


@dataclass(frozen=True)
class SimilarPractice:
    """``themes``: those that both have. ``score``: cosine of the summaries, plus ``PER_THEME`` for
    each of them."""

    practice: Practice
    themes: tuple[str, ...]
    score: float


def find_similar(
    services: Services, session: Session, access: Access, practice: Practice
) -> list[SimilarPractice]:
    """Practices that share a theme and that ``access`` may see, most like first.

    Empty for a practice that is not in the index.

    Raises:
        KbError: the index cannot be asked.
    """
    dimension = services.model.dimension
    own = _load_summaries(session, access, [practice.id], dimension).get(practice.id)
    if own is None:
        return []
    near = _find_near(services, session, access, own) - {practice.id}
    summaries = _load_summaries(session, access, near, dimension)
    cards = PRACTICES.load(session, list(summaries))
    found = []
    for id, summary in summaries.items():
        shared = tuple(theme for theme in practice.themes if theme in cards[id].themes)
        if shared:
            score = float(own @ summary) + PER_THEME * len(shared)
            found.append(SimilarPractice(cards[id], shared, score))
    return sorted(found, key=lambda one: (-one.score, one.practice.id))


def _find_near(services: Services, session: Session, access: Access, summary: Vector) -> set[str]:
    """Ids of the practices with the passages nearest to the summary."""
    query = HybridQuery(
        arms=(Arm(summary, languages=frozenset({CARD_LANGUAGE})),),
        filter=Filter(access.visibilities, choose(kind=(Kind.PRACTICE,))),
        limit=CANDIDATES,
        depth=CANDIDATES,
    )
    hits = [hit.id for hit in services.index.search(query)]
    passage = PassageRow.__table__.c
    return set(session.scalars(select(passage.item_id).where(passage.id.in_(hits))))


def _load_summaries(
    session: Session, access: Access, ids: Iterable[str], dimension: int
) -> dict[str, Vector]:
    """Normalised mean of the sentence vectors of each summary, shape (dimension,), by practice."""
    passage, item = PassageRow.__table__.c, Item.__table__.c
    rows = session.connection().execute(
        select(passage.item_id, passage.sentences, passage.sentence_vectors)
        .join_from(PassageRow.__table__, Item.__table__, item.id == passage.item_id)
        .where(
            passage.item_id.in_(list(ids)),
            passage.ordinal == FIRST,
            item.status == Status.READY,
            item.visibility.in_(access.visibilities),
        )
    )
    found: dict[str, Vector] = {}
    for id, sentences, stored in rows:
        if sentences:
            vectors = np.frombuffer(stored, np.int8).reshape(-1, dimension)[: len(sentences)]
            mean = vectors.astype(np.float32).mean(axis=0)
            if length := float(np.linalg.norm(mean)):
                found[id] = mean / np.float32(length)
    return found
