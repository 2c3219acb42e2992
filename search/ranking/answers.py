"""Which passages of an item are shown, in which order, and which of their sentences are marked.

All sentences of the item's passages are compared with each other, so that a passage that is folded
away never answers better than the one that is seen, and a sentence is marked only where it stands
out among them. Where the question asks for a figure, sentences with one of that kind come first,
and no other sentence is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

import numpy as np

from kb.domain import Kind
from kb.practices import passage_headings
from kb.vectors.opening import Bm25
from search.ranking.answering_sentences import is_title
from search.ranking.asked_figures import asked_figure
from search.ranking.brief import is_keywords
from search.ranking.figures_in_sentences import NO_FIGURE, OF_NOUN, raise_asked_figures
from search.ranking.grouping import PASSAGES_PER_ITEM, RankedItem
from search.ranking.scored_passage import PassageText, ScoredPassage

MOST_SENTENCES = 3
"""Marked in one passage."""
NEAR_BEST = 0.75
"""A sentence is marked if its cosine is at least mean + NEAR_BEST (best - mean) of the item's."""
LEAST_LIKE = 0.27
"""Cosine of the item's best sentence below which nothing is marked."""
LEAST_LIKE_FIGURE = 0.3
"""The same of a sentence with the figure asked for, which is raised for it."""
STANDS_OUT = 0.06
"""By how much the best cosine must exceed the median of the item's sentences."""
OF_THE_NOUN = 0.15
"""Added to the cosine of a sentence that counts what the question counts."""
NEAR_FIGURE = 0.06
"""By how much less than the best a sentence with the figure asked for may have, to be marked."""
SHARED_WORDS = 0.15
"""Added to the cosine of a sentence that has all words of the question, of a part of them less."""
WORDS_READ = 10
"""Sentences of an item, the likest, that are compared by their words too."""
OWN_LANGUAGE = 0.1
"""Added for a passage of a card in the question's language, half of it for one in the page's: the
card says the same in two languages."""
BESIDE_THE_ANSWER = 0.05
"""Taken off the cosines of a card's problem, which repeats the question rather than answer it, and
of place, actors and notes, which any question on the subject is like."""
_BESIDE = passage_headings.FIELD_HEADINGS | {passage_headings.PROBLEM.heading}


@dataclass(frozen=True)
class _Sentence:
    passage: ScoredPassage
    span: tuple[int, int]
    score: float
    fit: int


@dataclass(frozen=True)
class AskedWords:
    """A question, its language and that of the reader's page, and what makes terms of its words."""

    text: str
    language: str
    reader_language: str
    bm25: Bm25

    def preference(self, language: str) -> int:
        """2 for the question's language, 1 for the page's, 0 for others."""
        return 2 * (language == self.language) or int(language == self.reader_language)


def choose_answers(item: RankedItem, asked: AskedWords) -> RankedItem:
    """The item with the passages to show, best first, and their ``answers`` set.

    All its passages must be loaded; those that are gone are left out, unless all are. A card's
    section that was found in two languages is shown in the question's, or the page's.
    """
    for passage in item.passages:
        raise_asked_figures(asked.text, passage)
    loaded = [passage for passage in item.passages if passage.content]
    sentences = _raise_words([one for passage in loaded for one in _sentences(passage)], asked)
    strengths = {one.id: _strength(one, sentences, asked) for one in loaded}
    ordered = sorted(loaded, key=lambda passage: -strengths[passage.id])
    shown = _keywords_after(_one_language_each(ordered, asked))[:PASSAGES_PER_ITEM]
    mark = _mark_likest if asked_figure(asked.text) is None else _mark_figures
    marked = mark(sentences)
    for passage in shown:
        own = sorted((one for one in marked if one.passage is passage), key=lambda one: -one.score)
        passage.answers = tuple(sorted(one.span for one in own[:MOST_SENTENCES]))
    return replace(item, passages=tuple(shown)) if shown else item


def _sentences(passage: ScoredPassage) -> Iterator[_Sentence]:
    """The sentences that may answer: neither title nor heading, question or list of keywords."""
    content, cosines, fits = passage.content, passage.sentence_cosines, passage.figure_fits
    if content is None or cosines is None or is_keywords(passage):
        return
    less = BESIDE_THE_ANSWER * _is_beside(passage, content)
    for number, ((start, end), cosine) in enumerate(
        zip(content.sentences, cosines.tolist(), strict=False)
    ):
        asks = content.text[start:end].rstrip().endswith("?")
        if asks or is_title(passage, content, number):
            continue
        fit = NO_FIGURE if fits is None else int(fits[number])
        yield _Sentence(passage, (start, end), cosine - less + OF_THE_NOUN * (fit == OF_NOUN), fit)


def _raise_words(sentences: Sequence[_Sentence], asked: AskedWords) -> list[_Sentence]:
    """The sentences, the likest of them raised by the share of the question's words in them."""
    leading = {id(one) for one in nlargest(WORDS_READ, sentences, key=lambda one: one.score)}
    wanted = {
        language: frozenset(asked.bm25.query(asked.text, language).indices)
        for language in {one.passage.language for one in sentences}
    }
    return [
        _raise(one, wanted[one.passage.language], asked.bm25) if id(one) in leading else one
        for one in sentences
    ]


def _raise(sentence: _Sentence, wanted: frozenset[int], bm25: Bm25) -> _Sentence:
    language = sentence.passage.language
    start, end = sentence.span
    text = sentence.passage.content.text[start:end] if sentence.passage.content else ""
    share = len(wanted.intersection(bm25.passage(text, language).indices)) / max(len(wanted), 1)
    return replace(sentence, score=sentence.score + SHARED_WORDS * share)


def _is_beside(passage: ScoredPassage, content: PassageText) -> bool:
    return passage.item.kind is Kind.PRACTICE and not _BESIDE.isdisjoint(content.heading_path)


def _strength(passage: ScoredPassage, sentences: Sequence[_Sentence], asked: AskedWords) -> float:
    """The best sentence's score, by which the passages of an item are ordered; of a list of
    keywords its cosine, less because it is no sentence."""
    best = max((one.score for one in sentences if one.passage is passage), default=-1.0)
    cosines = passage.sentence_cosines
    if is_keywords(passage) and cosines is not None:
        best = float(cosines.max(initial=-1.0)) - BESIDE_THE_ANSWER
    if passage.item.kind is not Kind.PRACTICE:
        return best
    return best + OWN_LANGUAGE * asked.preference(passage.language) / 2


def _keywords_after(passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """A list of keywords never comes first where something else is said."""
    if len(passages) > 1 and is_keywords(passages[0]):
        return [passages[1], passages[0], *passages[2:]]
    return list(passages)


def _one_language_each(passages: Sequence[ScoredPassage], asked: AskedWords) -> list[ScoredPassage]:
    """Of a card's section that was found in two languages, the one in the preferred language."""
    chosen: dict[str, ScoredPassage] = {}
    for passage in passages:
        key = _section(passage)
        other = chosen.get(key)
        if other is None or asked.preference(passage.language) > asked.preference(other.language):
            chosen[key] = passage
    return list(chosen.values())


def _section(passage: ScoredPassage) -> str:
    path = passage.content.heading_path if passage.content else []
    row = passage_headings.BY_HEADING.get(path[-1]) if path else None
    return row.heading if row and passage.item.kind is Kind.PRACTICE else passage.id


def _mark_figures(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """Those that fit the figure asked for as well as any, near the best of them."""
    fitting = [one for one in sentences if one.fit > NO_FIGURE]
    if not fitting:
        return []
    best = max(fitting, key=lambda one: one.score)
    if best.score < LEAST_LIKE_FIGURE:
        return []
    return [one for one in fitting if one.fit >= best.fit and one.score >= best.score - NEAR_FIGURE]


def _mark_likest(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """Those near the best, if it is like the question and stands out among the others."""
    if not sentences:
        return []
    scores = np.array([one.score for one in sentences])
    best, mean = float(scores.max()), float(scores.mean())
    stands_out = len(sentences) == 1 or best - float(np.median(scores)) >= STANDS_OUT
    if best < LEAST_LIKE or not stands_out:
        return []
    enough = mean + NEAR_BEST * (best - mean)
    return [one for one in sentences if one.score >= enough]
