"""Words that must stand as they are asked for: phrases in quotation marks, and rare words.

The model does not know names: the one text in which a rare word stands answers a question that is
nothing but this word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nlargest

from sqlalchemy.orm import Session

from kb.domain import Kind
from kb.text.folding import fold_text
from kb.vectors.opening import Bm25
from search.query import EmbeddedQuestion
from search.ranking.scored_passage import ScoredPassage, load_contents, sort_best_first
from search.wording import normalise_wording, quoted_phrases

MOST_ITEMS = 3
"""A word that stands in more of them is not rare."""
MOST_WORDS = 5
"""Of a question that may be a name: «Rosignano Marittimo»."""
READ = 20
"""Passages with most words of the question that are read for all of them."""
LEAD = 0.01
"""By how much the best text with a rare word leads."""
NAMED = 0.3
"""Added to the cosine of a sentence with a rare word: more than any two sentences differ by."""
LEAST_SCORE = 0.4
"""Of a text with a rare word."""
OTHER_WORDS = 3
"""Of a question beside its quoted phrases, from which it is a sentence."""
WITHOUT_PHRASE = 1.0
"""Taken off every score where no text has a phrase asked for: nothing then answers."""


def keep_phrases(
    session: Session, question: EmbeddedQuestion, passages: Sequence[ScoredPassage]
) -> list[ScoredPassage]:
    """Only the passages in which each phrase in quotation marks stands, in the text, its headings
    or the title; case, accents and signs do not count. In a sentence with other words besides, a
    document in another language need not have it, since it says the same otherwise. Where there are
    none, all of them, with scores too low for an answer."""
    phrases = quoted_phrases(question.text)
    if not phrases:
        return list(passages)
    load_contents(session, question.dense, passages)
    having = {one.id for one in passages if all(_stands(phrase, one) for phrase in phrases)}
    if having:
        if _is_sentence(question.text, phrases):
            having |= {one.id for one in passages if _is_foreign(one, question.language)}
        return [one for one in passages if one.id in having]
    for passage in passages:
        passage.score -= WITHOUT_PHRASE
    return list(passages)


def find_rare(question: EmbeddedQuestion, passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Those that ``raise_rare_words`` reads: none where the question is no name."""
    if not 1 <= len(normalise_wording(question.text).split()) <= MOST_WORDS:
        return []
    found = [one for one in passages if one.scores.lexical]
    return nlargest(READ, found, key=lambda one: one.scores.lexical or 0.0)


def raise_rare_words(
    session: Session, bm25: Bm25, question: EmbeddedQuestion, passages: Sequence[ScoredPassage]
) -> list[ScoredPassage]:
    """Where a question is one word, or a name of some, that stands in no more than ``MOST_ITEMS``
    items, let their passages lead, in the order that they have."""
    read = find_rare(question, passages)
    if not read:
        return list(passages)
    name = normalise_wording(question.text)
    load_contents(session, question.dense, read)
    terms = frozenset(bm25.query(name, question.language).indices)
    having = [one for one in read if _names(one, name, terms, bm25)]
    if not 1 <= len({one.item.id for one in having}) <= MOST_ITEMS:
        return list(passages)
    _lead(having, best=max(one.score for one in passages))
    for passage in having:
        _raise_sentences(passage, name, terms, bm25)
    return sort_best_first(passages)


def _lead(having: Sequence[ScoredPassage], best: float) -> None:
    missing = max(best + LEAD, LEAST_SCORE) - max(one.score for one in having)
    for passage in having:
        passage.score += max(missing, 0.0)


def _raise_sentences(passage: ScoredPassage, name: str, terms: frozenset[int], bm25: Bm25) -> None:
    """Let the sentences in which the name stands be those that answer."""
    content, cosines = passage.content, passage.sentence_cosines
    if content is None or cosines is None:
        return
    for number, (start, end) in enumerate(content.sentences):
        if _is_named(content.text[start:end], name, terms, passage.language, bm25):
            cosines[number] += NAMED


def _names(passage: ScoredPassage, name: str, terms: frozenset[int], bm25: Bm25) -> bool:
    return any(_is_named(part, name, terms, passage.language, bm25) for part in _parts(passage))


def _is_named(text: str, name: str, terms: frozenset[int], language: str, bm25: Bm25) -> bool:
    """Whether the one word of a question stands in a text in any form, or its words in a row."""
    if len(terms) == 1:
        return terms <= set(bm25.passage(text, language).indices)
    return bool(terms) and f" {fold_text(name)} " in f" {fold_text(text)} "


def _is_sentence(text: str, phrases: Sequence[str]) -> bool:
    """Whether there are words beside the phrases."""
    others = len(fold_text(text).split()) - sum(len(one.split()) for one in phrases)
    return others >= OTHER_WORDS


def _is_foreign(passage: ScoredPassage, language: str) -> bool:
    return passage.item.kind is Kind.DOCUMENT and passage.language != language


def _stands(folded: str, passage: ScoredPassage) -> bool:
    return any(f" {folded} " in f" {fold_text(part)} " for part in _parts(passage))


def _parts(passage: ScoredPassage) -> Iterable[str]:
    yield passage.item.title
    if passage.content is not None:
        yield from passage.content.heading_path
        yield passage.content.text
