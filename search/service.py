"""The entry point of search: a question becomes a page of practices and documents."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Kind
from kb.filters import FILTERS, FilterField
from kb.runtime.metrics import SEARCH_SECONDS
from kb.runtime.services import Services
from kb.vectors.opening import Filter, Hit, HybridQuery, IndexGone
from search.asked_place import AskedPlace, find_asked_place
from search.beside_results import find_beside_results
from search.query import (
    EmbeddedQuestion,
    build_filter,
    embed_question,
    is_other_script,
    require_subject,
    validate_question,
)
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
from search.result_page import (
    apply_context_similarity,
    build_place_answer,
    build_results,
    passages_of,
)
from search.results import AnswerVerdict, FacetValue, Question, Result, ResultPage
from search.unanswered import note_later
from search.verdict.judging import (
    Signals,
    cut_irrelevant,
    doubt_other_script,
    estimate_relevance,
    find_relevant,
    judge,
    measure_likeness,
    read_signals,
    verdict_model,
    with_relevance,
)


@dataclass(frozen=True)
class _Search:
    """One question being answered for one reader in one database session."""

    session: Session
    services: Services
    access: Access
    question: Question
    embedded: EmbeddedQuestion
    place: AskedPlace | None

    @classmethod
    def begin(
        cls, session: Session, services: Services, access: Access, question: Question
    ) -> _Search:
        place = find_asked_place(
            session,
            question.text,
            access,
            places=not question.anywhere,
            traits=not question.of_any_kind,
        )
        embedded = embed_question(services, question, access)
        return cls(session, services, access, question, embedded, place)

    def rank_items(self) -> list[RankedItem]:
        """All items found, best first."""
        where = self.embedded.hybrid.filter
        items = self._rank(self._find_passages(where), where)
        if is_other_script(self.question.text):
            return doubt_other_script(items, self.embedded.language, verdict_model(self.services))
        return items

    def _rank(self, passages: Sequence[ScoredPassage], where: Filter) -> list[RankedItem]:
        """The items of ``passages``, which were found within ``where``."""
        items, signals = self._rank_with_signals(passages)
        place, model = self.place, verdict_model(self.services)
        if place is None:
            return with_relevance(items, estimate_relevance(signals, model))
        limits = RelevanceLimits(model.end, model.near, model.answered)
        is_open = place.is_all or not place.limits
        subject = 1.0 if is_open else self._compare_with_elsewhere(place, passages)
        if subject >= SUBJECT:
            items = with_relevance(items, self._estimate(place, signals, passages))
        else:
            documents = with_relevance(items, estimate_relevance(signals, model))
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

    def _compare_with_elsewhere(
        self, place: AskedPlace, passages: Sequence[ScoredPassage]
    ) -> float:
        subject = self._embed(place.mentions.rest).dense
        return compare_with_elsewhere(
            measure_likeness(self.services, self.session, self.access, subject, passages), place
        )

    def _embed(self, text: str) -> EmbeddedQuestion:
        asked = replace(self.question, text=text, reader_language=self.embedded.language)
        return embed_question(self.services, asked, self.access)

    def rank_with_signals(self) -> tuple[list[RankedItem], Signals]:
        return self._rank_with_signals(self._find_passages(self.embedded.hybrid.filter))

    def _estimate(
        self, place: AskedPlace, signals: Signals, passages: Sequence[ScoredPassage]
    ) -> Mapping[str, float]:
        """The relevance of each item. The practices in the place asked for need not name it."""
        model = verdict_model(self.services)
        relevance = estimate_relevance(signals, model)
        if place.is_all:
            return relevance
        subject = replace(self.embedded, text=place.mentions.rest)
        best = sort_best_first(passages)
        read = read_signals(self.services, self.session, self.access, subject, best)
        there = estimate_relevance(read, model)
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
        load_contents(self.session, self.embedded.dense, read)
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
            queries.append(replace(queries[0], filter=replace(where, item_ids=there)))
        return queries

    def merge(self, items: Sequence[RankedItem]) -> list[RankedItem]:
        """The items to list, in the order to show, each answer once."""
        ordered = self.list_items(
            apply_context_similarity(self.session, items, self.question.viewpoint)
        )
        best = [item.passages[0] for item in ordered[:WINDOW]]
        load_contents(self.session, self.embedded.dense, [*best, *passages_of(self._page(ordered))])
        return merge_same_answers(ordered)

    def build_page(self, items: Sequence[RankedItem]) -> list[Result]:
        """Results of the page that was asked for."""
        page = self._page(items)
        load_contents(self.session, self.embedded.dense, passages_of(page))
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


def rank(question: Question, services: Services, access: Access) -> list[RankedItem]:
    """All items found, best first, without what a page shows beside them.

    Raises:
        PermanentError: the question is empty or too long.
        TransientError: the index cannot answer at the moment.
    """
    question = validate_question(question)
    with services.database.session() as session:
        return _Search.begin(session, services, access, question).rank_items()


def rank_with_signals(
    question: Question, services: Services, access: Access
) -> tuple[list[RankedItem], Signals]:
    """As ``rank``, with the signals that relevance is estimated from and without relevance."""
    question = validate_question(question)
    with services.database.session() as session:
        return _Search.begin(session, services, access, question).rank_with_signals()


def search(
    question: Question, services: Services, access: Access, *, note: bool = True
) -> ResultPage:
    """Practices and documents that answer the question, best first.

    ``note``: a question to the whole base that nothing answers is logged as unanswered.

    Raises:
        PermanentError: the question is empty, too long or of signs or stop words only, or a code in
            it is unknown.
        TransientError: the index cannot answer at the moment.
    """
    try:
        return _search(question, services, access, note=note)
    except IndexGone:  # another process has just replaced the index
        return _search(question, services, access, note=note)


def _search(question: Question, services: Services, access: Access, *, note: bool) -> ResultPage:
    started = time.perf_counter()
    question = validate_question(question)
    with services.database.session() as session:
        running = _Search.begin(session, services, access, question)
        require_subject(services.bm25, running.embedded)
        ranked = running.rank_items()
        model = verdict_model(services)
        verdict = judge(ranked, model)
        merged = running.merge(ranked)
        results = running.build_page(merged)
        facets = running.count_facets(ranked)
        relevant = find_relevant(merged, model)
        beside = find_beside_results(services, session, access, question, running.embedded)
    SEARCH_SECONDS.observe(time.perf_counter() - started)
    nothing = verdict is AnswerVerdict.NOTHING
    if note and nothing and question.page == 1 and question.is_to_the_whole_base:
        note_later(services, question.text, running.embedded.language)
    return ResultPage(
        question=question,
        language=running.embedded.language,
        verdict=verdict,
        took_ms=(time.perf_counter() - started) * 1000,
        total=len(merged),
        relevant=len(relevant),
        less_near=len(ranked) - len(find_relevant(ranked, model)),
        results=tuple(results),
        facets=facets,
        collections=beside.collections,
        profiles=beside.profiles,
        did_you_mean=beside.spelling.corrected,
        unknown_words=beside.spelling.unknown if nothing else (),
        place=build_place_answer(running.place, relevant, merged) if running.place else None,
    )
