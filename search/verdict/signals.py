"""What tells an answer from a text on the same subject: the signals of each leading item."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.vectors.opening import Bm25
from search.query import EmbeddedQuestion
from search.ranking.scored_passage import ScoredPassage
from search.verdict.background import Background
from search.verdict.question_words import QuestionWords, read_words, terms_of

BEHIND = slice(5, 12)
"""Ranks, from 0, of the items that the margin is measured against: behind those that may all
answer, where a base has several answers."""
UNRELATED = 0.12
"""The score of a text on another subject."""

_ASKS_FIGURE = re.compile(
    r"\b(?:quant[oaie]|how (?:much|many|long|far|high)|combien|wie ?viele?|cu[aá]nt[oa]s?)\b", re.I
)
_ASKS_YEAR = re.compile(
    r"\b(?:(?:in|da) (?:che|quale|quali) ann[oi]|quando|when|what year|wann|quand|cu[aá]ndo)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")


@dataclass(frozen=True)
class _Context:
    """What all items of a question are measured against. ``words`` are by the language of passages;
    ``mean`` and ``deviation`` are of the cosine of the question and any sentence of the base;
    ``scores`` are those of all items found, best first."""

    question: EmbeddedQuestion
    words: Mapping[str, QuestionWords]
    mean: float
    deviation: float
    scores: Sequence[float]
    bm25: Bm25

    def standardise(self, cosine: float) -> float:
        return (cosine - self.mean) / self.deviation


def measure_signals(
    question: EmbeddedQuestion,
    passages: Sequence[ScoredPassage],
    background: Background,
    bm25: Bm25,
) -> dict[str, dict[str, float]]:
    """The signals of each item with a loaded passage, by item and name.

    ``passages`` come best first; those that are loaded are looked at.
    """
    best: dict[str, ScoredPassage] = {}
    scores: dict[str, float] = {}
    for passage in passages:
        scores.setdefault(passage.item.id, passage.score)
        if passage.content is not None:
            best.setdefault(passage.item.id, passage)
    mean, deviation = background.spread(question.dense)
    words = {
        language: read_words(bm25, background, question.text, question.language, language)
        for language in {passage.language for passage in best.values()}
    }
    context = _Context(question, words, mean, deviation, sorted(scores.values())[::-1], bm25)
    return {id: _signals_of(context, passage) for id, passage in best.items()}


def _signals_of(context: _Context, best: ScoredPassage) -> dict[str, float]:
    """Of one item, from its best loaded passage.

    ``score`` is the passage's own; ``sentence`` is the cosine of the best sentence in standard
    deviations above what any sentence of the base gets; ``margin`` is the lead over the items
    behind; ``words`` is the share of the question's words, weighted by rarity, that stand in the
    passage, 0 where it is in another language (``foreign``).
    """
    words = context.words[best.language]
    own_language = best.language == context.question.language
    return {
        "score": best.score,
        "sentence": context.standardise(_best_cosine(best)),
        "margin": best.score - _mean_behind(context),
        "words": words.share(terms_of(context.bm25, best)) if own_language else 0.0,
        "foreign": float(not own_language),
        "figure": figure_signal(context.question.text, best),
    }


def _mean_behind(context: _Context) -> float:
    """Mean score of the items ``BEHIND``; missing ones count as ``UNRELATED``."""
    behind = [*context.scores, *[UNRELATED] * BEHIND.stop][BEHIND]
    return float(sum(behind)) / len(behind)


def _best_cosine(passage: ScoredPassage) -> float:
    """The largest cosine of the sentences and the header."""
    cosines = [] if passage.sentence_cosines is None else passage.sentence_cosines.tolist()
    if passage.header_cosine is not None:
        cosines.append(passage.header_cosine)
    return float(max(cosines, default=passage.cosine))


def figure_signal(question: str, passage: ScoredPassage) -> float:
    """1 where the question asks for a figure or a year and the nearest sentence has one, -1 where
    it has none, 0 for other questions."""
    asked = _asked(question)
    content, cosines = passage.content, passage.sentence_cosines
    if asked is None or content is None or cosines is None or not cosines.size:
        return 0.0
    start, end = content.sentences[int(cosines.argmax())]
    return 1.0 if asked.search(content.text[start:end]) else -1.0


def _asked(question: str) -> re.Pattern[str] | None:
    if _ASKS_YEAR.search(question):
        return _YEAR
    return _DIGIT if _ASKS_FIGURE.search(question) else None
