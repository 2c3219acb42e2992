"""Turns a question into one hybrid query that includes the access filter."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from kb.access import Access
from kb.embedding.preparation import ANY
from kb.embedding.tokens import encodable
from kb.messages import N_, PermanentError
from kb.runtime.services import Services
from kb.text.language import Detected, detect
from kb.vectors.opening import Arm, Bm25, Filter, HybridQuery, SparseVector, Vector
from search.glossary import expand_with_glossary, spell_out
from search.results import Question
from search.wording import capitalise, normalise_wording

T = TypeVar("T")

MAX_LENGTH = 1000
"""Characters of a question; several times what the model reads (512 tokens)."""
MIN_LANGUAGE_PROBABILITY = 0.5
"""Below this, the question's language counts as unknown."""
CLEARLY = 0.7
"""From this probability on, one word is in another language than the reader's."""
FEW_WORDS = 3
HARDLY = 0.25
"""Below this probability, so few words are in the reader's language: names, or made-up words."""
DEPTH = 100
"""Passages that each arm retrieves."""
CANDIDATES = 300
"""Passages that are ranked: the union of all arms."""
OWN_LANGUAGE_DISCOUNT = 0.15
"""Share of the cosine attributed to passage and question having the same language.

Subtracted so that answers in the question's language and in others rank equally well (measured,
docs/evaluation.md).
"""
LEXICAL_WEIGHT = 0.5
"""Weight of the saturated BM25 score (0 to 1) added to the cosine (-1 to 1)."""
SATURATION = 40.0
"""BM25 score at which half of ``LEXICAL_WEIGHT`` is reached."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class PerArm(NamedTuple, Generic[T]):
    """One value per arm of the hybrid query, in the order of the arms."""

    own_language: T
    other_languages: T
    lexical: T


@dataclass(frozen=True)
class EmbeddedQuestion:
    """A question as vector and hybrid query. ``dense`` has shape (dimension,), float32."""

    text: str
    language: str
    dense: Vector
    """Normalised in the same way as passages and sentences."""
    arms: PerArm[Arm]
    hybrid: HybridQuery


def validate_question(question: Question) -> Question:
    """Trim the text and drop characters that a model or a database cannot take.

    Raises:
        PermanentError: it is empty, has no letter or digit, or more than ``MAX_LENGTH`` characters.
    """
    text = " ".join(_CONTROLS.sub(" ", encodable(question.text)).split())
    if not text:
        raise PermanentError(N_("The question is empty: write what you want to know."))
    if not any(letter.isalnum() for letter in text):
        raise PermanentError(
            N_("The question has signs only: write in words what you want to know.")
        )
    if len(text) > MAX_LENGTH:
        raise PermanentError(
            N_("The question has {length} characters: shorten it to {limit}."),
            length=len(text),
            limit=MAX_LENGTH,
        )
    return replace(question, text=text)


def embed_question(services: Services, question: Question, access: Access) -> EmbeddedQuestion:
    """Detect the language, embed the question, expand its terms and build the query.

    Raises one of ``kb.embedding.service.errors.NO_VECTORS`` where a service gives no vector.
    """
    read = _read(question)
    vector = services.embedder.embed_query(capitalise(read.spelled))
    dense = services.preparation.query(vector, read.language if read.is_known else ANY)
    return _write_query(services, question, access, read, dense)


def write_word_query(services: Services, question: Question, access: Access) -> EmbeddedQuestion:
    """As ``embed_question``, without the model: ``dense`` is zero, which is near nothing."""
    nowhere = np.zeros(services.model.dimension, np.float32)
    return _write_query(services, question, access, _read(question), nowhere)


class _Reading(NamedTuple):
    """A question's plain text, the same with abbreviations spelled out, and its language.
    ``is_known``: whether that is certain enough."""

    text: str
    spelled: str
    language: str
    is_known: bool


def _read(question: Question) -> _Reading:
    text = normalise_wording(question.text)
    detected = detect_language(text, question.reader_language)
    spelled = normalise_wording(spell_out(question.text, detected.language))
    is_known = detected.probability >= MIN_LANGUAGE_PROBABILITY
    return _Reading(text, spelled, detected.language, is_known)


def _write_query(
    services: Services, question: Question, access: Access, read: _Reading, dense: Vector
) -> EmbeddedQuestion:
    both = read.text if read.spelled == read.text else f"{read.text} {read.spelled}"
    arms = build_arms(
        own=frozenset({read.language}),
        dense=dense,
        discount=OWN_LANGUAGE_DISCOUNT if read.is_known else 0.0,
        words=expand_with_glossary(services.bm25, both, read.language),
    )
    hybrid = HybridQuery(
        arms=arms,
        filter=build_filter(question, access),
        limit=CANDIDATES,
        depth=DEPTH,
        saturation=SATURATION,
    )
    return EmbeddedQuestion(question.text, read.language, dense, arms, hybrid)


def require_subject(bm25: Bm25, question: EmbeddedQuestion) -> None:
    """Raises PermanentError where all words are stop words; words in other scripts are none."""
    text = normalise_wording(spell_out(question.text, question.language))
    is_plain = text.isascii() and text.replace(" ", "").isalpha()
    if is_plain and not bm25.query(text, question.language).indices:
        raise PermanentError(
            N_("The question has only words that stand in any text: add what it is about.")
        )


def is_other_script(text: str) -> bool:
    """Whether most letters are not Latin."""
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    return 2 * latin < len(letters)


def detect_language(text: str, reader_language: str) -> Detected:
    """The language of a question. One word is in the reader's unless it clearly is in another, a
    few are where no language is likely."""
    found = detect(text, prior=reader_language)
    count = len(text.split())
    least = CLEARLY if count == 1 else HARDLY if count <= FEW_WORDS else 0.0
    if found.probability < least:
        return found._replace(language=reader_language)
    return found


def build_arms(
    own: frozenset[str], dense: Vector, discount: float, words: SparseVector
) -> PerArm[Arm]:
    """Dense search in the question's language, dense search in all others, and BM25."""
    return PerArm(
        Arm(dense, 1 - discount, languages=own),
        Arm(dense, except_languages=own),
        Arm(words, LEXICAL_WEIGHT),
    )


def build_filter(question: Question, access: Access) -> Filter:
    """The filter: visible to ``access``, within the question's filters and items."""
    return Filter(access.visibilities, question.filters, question.item_ids)
