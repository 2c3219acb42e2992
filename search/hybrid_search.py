"""One question being answered: by meaning and by words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import ClassVar, Self

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.filters import FILTERS, FilterField
from kb.runtime.services import Services
from kb.vectors.opening import Filter, Hit, HybridQuery
from search.asked_place import AskedPlace, find_asked_place
from search.beside_results import BesideResults, find_beside_results
from search.query import EmbeddedQuestion, build_filter, embed_question, is_other_script
from search.ranking.answers import AskedWords, choose_answers
from search.ranking.brief import add_summaries
from search.ranking.by_place import (
    SUBJECT,
    RelevanceLimits,
    compare_with_elsewhere,
    order_by_place,
)
from search.ranking.cross_encoder import rerank_by_reading
from search.ranking.exact_words import find_rare, keep_phrases, raise_rare_words
from search.ranking.facets import count_values, is_used, without
from search.ranking.grouping import RankedItem, group_by_item
from search.ranking.leading import place_unfit_passages
from search.ranking.lexical_baseline import subtract_lexical_baseline
from search.ranking.same_answer import WINDOW, merge_same_answers
from search.ranking.scored_passage import (
    ScoredPassage,
    load_contents,
    load_visible_passages,
    sort_best_first,
)
from search.ranking.sentence_rerank import find_leading, rerank_by_best_sentence
from search.result_page import apply_context_similarity, build_results, passages_of
from search.results import AnswerVerdict, FacetValue, Question, Result
from search.verdict.judging import (
    Signals,
    cut_irrelevant,
    doubt_other_script,
    estimate_relevance,
    judge,
    measure_likeness,
    read_signals,
    verdict_model,
    with_relevance,
)


@dataclass(frozen=True)
class HybridSearch:
    """One question being answered for one reader in one database session."""

    by_meaning: ClassVar[bool] = True
    session: Session
    services: Services
    access: Access
    question: Question
    embedded: EmbeddedQuestion
    place: AskedPlace | None

    @classmethod
    def begin(
        cls, session: Session, services: Services, access: Access, question: Question
    ) -> Self:
        place = find_asked_place(
            session,
            question.text,
            access,
            places=not question.anywhere,
            traits=not question.of_any_kind,
        )
        embedded = cls.prepare(services, question, access)
        return cls(session, services, access, question, embedded, place)

    @staticmethod
    def prepare(services: Services, question: Question, access: Access) -> EmbeddedQuestion:
        return embed_question(services, question, access)

    def rank_items(self) -> list[RankedItem]:
        """All items found, best first."""
        where = self.embedded.hybrid.filter
        items = self._rank(self._find_passages(where), where)
        if is_other_script(self.question.text):
            return doubt_other_script(items, self.embedded.language, verdict_model(self.services))
        return items

    def _rank(self, passages: Sequence[ScoredPassage], where: Filter) -> list[RankedItem]:
        """The items of ``passages``, which were found within ``where``."""
        items, relevance = self.rank_passages(passages)
        place, model = self.place, verdict_model(self.services)
        if place is None:
            return with_relevance(items, relevance)
        limits = RelevanceLimits(model.end, model.near, model.answered)
        is_open = place.is_all or not place.limits
        subject = 1.0 if is_open else self.compare_with_elsewhere(place, passages)
        if subject >= SUBJECT:
            items = with_relevance(items, self._estimate(place, relevance, passages))
        else:
            documents = with_relevance(items, relevance)
            items = self._rank_by_subject(place, where, documents)
        return order_by_place(items, place, limits, subject=subject)

    def _rank_by_subject(
        self, place: AskedPlace, where: Filter, items: Sequence[RankedItem]
    ) -> list[RankedItem]:
        """Practices and projects by the question without the place, which none there answers, and
        the documents of ``items``, found by the whole question: a text may well tell of the
        place."""
        again = replace(self, embedded=self._embed(place.mentions.rest), place=None)
        found = again._rank(again._find_passages(where), where)
        located = [item for item in found if item.item.kind is not Kind.DOCUMENT]
        return [*located, *(item for item in items if item.item.kind is Kind.DOCUMENT)]

    def compare_with_elsewhere(self, place: AskedPlace, passages: Sequence[ScoredPassage]) -> float:
        """How near the practices in the place are to what is asked (``by_place``)."""
        subject = self._embed(place.mentions.rest).dense
        return compare_with_elsewhere(
            measure_likeness(self.services, self.session, self.access, subject, passages), place
        )

    def _embed(self, text: str) -> EmbeddedQuestion:
        asked = replace(self.question, text=text, reader_language=self.embedded.language)
        return self.prepare(self.services, asked, self.access)

    def rank_with_signals(self) -> tuple[list[RankedItem], Signals]:
        return self._rank_with_signals(self._find_passages(self.embedded.hybrid.filter))

    def rank_passages(
        self, found: Sequence[ScoredPassage]
    ) -> tuple[list[RankedItem], Mapping[str, float]]:
        """The items of the passages found, best first, and the relevance of each."""
        items, signals = self._rank_with_signals(found)
        return items, estimate_relevance(signals, verdict_model(self.services))

    def estimate(
        self, asked: EmbeddedQuestion, passages: Sequence[ScoredPassage]
    ) -> Mapping[str, float]:
        """The relevance for ``asked`` of each item with a loaded passage; they come best first."""
        signals = read_signals(self.services, self.session, self.access, asked, passages)
        return estimate_relevance(signals, verdict_model(self.services))

    def _estimate(
        self, place: AskedPlace, relevance: Mapping[str, float], passages: Sequence[ScoredPassage]
    ) -> Mapping[str, float]:
        """The relevance of each item. The practices in the place asked for need not name it."""
        if place.is_all:
            return relevance
        subject = replace(self.embedded, text=place.mentions.rest)
        there = self.estimate(subject, sort_best_first(passages))
        return {
            id: max(one, there.get(id, 0.0)) if id in place.here else one
            for id, one in relevance.items()
        }

    def _rank_with_signals(
        self, found: Sequence[ScoredPassage]
    ) -> tuple[list[RankedItem], Signals]:
        passages = subtract_lexical_baseline(found, self.embedded.language)
        pools = self._split_by_place(passages)
        read = [
            *chain(*(find_leading(pool) for pool in pools)),
            *find_rare(self.embedded, passages),
        ]
        self.load(read)
        passages = self._rerank(pools)
        passages = rerank_by_reading(self.services.reranker, self.embedded.text, passages)
        passages = raise_rare_words(self.session, self.services.bm25, self.embedded, passages)
        passages = keep_phrases(self.session, self.embedded, passages)
        passages = place_unfit_passages(passages)
        signals = read_signals(self.services, self.session, self.access, self.embedded, passages)
        return group_by_item(passages, self.embedded.language), signals

    def _split_by_place(
        self, passages: Sequence[ScoredPassage]
    ) -> tuple[list[ScoredPassage], list[ScoredPassage]]:
        """Passages of practices in the place asked for are not in competition with the others."""
        there = self.place.around if self.place else frozenset()
        pools: tuple[list[ScoredPassage], list[ScoredPassage]] = ([], [])
        for passage in passages:
            pools[passage.item.id in there].append(passage)
        return pools

    def _rerank(self, pools: Sequence[Sequence[ScoredPassage]]) -> list[ScoredPassage]:
        return sort_best_first(
            passage
            for pool in pools
            for passage in rerank_by_best_sentence(self.session, self.embedded, pool)
        )

    def list_items(self, items: Sequence[RankedItem]) -> list[RankedItem]:
        """Those to list of the items found: up to where relevance ends, or all."""
        return cut_irrelevant(items, verdict_model(self.services), far=self.question.far)

    def _find_passages(self, where: Filter) -> list[ScoredPassage]:
        """Again where a new index and its passages took the place of the old in between."""
        while True:
            index = self.services.index
            hits = _join(index.search_batch(self._queries(where)))
            passages = load_visible_passages(self.session, hits, self.access)
            if len(passages) == len(hits) or self.services.index is index:
                return passages

    def _queries(self, where: Filter) -> list[HybridQuery]:
        """The query within ``where``, and one for the practices in the place asked for, which other
        items must not keep out."""
        queries = [replace(self.embedded.hybrid, filter=where)]
        if self.place and self.place.around:
            there = self.place.around & (where.item_ids or self.place.around)
            queries.append(self.query_place(replace(where, item_ids=there)))
        return queries

    def query_place(self, where: Filter) -> HybridQuery:
        """For the practices in the place asked for, which ``where`` confines it to."""
        return replace(self.embedded.hybrid, filter=where)

    def load(self, passages: Sequence[ScoredPassage]) -> None:
        """The contents of passages that have none yet."""
        load_contents(self.session, self.embedded.dense, passages)

    def judge(self, items: Sequence[RankedItem]) -> AnswerVerdict:
        return judge(items, verdict_model(self.services))

    def find_beside(self) -> BesideResults:
        return find_beside_results(
            self.services, self.session, self.access, self.question, self.embedded
        )

    def merge(self, items: Sequence[RankedItem]) -> list[RankedItem]:
        """The items to list, in the order to show, each answer once."""
        ordered = self.list_items(
            apply_context_similarity(self.session, items, self.question.viewpoint)
        )
        best = [item.passages[0] for item in ordered[:WINDOW]]
        self.load([*best, *passages_of(self._page(ordered))])
        return merge_same_answers(ordered)

    def build_page(self, items: Sequence[RankedItem]) -> list[Result]:
        """Results of the page that was asked for."""
        page = self._page(items)
        self.load(passages_of(page))
        page = add_summaries(self.session, self.embedded.dense, page)
        subject = self.place.mentions.rest if self.place and self.place.limits else ""
        asked = AskedWords(
            subject or self.embedded.text,
            self.embedded.language,
            self.question.reader_language,
            self.services.bm25,
        )
        return build_results(self.session, [choose_answers(one, asked) for one in page])

    def _page(self, items: Sequence[RankedItem]) -> Sequence[RankedItem]:
        first = (self.question.page - 1) * self.question.page_size
        return items[first : first + self.question.page_size]

    def count_facets(self, items: list[RankedItem]) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of every filter over what is listed; one that is in use counts what would be
        listed without it."""
        used = [field for field in FILTERS if is_used(field, self.question)]
        listed, wider = self.list_items(items), self._find_without(used)
        return {
            field.name: count_values(field, self.question, wider.get(field.name, listed), listed)
            for field in FILTERS
        }

    def _find_without(self, used: Sequence[FilterField]) -> dict[str, list[RankedItem]]:
        """By filter in use, the items that would be listed without it."""
        wider = [build_filter(without(field, self.question), self.access) for field in used]
        queries = [self._queries(where) for where in wider]
        answers = iter(self.services.index.search_batch([*chain(*queries)]) if queries else [])
        found = [_join(next(answers) for _ in asked) for asked in queries]
        return {
            field.name: self.list_items(
                self._rank(load_visible_passages(self.session, hits, self.access), where)
            )
            for field, where, hits in zip(used, wider, found, strict=True)
        }


def _join(answers: Iterable[Sequence[Hit]]) -> list[Hit]:
    """The hits of several queries, each passage once."""
    return list({hit.id: hit for hits in answers for hit in hits}.values())
