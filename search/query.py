"""From what was asked to one hybrid query, bounded before any engine sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from kb.access import Access
from kb.language import detect
from kb.messages import N_, PermanentError
from kb.services import Services
from kb.vectors import Arm, Filter, HybridQuery, ScoreFusion, Vector
from search.candidates import Candidate
from search.results import Question

T = TypeVar("T")

MAX_LENGTH = 1000
"""Characters of a question: far more than the model reads."""
UI_LANGUAGE = "it"
WORDS_SAME_LANGUAGE = 0.02
WORDS_OTHER_LANGUAGE = 0.01
ANSWER_SCORE = 0.8
CANDIDATES = 200
"""Passages that compete; what a reader can page through comes out of these."""


@dataclass(frozen=True)
class Embedded:
    """A question in the index's own terms."""

    language: str
    sentence_query: Vector
    """As the model made it, for comparison with sentence vectors."""
    hybrid: HybridQuery


def check(question: Question) -> Question:
    """The question with its text trimmed.

    Raises:
        PermanentError: it is empty or longer than ``MAX_LENGTH`` characters.
    """
    text = " ".join(question.text.split())
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
    language = detect(question.text, prior=UI_LANGUAGE).language
    vector = services.embedder.embed_query(question.text)
    dense = services.preparation.query(vector, language)
    hybrid = HybridQuery(
        arms=_arms(services, question.text, language, dense),
        filter=filter_of(question, access),
        limit=CANDIDATES,
        depth=CANDIDATES,
        fusion=ScoreFusion(),
    )
    return Embedded(language, vector, hybrid)


def _arms(services: Services, text: str, language: str, dense: Vector) -> tuple[Arm, ...]:
    words = services.bm25.query(text, language)
    return (
        Arm(dense),
        Arm(words, weight=WORDS_SAME_LANGUAGE, languages=frozenset({language})),
        Arm(words, weight=WORDS_OTHER_LANGUAGE, except_languages=frozenset({language})),
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
    )


def _any(values: Iterable[T]) -> frozenset[T] | None:
    return frozenset(values) or None


def is_answered(embedded: Embedded, found: Sequence[Candidate]) -> bool:
    """Whether the best candidate is near enough to be called an answer."""
    return bool(found) and found[0].score >= ANSWER_SCORE
