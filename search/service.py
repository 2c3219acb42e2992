"""The entry point of search: a question becomes a page of practices and documents."""

from __future__ import annotations

import time
from collections.abc import Callable

from kb.access import Access
from kb.embedding.service.errors import NO_VECTORS
from kb.runtime.metrics import SEARCH_SECONDS, WORD_SEARCHES
from kb.runtime.services import Services
from kb.vectors.opening import IndexGone
from search.hybrid_search import HybridSearch
from search.query import require_subject, validate_question
from search.ranking.grouping import RankedItem
from search.result_page import build_place_answer
from search.results import AnswerVerdict, Question, ResultPage
from search.unanswered import note_later
from search.verdict.judging import Signals, find_relevant, verdict_model
from search.word_search import WordSearch


def rank(question: Question, services: Services, access: Access) -> list[RankedItem]:
    """All items found, best first, without what a page shows beside them.

    Raises:
        PermanentError: the question is empty or too long.
        TransientError: the index, or what computes vectors, cannot answer at the moment.
    """
    question = validate_question(question)
    with services.database.session() as session:
        return HybridSearch.begin(session, services, access, question).rank_items()


def rank_with_signals(
    question: Question, services: Services, access: Access
) -> tuple[list[RankedItem], Signals]:
    """As ``rank``, with the signals that relevance is estimated from and without relevance."""
    question = validate_question(question)
    with services.database.session() as session:
        return HybridSearch.begin(session, services, access, question).rank_with_signals()


def search(
    question: Question,
    services: Services,
    access: Access,
    *,
    note: bool = True,
    is_new: Callable[[], bool] = lambda: True,
    words_will_do: bool = True,
) -> ResultPage:
    """Practices and documents that answer the question, best first.

    ``note``: a question to the whole base that nothing answers is logged as unanswered if it
    ``is_new``, which is asked only then. ``words_will_do``: where the service that computes vectors
    gives none for the question, it is searched for by its words alone.

    Raises:
        PermanentError: the question is empty, too long or of signs or stop words only, or a code in
            it is unknown.
        TransientError: the index cannot answer at the moment.
    """
    started = time.perf_counter()
    question = validate_question(question)
    try:
        page = _search(HybridSearch, question, services, access, started)
    except NO_VECTORS:
        if not words_will_do:
            raise
        WORD_SEARCHES.inc()
        page = _search(WordSearch, question, services, access, started)
    nothing = page.verdict is AnswerVerdict.NOTHING
    if note and nothing and question.page == 1 and question.is_to_the_whole_base and is_new():
        note_later(services, question.text, page.language)
    return page


def _search(
    way: type[HybridSearch],
    question: Question,
    services: Services,
    access: Access,
    started: float,
) -> ResultPage:
    try:
        return _build_page(way, question, services, access, started)
    except IndexGone:  # another process has just replaced the index
        return _build_page(way, question, services, access, started)


def _build_page(
    way: type[HybridSearch],
    question: Question,
    services: Services,
    access: Access,
    started: float,
) -> ResultPage:
    with services.database.session() as session:
        running = way.begin(session, services, access, question)
        require_subject(services.bm25, running.embedded)
        ranked = running.rank_items()
        model = verdict_model(services)
        verdict = running.judge(ranked)
        merged = running.merge(ranked)
        results = running.build_page(merged)
        facets = running.count_facets(ranked)
        relevant = find_relevant(merged, model)
        beside = running.find_beside()
    took_s = time.perf_counter() - started
    SEARCH_SECONDS.observe(took_s)
    return ResultPage(
        question=question,
        language=running.embedded.language,
        verdict=verdict,
        took_ms=took_s * 1000,
        total=len(merged),
        relevant=len(relevant),
        less_near=len(ranked) - len(find_relevant(ranked, model)),
        results=tuple(results),
        facets=facets,
        collections=beside.collections,
        profiles=beside.profiles,
        did_you_mean=beside.spelling.corrected,
        unknown_words=beside.spelling.unknown if verdict is AnswerVerdict.NOTHING else (),
        place=build_place_answer(running.place, relevant, merged) if running.place else None,
        by_meaning=way.by_meaning,
    )
