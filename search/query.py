"""From what was asked to one hybrid query, bounded before any engine sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from kb.access import Access
from kb.embedding.preparation import ANY
from kb.embedding.tokens import encodable
from kb.messages import N_, PermanentError
from kb.runtime.services import Services
from kb.text.language import detect
from kb.vectors.opening import Arm, Filter, HybridQuery, SparseVector, Vector
from search.glossary import widened
from search.results import Question

T = TypeVar("T")

MAX_LENGTH = 1000
"""Characters of a question: far more than the model reads."""
UI_LANGUAGE = "it"
SURE = 0.5
"""Least probability at which the language of a question is taken for known."""
DEPTH = 100
"""Passages each arm finds."""
CANDIDATES = 300
"""Passages that compete: everything that the arms find."""
OWN_LANGUAGE_DISCOUNT = 0.15
"""Share of likeness that a passage owes to being in the question's language. With it, an answer in
the question's language and one in another are found equally well (docs/evaluation.md)."""
WORDS = 0.5
"""What words in common can add to a likeness between -1 and 1, at most."""
SATURATION = 40.0
"""BM25 score that counts half of ``WORDS``."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Embedded:
    """A question in the index's own terms."""

    language: str
    dense: Vector
    """Prepared as passages and sentences are."""
    hybrid: HybridQuery


def check(question: Question) -> Question:
    """The question with its text trimmed, as characters that a model and a database can take.

    Raises:
        PermanentError: it is empty or longer than ``MAX_LENGTH`` characters.
    """
    text = " ".join(_CONTROLS.sub(" ", encodable(question.text)).split())
    if not text:
        raise PermanentError(N_("The question is empty: write what you want to know."))
    if len(text) > MAX_LENGTH:
        raise PermanentError(
            N_("The question has {length} characters: shorten it to {limit}."),
            length=len(text),
            limit=MAX_LENGTH,
        )
    return replace(question, text=text)


def embed(services: Services, question: Question, access: Access) -> Embedded:
    """The question as vectors, arms and filter."""
    detected = detect(question.text, prior=UI_LANGUAGE)
    sure = detected.probability >= SURE
    vector = services.embedder.embed_query(question.text)
    dense = services.preparation.query(vector, detected.language if sure else ANY)
    hybrid = HybridQuery(
        arms=arms_of(
            own=frozenset({detected.language}),
            dense=dense,
            discount=OWN_LANGUAGE_DISCOUNT if sure else 0.0,
            words=widened(services.bm25, question.text, detected.language),
        ),
        filter=filter_of(question, access),
        limit=CANDIDATES,
        depth=DEPTH,
        saturation=SATURATION,
    )
    return Embedded(detected.language, dense, hybrid)


def arms_of(
    own: frozenset[str], dense: Vector, discount: float, words: SparseVector
) -> tuple[Arm, ...]:
    """In the order that ``search.ranking.lexical_baseline`` reads their scores."""
    return (
        Arm(dense, 1 - discount, languages=own),
        Arm(dense, except_languages=own),
        Arm(words, WORDS),
    )


def filter_of(question: Question, access: Access) -> Filter:
    return Filter(
        visibility=access.visibilities,
        kinds=_any(question.kinds),
        languages=_any(question.languages),
        countries=_any(question.countries),
        themes=_any(question.themes),
        year_from=question.year_from,
        year_to=question.year_to,
        item_ids=question.item_ids,
    )


def _any(values: Iterable[T]) -> frozenset[T] | None:
    return frozenset(values) or None
