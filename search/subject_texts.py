"""Short texts on the subject of a question, by meaning and by words: collections, profiles."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from kb.access import Access
from kb.runtime.services import Services
from kb.storage.db import Database
from kb.storage.kept import keep_until_change
from kb.vectors.opening import Bm25
from search.query import EmbeddedQuestion
from search.subject_vectors import SubjectText, SubjectVectors
from search.verdict.background import background_of
from search.verdict.question_words import QuestionWords, read_words, terms_of_text

LIKE = 4.6
"""Likeness from which a text is on the subject: standard deviations above what any sentence of the
base gets. Of 25 questions without a collection on them, the most is 4.4."""
LIKE_WITH_WORDS = 2.0
"""The same where it shares the words of the question."""
SHARED = 0.5
"""Share of the question's words, by rarity, that it then has."""
AS_BEST = 0.45
"""Share of the likeness of the best text that others must have."""


@dataclass(frozen=True)
class LikeText:
    """``likeness``: of its nearest part, ``best``, in standard deviations. ``shared``: share of the
    question's words, by rarity, that stand in it."""

    id: str
    likeness: float
    shared: float
    best: int

    @property
    def is_on_subject(self) -> bool:
        enough = LIKE_WITH_WORDS if self.shared >= SHARED else LIKE
        return self.likeness >= enough


_vectors: WeakKeyDictionary[Database, SubjectVectors] = WeakKeyDictionary()
_access = threading.Lock()
"""To ``_vectors``."""


def find_on_subject(
    services: Services,
    session: Session,
    access: Access,
    question: EmbeddedQuestion,
    texts: Sequence[SubjectText],
    *,
    embed_most: int,
) -> list[LikeText]:
    """Those of ``texts`` that are on the subject, most like first.

    ``embed_most``: texts whose vectors are made at one question, those with most of its words
    first; the others are not found until it is their turn, nor those that a service has not made
    in time.
    """
    if not texts:
        return []
    bm25 = services.bm25
    background = keep_until_change(
        session,
        (find_on_subject, access.visibilities, services.model.fingerprint),
        lambda: background_of(services.database, session, access, bm25, int(question.dense.size)),
    )
    words = read_words(bm25, background, question.text, question.language)
    shared = {one: _share_words(bm25, words, one) for one in texts}
    ordered = sorted(texts, key=lambda one: (-shared[one], one.id))
    vectors = _vectors_of(services.database).find(services, ordered, embed_most)
    mean, deviation = background.spread(question.dense)
    found = []
    for one, rows in vectors.items():
        cosines = rows @ question.dense
        best = int(cosines.argmax())
        likeness = (float(cosines[best]) - mean) / deviation
        found.append(LikeText(one.id, likeness, shared[one], best))
    most = max((one.likeness for one in found), default=0.0)
    chosen = [one for one in found if one.is_on_subject and one.likeness >= AS_BEST * most]
    return sorted(chosen, key=lambda one: (-one.likeness, one.id))


def _share_words(bm25: Bm25, words: QuestionWords, text: SubjectText) -> float:
    """Share of the question's words, by rarity, that stand in any part."""
    terms: dict[str, frozenset[int]] = {}
    for part in text.parts:
        found = terms_of_text(bm25, part.text, part.language)
        terms[part.language] = terms.get(part.language, frozenset()) | found
    return words.share(terms) if words.words else 0.0


def _vectors_of(database: Database) -> SubjectVectors:
    with _access:
        return _vectors.setdefault(database, SubjectVectors())
