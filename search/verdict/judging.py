"""The verdict on what was found, and the items up to where relevance ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.embedding.late import cosines
from kb.runtime.services import Services
from kb.text.slugs import slugify
from kb.vectors.opening import Vector
from search.query import EmbeddedQuestion
from search.ranking.asked_figures import asked_figure
from search.ranking.grouping import RankedItem
from search.ranking.scored_passage import ScoredPassage
from search.results import AnswerVerdict
from search.verdict.background import background_of
from search.verdict.card_words import read_card_terms
from search.verdict.model import VerdictModel, load_model
from search.verdict.question_words import TermsByLanguage
from search.verdict.signals import measure_signals
from search.verdict.subject import Subject, drop_title, measure_subject
from search.wording import capitalise

SHARED_WORDS = 0.25
"""Share of the question's words, by rarity, that makes up for a score below the floor."""
LOWEST_SCORE = -0.4
"""Below it are only items without a phrase in quotation marks that no text has."""
Signals = Mapping[str, Mapping[str, float]]
"""By item and name."""
SHARE_OF_BEST = 0.25
"""Of the best relevance, below which relevance ends: of a practice that answers for sure, one that
hardly touches the subject is no company."""
NEAREST = 3
"""Items listed where nothing answers."""


def verdict_model(services: Services) -> VerdictModel:
    """The model for the configured embedding model and reranker."""
    return load_model(services.settings.cache_dir, name_models(services))


def name_models(services: Services) -> str:
    """What weights are learned for: the embedding model, and the reranker where one is used."""
    reranker = services.reranker
    own = services.model.fingerprint
    return f"{own}-{slugify(reranker.name)}" if reranker else own


def read_signals(
    services: Services,
    session: Session,
    access: Access,
    question: EmbeddedQuestion,
    passages: Sequence[ScoredPassage],
) -> Signals:
    """The signals of each item with a loaded passage; ``passages`` come best first."""
    database, bm25 = services.database, services.bm25
    background = background_of(database, session, access, bm25, int(question.dense.size))
    loaded = [one for one in passages if one.content is not None]
    practices = {one.item.id for one in loaded if one.item.kind is Kind.PRACTICE}
    cards = read_card_terms(database, session, bm25, sorted(practices))
    subject = Subject()
    if _counts_subject(question, loaded, cards):
        asked = _embed_subject(services, question, loaded[:1])
        subject = measure_subject(asked, question.dense, loaded, background)
    return measure_signals(question, passages, background, bm25, cards, subject)


def _counts_subject(
    question: EmbeddedQuestion,
    loaded: Sequence[ScoredPassage],
    cards: Mapping[str, TermsByLanguage],
) -> bool:
    """Whether a signal depends on the subject: where a figure is asked for, or an item is in other
    languages than the question. Otherwise nothing more need be embedded."""
    languages: dict[str, set[str]] = {id: set(terms) for id, terms in cards.items() if terms}
    for passage in loaded:
        if not cards.get(passage.item.id):
            languages.setdefault(passage.item.id, set()).add(passage.language)
    is_foreign = any(question.language not in own for own in languages.values())
    return is_foreign or asked_figure(question.text) is not None


def _embed_subject(
    services: Services, question: EmbeddedQuestion, first: Sequence[ScoredPassage]
) -> Vector | None:
    """What is asked of the item that leads: the question without the words of its title. None where
    there are none, or where no signal looks at it."""
    for passage in first:
        if passage.language == question.language and asked_figure(question.text) is None:
            continue
        subject = drop_title(question.text, question.language, passage, services.bm25)
        if subject:
            vector = services.embedder.embed_query(capitalise(subject))
            return services.preparation.query(vector, question.language)
    return None


def measure_likeness(
    services: Services,
    session: Session,
    access: Access,
    subject: Vector,
    passages: Sequence[ScoredPassage],
) -> Mapping[str, float]:
    """Of each item with a loaded passage, the cosine of ``subject``, shape (dimension,), and its
    best sentence, in standard deviations above what any sentence of the base gets."""
    database, bm25 = services.database, services.bm25
    background = background_of(database, session, access, bm25, int(subject.size))
    mean, deviation = background.spread(subject)
    likeness: dict[str, float] = {}
    for passage in passages:
        if passage.content is not None:
            compared = cosines([passage.content.sentence_vectors], subject)
            found = (float(compared.max(initial=-1.0)) - mean) / deviation
            likeness[passage.item.id] = max(likeness.get(passage.item.id, found), found)
    return likeness


def estimate_relevance(signals: Signals, model: VerdictModel) -> Mapping[str, float]:
    """The probability that it answers of each item with signals, by item."""
    if not signals:
        return {}
    rows = np.array([[one[name] for name in model.names] for one in signals.values()])
    found = zip(signals.items(), model.probabilities(rows).tolist(), strict=True)
    return {
        id: 0.0 if _is_too_far(one, model) else min(chance, _limit(one, model))
        for (id, one), chance in found
    }


def _limit(signals: Mapping[str, float], model: VerdictModel) -> float:
    """Where none of one or two words stands in an item it hardly ever answers: the first item did
    for 2 of 34 such questions to the made-up practices of ``bench/verdict_texts.yaml``."""
    return model.near - 1e-6 if signals.get("unknown") else 1.0


def _is_too_far(signals: Mapping[str, float], model: VerdictModel) -> bool:
    if signals["score"] < LOWEST_SCORE:
        return True
    return signals["score"] < model.floor and signals["words"] < SHARED_WORDS


def with_relevance(items: Sequence[RankedItem], relevance: Mapping[str, float]) -> list[RankedItem]:
    """The items with their relevance; those without one are taken to be irrelevant."""
    return [replace(item, relevance=relevance.get(item.id, 0.0)) for item in items]


def doubt_other_script(
    items: Sequence[RankedItem], language: str, model: VerdictModel
) -> list[RankedItem]:
    """The items to a question in another script than Latin. Where no text found is in its language,
    the model tells subjects apart badly: nearly is not enough."""
    if any(language in item.languages for item in items):
        return list(items)
    most = model.near - 1e-6
    return [
        item
        if item.relevance >= model.answered
        else replace(item, relevance=min(item.relevance, most))
        for item in items
    ]


def judge(items: Sequence[RankedItem], model: VerdictModel) -> AnswerVerdict:
    """What is said of the items as a whole."""
    best = max((item.relevance for item in items), default=0.0)
    if best >= model.answered:
        return AnswerVerdict.ANSWERED
    return AnswerVerdict.NEAR if best >= model.near else AnswerVerdict.NOTHING


def cut_irrelevant(
    items: Sequence[RankedItem], model: VerdictModel, *, far: bool
) -> list[RankedItem]:
    """The items to list, in their order: those before the end of relevance, then, with ``far``, the
    others. Where nothing answers, the nearest few."""
    relevant = find_relevant(items, model)
    ids = {item.id for item in relevant}
    if far:
        return relevant + [item for item in items if item.id not in ids]
    return relevant or list(items[:NEAREST])


def find_relevant(items: Sequence[RankedItem], model: VerdictModel) -> list[RankedItem]:
    """The items before the end of relevance; none where nothing answers."""
    if judge(items, model) is AnswerVerdict.NOTHING:
        return []
    least = _end_of_relevance(items, model)
    return [item for item in items if item.relevance >= least]


def _end_of_relevance(items: Sequence[RankedItem], model: VerdictModel) -> float:
    """Where a place has ordered the items, those in it do not put an end to the others."""
    if any(item.order for item in items):
        return model.end
    best = max((item.relevance for item in items), default=0.0)
    return max(model.end, SHARE_OF_BEST * best)
