"""The entry point of search: a question becomes a page of practices and documents."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from kb.access import Access
from kb.filters import FILTERS, FilterField
from kb.messages import TransientError
from kb.runtime.metrics import SEARCH_SECONDS
from kb.runtime.services import Services
from search.query import EmbeddedQuestion, build_filter, embed_question, validate_question
from search.ranking.exact_words import keep_phrases, raise_rare_words
from search.ranking.facets import count_values, is_used, without
from search.ranking.grouping import RankedItem, group_by_item
from search.ranking.leading import place_unfit_passages
from search.ranking.lexical_baseline import subtract_lexical_baseline
from search.ranking.same_answer import WINDOW, merge_same_answers
from search.ranking.scored_passage import ScoredPassage, load_contents, load_visible_passages
from search.ranking.sentence_rerank import rerank_by_best_sentence
from search.result_page import apply_context_similarity, build_results, passages_of
from search.results import AnswerVerdict, FacetValue, Question, Result, ResultPage
from search.unanswered import note_unanswered
from search.verdict.judging import (
    Signals,
    cut_irrelevant,
    estimate_relevance,
    find_relevant,
    judge,
    read_signals,
    verdict_model,
    with_relevance,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class _Search:
    """One question being answered for one reader in one database session."""

    session: Session
    services: Services
    access: Access
    question: Question
    embedded: EmbeddedQuestion

    def rank_items(self) -> list[RankedItem]:
        """All items found, best first."""
        return self._rank(self._find_passages())

    def _rank(self, passages: Sequence[ScoredPassage]) -> list[RankedItem]:
        items, signals = self._rank_with_signals(passages)
        return with_relevance(items, estimate_relevance(signals, verdict_model(self.services)))

    def rank_with_signals(self) -> tuple[list[RankedItem], Signals]:
        return self._rank_with_signals(self._find_passages())

    def _rank_with_signals(
        self, found: Sequence[ScoredPassage]
    ) -> tuple[list[RankedItem], Signals]:
        passages = subtract_lexical_baseline(found)
        passages = rerank_by_best_sentence(self.session, self.embedded, passages)
        passages = raise_rare_words(self.session, self.services.bm25, self.embedded, passages)
        passages = keep_phrases(self.session, self.embedded, passages)
        passages = place_unfit_passages(passages)
        signals = read_signals(self.services, self.session, self.embedded, passages)
        return group_by_item(passages, self.embedded.language), signals

    def list_items(self, items: Sequence[RankedItem]) -> list[RankedItem]:
        """Those to list of the items found: up to where relevance ends, or all."""
        return cut_irrelevant(items, verdict_model(self.services), far=self.question.far)

    def _find_passages(self) -> list[ScoredPassage]:
        """Again where a new index and its passages took the place of the old in between."""
        while True:
            index = self.services.index
            hits = index.search(self.embedded.hybrid)
            passages = load_visible_passages(self.session, hits, self.access)
            if len(passages) == len(hits) or self.services.index is index:
                return passages

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
        return build_results(self.session, page)

    def _page(self, items: Sequence[RankedItem]) -> Sequence[RankedItem]:
        first = (self.question.page - 1) * self.question.page_size
        return items[first : first + self.question.page_size]

    def count_facets(self, items: list[RankedItem]) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of every filter over what is listed; one that is in use counts what would be
        listed without it."""
        used = [field for field in FILTERS if is_used(field, self.question)]
        counted = {field.name: self.list_items(items) for field in FILTERS}
        counted |= self._find_without(used)
        return {
            field.name: count_values(field, self.question, counted[field.name]) for field in FILTERS
        }

    def _find_without(self, used: Sequence[FilterField]) -> dict[str, list[RankedItem]]:
        """By filter in use, the items that would be listed without it."""
        wider = [build_filter(without(field, self.question), self.access) for field in used]
        queries = [replace(self.embedded.hybrid, filter=where) for where in wider]
        answers = self.services.index.search_batch(queries) if queries else []
        return {
            field.name: self.list_items(
                self._rank(load_visible_passages(self.session, hits, self.access))
            )
            for field, hits in zip(used, answers, strict=True)
        }


def rank(question: Question, services: Services, access: Access) -> list[RankedItem]:
    """All items found, best first, without what a page shows beside them.

    Raises:
        PermanentError: the question is empty or too long.
        TransientError: the index cannot answer at the moment.
    """
    question = validate_question(question)
    embedded = embed_question(services, question, access)
    with services.database.session() as session:
        return _Search(session, services, access, question, embedded).rank_items()


def rank_with_signals(
    question: Question, services: Services, access: Access
) -> tuple[list[RankedItem], Signals]:
    """As ``rank``, with the signals that relevance is estimated from and without relevance."""
    question = validate_question(question)
    embedded = embed_question(services, question, access)
    with services.database.session() as session:
        running = _Search(session, services, access, question, embedded)
        return running.rank_with_signals()


def search(
    question: Question, services: Services, access: Access, *, note: bool = True
) -> ResultPage:
    """Practices and documents that answer the question, best first.

    ``note``: a question to the whole base that nothing answers is logged as unanswered.

    Raises:
        PermanentError: the question is empty or too long, or a code in it is unknown.
        TransientError: the index cannot answer at the moment.
    """
    started = time.perf_counter()
    question = validate_question(question)
    embedded = embed_question(services, question, access)
    with services.database.session() as session:
        running = _Search(session, services, access, question, embedded)
        ranked = running.rank_items()
        model = verdict_model(services)
        verdict = judge(ranked, model)
        merged = running.merge(ranked)
        results = running.build_page(merged)
        facets = running.count_facets(ranked)
    SEARCH_SECONDS.observe(time.perf_counter() - started)
    nothing = verdict is AnswerVerdict.NOTHING
    if note and nothing and question.page == 1 and question.is_to_the_whole_base:
        _log_unanswered(services, question.text, embedded.language)
    return ResultPage(
        question=question,
        language=embedded.language,
        verdict=verdict,
        took_ms=(time.perf_counter() - started) * 1000,
        total=len(merged),
        relevant=len(find_relevant(merged, model)),
        less_near=len(ranked) - len(find_relevant(ranked, model)),
        results=tuple(results),
        facets=facets,
    )


def _log_unanswered(services: Services, text: str, language: str) -> None:
    """A failure to log is no failure of the search."""
    try:
        note_unanswered(services, text, language)
    except TransientError as error:
        log.warning("unanswered question not noted", reason=str(error))
