"""Curated collections on the subject of a question, beside the practices and documents found.

Titles and arguments are compared with the question in meaning and in words. Their vectors are made
when a question is asked and kept in memory by what they are made from: nothing is stored, so that
nothing can differ from SQL.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind, Status
from kb.runtime.services import Services
from kb.storage.collections import Collection, CollectionEntry, CollectionState
from kb.storage.db import Database
from kb.storage.kept import keep_until_change
from kb.storage.tables import Item
from kb.vectors.opening import Bm25
from search.query import EmbeddedQuestion
from search.results import FoundCollection
from search.verdict.background import background_of
from search.verdict.question_words import QuestionWords, read_words, terms_of_text

MOST = 2
EMBEDDED_AT_ONCE = 4
"""Collections whose vectors are made at one question, those with most of its words first; the
others are not found until it is their turn."""
LIKE = 4.6
"""Likeness from which a collection is on the subject: standard deviations above what any sentence
of the base gets. Of 25 questions without a collection on them, the most is 4.4."""
LIKE_WITH_WORDS = 2.0
"""The same where it shares the words of the question."""
SHARED = 0.5
"""Share of the question's words, by rarity, that it then has."""
AS_BEST = 0.45
"""Share of the likeness of the best collection that others must have."""


class _Text(NamedTuple):
    id: str
    title: str
    title_en: str
    language: str
    argument: str


@dataclass(frozen=True)
class _Candidate:
    text: _Text
    likeness: float
    shared: float

    @property
    def is_on_subject(self) -> bool:
        enough = LIKE_WITH_WORDS if self.shared >= SHARED else LIKE
        return self.likeness >= enough


class _Measure(NamedTuple):
    """A question, mean and deviation of its cosine with any sentence of the base, its words."""

    question: EmbeddedQuestion
    mean: float
    deviation: float
    words: QuestionWords


_Vectors = dict[tuple[str, _Text], NDArray[np.float32]]
_kept: WeakKeyDictionary[Database, _Vectors] = WeakKeyDictionary()
_lock = threading.Lock()


def find_collections(
    services: Services, session: Session, access: Access, question: EmbeddedQuestion
) -> list[FoundCollection]:
    """At most ``MOST`` published collections that ``access`` may see, most like first."""
    key = find_collections, access.visibilities
    texts = keep_until_change(session, (*key, "texts"), lambda: _load_texts(session, access))
    if not texts:
        return []
    background = keep_until_change(
        session,
        (*key, "background", services.model.fingerprint),
        lambda: background_of(
            services.database, session, access, services.bm25, int(question.dense.size)
        ),
    )
    words = read_words(services.bm25, background, question.text, question.language)
    shared = {one: _share_words(services.bm25, words, one) for one in texts}
    vectors = _embed(services, sorted(texts, key=lambda one: (-shared[one], one.id)))
    mean, deviation = background.spread(question.dense)
    found = [
        _Candidate(one, (float((rows @ question.dense).max()) - mean) / deviation, shared[one])
        for one, rows in vectors.items()
    ]
    best = max(one.likeness for one in found)
    chosen = [one for one in found if one.is_on_subject and one.likeness >= AS_BEST * best]
    chosen.sort(key=lambda one: (-one.likeness, one.text.id))
    counts = keep_until_change(session, (*key, "counts"), lambda: _count_practices(session, access))
    return [
        FoundCollection(
            one.text.id,
            one.text.title,
            one.text.title_en,
            one.text.language,
            counts.get(one.text.id, 0),
            one.likeness,
        )
        for one in chosen[:MOST]
    ]


def _share_words(bm25: Bm25, words: QuestionWords, text: _Text) -> float:
    """Share of the question's words, by rarity, that stand in title or argument."""
    terms = {text.language: terms_of_text(bm25, f"{text.title}\n{text.argument}", text.language)}
    terms["en"] = terms.get("en", frozenset()) | terms_of_text(bm25, text.title_en, "en")
    return words.share(terms) if words.words else 0.0


def _embed(services: Services, texts: Sequence[_Text]) -> dict[_Text, NDArray[np.float32]]:
    """Prepared vectors of the title in both languages and of the argument, shape (3, dimension)."""
    model = services.model.fingerprint
    with _lock:
        kept = _kept.setdefault(services.database, {})
        missing = [text for text in texts if (model, text) not in kept][:EMBEDDED_AT_ONCE]
        for text in missing:
            english = text.title_en or text.title
            vectors = services.embedder.embed_passages(
                [text.title, english, f"{text.title}\n{text.argument}"]
            )
            languages = [text.language, "en" if text.title_en else text.language, text.language]
            kept[model, text] = services.preparation.passages(vectors, languages)
        for gone in [key for key in kept if key[1] not in texts and len(kept) > 2 * len(texts)]:
            del kept[gone]
        return {text: kept[model, text] for text in texts if (model, text) in kept}


def _load_texts(session: Session, access: Access) -> list[_Text]:
    column = Collection.__table__.c
    rows = session.connection().execute(
        select(column.id, column.title, column.title_en, column.language, column.argument).where(
            column.state == CollectionState.PUBLISHED,
            column.visibility.in_(access.visibilities),
        )
    )
    return [_Text._make(row) for row in rows]


def _count_practices(session: Session, access: Access) -> dict[str, int]:
    """How many practices of each collection the reader may see."""
    entry, item = CollectionEntry.__table__.c, Item.__table__.c
    rows = session.connection().execute(
        select(entry.collection_id, func.count())
        .join_from(CollectionEntry.__table__, Item.__table__, item.id == entry.item_id)
        .where(
            item.kind == Kind.PRACTICE,
            item.status == Status.READY,
            item.visibility.in_(access.visibilities),
        )
        .group_by(entry.collection_id)
    )
    return dict(iter(rows))
