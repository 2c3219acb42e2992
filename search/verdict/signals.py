"""What tells an answer from a text on the same subject: the signals of each leading item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from kb.vectors.opening import Bm25
from search.query import EmbeddedQuestion
from search.ranking.asked_figures import asked_figure
from search.ranking.scored_passage import ScoredPassage
from search.verdict.background import Background
from search.verdict.question_words import QuestionWords, TermsByLanguage, read_words, terms_of_text

BEHIND = slice(5, 12)
"""Ranks, from 0, of the items that the margin is measured against: behind those that may all
answer, where a base has several answers."""
UNRELATED = 0.2
"""The score of a text on another subject."""
SENTENCES = 3
"""Sentences of an item, nearest to the question, in which its words are looked for."""


@dataclass(frozen=True)
class _Context:
    """What all items of a question are measured against. ``mean`` and ``deviation`` are of the
    cosine of the question and any sentence of the base; ``behind`` is the mean score of the items
    ``BEHIND``."""

    language: str
    words: QuestionWords
    asks_figure: bool
    mean: float
    deviation: float
    behind: float

    def standardise(self, cosine: float) -> float:
        return (cosine - self.mean) / self.deviation


def measure_signals(
    question: EmbeddedQuestion,
    passages: Sequence[ScoredPassage],
    background: Background,
    bm25: Bm25,
    cards: Mapping[str, TermsByLanguage],
    leads: Mapping[str, float],
) -> dict[str, dict[str, float]]:
    """The signals of each item with a loaded passage, by item and name.

    ``passages`` come best first. ``cards`` has the terms of whole items, by id; of an item that is
    not in it, the passages found are looked at. ``leads`` are those of ``subject.measure_leads``.
    """
    loaded: dict[str, list[ScoredPassage]] = defaultdict(list)
    scores: dict[str, float] = {}
    for passage in passages:
        scores.setdefault(passage.item.id, passage.score)
        if passage.content is not None:
            loaded[passage.item.id].append(passage)
    mean, deviation = background.spread(question.dense)
    context = _Context(
        question.language,
        read_words(bm25, background, question.text, question.language),
        asked_figure(question.text) is not None,
        mean,
        deviation,
        _mean_behind(scores.values()),
    )
    return {
        id: _signals_of(
            context, own, cards.get(id) or _terms_of_passages(bm25, own), leads.get(id, 0.0)
        )
        for id, own in loaded.items()
    }


def _signals_of(
    context: _Context, passages: Sequence[ScoredPassage], terms: TermsByLanguage, lead: float
) -> dict[str, float]:
    """Of one item, from its loaded passages, best first, and the terms of all its text.

    ``score`` is that of the best passage. ``sentence`` is the cosine of the best sentence in
    standard deviations above what any sentence of the base gets; ``margin`` is the lead over the
    items behind; ``words`` and ``sentence_words`` are the shares of the question's words, weighted
    by rarity, that stand in the item and in its sentences nearest to the question; ``figure`` is 1
    where a figure is asked for, and ``figure_lead`` the item's lead then. They are 0 where nothing
    of the item is in the question's language (``foreign``), and ``foreign_sentence``,
    ``foreign_margin`` and ``foreign_lead`` take their place. ``reading`` is what the reranker gives
    the item's best passage, 0 where there is none.
    """
    best = passages[0]
    sentence = context.standardise(max(map(_best_cosine, passages)))
    margin = best.score - context.behind
    foreign = context.language not in terms
    own = 0.0 if foreign else 1.0
    return {
        "score": best.score,
        "sentence": own * sentence,
        "margin": own * margin,
        "words": 0.0 if foreign else context.words.share(terms),
        "sentence_words": 0.0
        if foreign
        else context.words.share(_terms_of_nearest(context.words.bm25, passages)),
        "reading": max((one.reading for one in passages if one.reading is not None), default=0.0),
        "figure": own * context.asks_figure,
        "figure_lead": own * context.asks_figure * lead,
        "foreign": 1 - own,
        "foreign_sentence": (1 - own) * sentence,
        "foreign_margin": (1 - own) * margin,
        "foreign_lead": (1 - own) * lead,
    }


def _mean_behind(scores: Iterable[float]) -> float:
    """Mean score of the items ``BEHIND``; missing ones count as ``UNRELATED``."""
    behind = [*sorted(scores, reverse=True), *[UNRELATED] * BEHIND.stop][BEHIND]
    return float(sum(behind)) / len(behind)


def _best_cosine(passage: ScoredPassage) -> float:
    """The largest cosine of the sentences and the header."""
    cosines = [] if passage.sentence_cosines is None else passage.sentence_cosines.tolist()
    if passage.header_cosine is not None:
        cosines.append(passage.header_cosine)
    return float(max(cosines, default=passage.cosine))


def _terms_of_passages(bm25: Bm25, passages: Iterable[ScoredPassage]) -> TermsByLanguage:
    """Titles and headings included."""
    found: dict[str, frozenset[int]] = {}
    for passage in passages:
        if passage.content is not None:
            content, language = passage.content, passage.language
            text = "\n".join((passage.item.title, *content.heading_path, content.text))
            found[language] = found.get(language, frozenset()) | terms_of_text(bm25, text, language)
    return found


def _terms_of_nearest(bm25: Bm25, passages: Iterable[ScoredPassage]) -> TermsByLanguage:
    """Of the ``SENTENCES`` nearest to the question."""
    sentences = [
        (float(cosine), passage.content.text[start:end], passage.language)
        for passage in passages
        if passage.content is not None and passage.sentence_cosines is not None
        for (start, end), cosine in zip(
            passage.content.sentences, passage.sentence_cosines, strict=True
        )
    ]
    found: dict[str, frozenset[int]] = {}
    for _, text, language in nlargest(SENTENCES, sentences):
        found[language] = found.get(language, frozenset()) | terms_of_text(bm25, text, language)
    return found
