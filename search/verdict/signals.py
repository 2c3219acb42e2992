"""What tells an answer from a text on the same subject: the signals of each leading item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from kb.vectors.opening import Bm25
from search.query import EmbeddedQuestion
from search.ranking.asked_figures import AskedFigure, asked_figure
from search.ranking.figures_in_sentences import OF_NOUN
from search.ranking.scored_passage import ScoredPassage
from search.verdict.background import Background
from search.verdict.question_words import QuestionWords, TermsByLanguage, read_words, terms_of_text
from search.verdict.subject import NO_SENTENCE, Subject

BEHIND = slice(5, 12)
"""Ranks, from 0, of the items that the margin is measured against: behind those that may all
answer, where a base has several answers."""
UNRELATED = 0.2
"""The score of a text on another subject."""
OF_SUBJECT = 0.7
"""Share of a foreign item's margin that is the lead of the question without the title's words."""
MARGIN_OF_LEAD = 0.03
"""Margin that a lead of one standard deviation is worth."""
NO_SECOND = -0.2
"""The cosine of a second sentence that an item does not have."""
SENTENCES = 3
"""Sentences of an item, nearest to the question, in which its words are looked for."""


@dataclass(frozen=True)
class _Context:
    """What all items of a question are measured against. ``next_best`` is the second highest score
    of an item, ``behind`` the mean score of the items ``BEHIND``."""

    language: str
    words: QuestionWords
    asked: AskedFigure | None
    next_best: float
    behind: float
    subject: Subject


def measure_signals(
    question: EmbeddedQuestion,
    passages: Sequence[ScoredPassage],
    background: Background,
    bm25: Bm25,
    cards: Mapping[str, TermsByLanguage],
    subject: Subject,
) -> dict[str, dict[str, float]]:
    """The signals of each item with a loaded passage, by item and name.

    ``passages`` come best first. ``cards`` has the terms of whole items, by id; of an item that is
    not in it, the passages found are looked at. ``subject`` is empty where no signal looks at it.
    """
    loaded: dict[str, list[ScoredPassage]] = defaultdict(list)
    scores: dict[str, float] = {}
    for passage in passages:
        scores.setdefault(passage.item.id, passage.score)
        if passage.content is not None:
            loaded[passage.item.id].append(passage)
    context = _Context(
        question.language,
        read_words(bm25, background, question.text, question.language),
        asked_figure(question.text),
        nlargest(2, [*scores.values(), UNRELATED, UNRELATED])[1],
        _mean_behind(scores.values()),
        subject,
    )
    return {
        id: _signals_of(context, own, cards.get(id) or terms_of_passages(bm25, own))
        for id, own in loaded.items()
    }


def _signals_of(
    context: _Context, passages: Sequence[ScoredPassage], terms: TermsByLanguage
) -> dict[str, float]:
    """Of one item, from its loaded passages, best first, and the terms of all its text.

    ``score`` is that of the best passage, ``margin`` its lead over the items behind. ``words`` and
    ``sentence_words`` are the shares of the question's words, weighted by rarity, that stand in the
    item and in its sentences nearest to the question; ``missing`` is the rarity of the rarest word
    that does not stand in the item, ``unknown`` 1 where none of ``FEW_WORDS`` does. ``figure`` is 1
    where a figure is asked for, ``figure_lead`` the lead of ``Subject`` then and
    ``figure_sentence`` how near the best sentence with such a figure is; ``uncounted`` is 1 where
    the question asks how many there are of something that no sentence has a number of. All are 0
    where nothing of the item is in the question's language (``foreign``), and those that begin with
    ``foreign_`` take their place: ``foreign_gap`` is the lead over the next item,
    ``foreign_second`` the cosine of the second best sentence. ``reading`` is what the reranker
    gives the item's best passage, 0 where there is none.
    """
    best, subject, words = passages[0], context.subject, context.words
    margin = best.score - context.behind
    lead = subject.leads.get(best.item.id, 0.0)
    figure = float(context.asked is not None)
    signals = {
        "score": best.score,
        "reading": max((one.reading for one in passages if one.reading is not None), default=0.0),
    }
    own = {
        "margin": margin,
        "words": words.share(terms),
        "sentence_words": words.share(_terms_of_nearest(words.bm25, passages)),
        "missing": words.rarest_missing(terms),
        "unknown": float(words.are_few_and_missing(terms)),
        "figure": figure,
        "figure_lead": figure * lead,
        "figure_sentence": figure * subject.figures.get(best.item.id, NO_SENTENCE),
        "uncounted": float(_is_uncounted(context.asked, passages)),
    }
    foreign = {
        "foreign": 1.0,
        "foreign_margin": _without_name(margin, lead) if subject.is_part else margin,
        "foreign_gap": max(best.score - context.next_best, 0.0),
        "foreign_second": _second_cosine(passages),
        "foreign_lead": lead,
        "foreign_figure": figure,
        "foreign_figure_lead": figure * lead,
    }
    is_foreign = context.language not in terms
    return (
        signals
        | {name: 0.0 if is_foreign else value for name, value in own.items()}
        | {name: value if is_foreign else 0.0 for name, value in foreign.items()}
    )


def _without_name(margin: float, lead: float) -> float:
    """The margin of an item whose title the question names: across languages a name is often all
    that question and text share, so that most of it is the lead without the name."""
    return (1 - OF_SUBJECT) * margin + OF_SUBJECT * MARGIN_OF_LEAD * lead


def _is_uncounted(asked: AskedFigure | None, passages: Iterable[ScoredPassage]) -> bool:
    """Whether a count of something is asked for that no sentence of the passages has a number
    of."""
    if asked is None or not asked.noun:
        return False
    fits = (one.figure_fits for one in passages if one.figure_fits is not None)
    return not any((own == OF_NOUN).any() for own in fits)


def _second_cosine(passages: Iterable[ScoredPassage]) -> float:
    """Of the question and the second best sentence: one sentence on the subject is soon found."""
    cosines = (one.sentence_cosines for one in passages if one.sentence_cosines is not None)
    found = (float(cosine) for own in cosines for cosine in own)
    return nlargest(2, [*found, NO_SECOND, NO_SECOND])[1]


def _mean_behind(scores: Iterable[float]) -> float:
    """Mean score of the items ``BEHIND``; missing ones count as ``UNRELATED``."""
    behind = [*sorted(scores, reverse=True), *[UNRELATED] * BEHIND.stop][BEHIND]
    return float(sum(behind)) / len(behind)


def terms_of_passages(bm25: Bm25, passages: Iterable[ScoredPassage]) -> TermsByLanguage:
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
