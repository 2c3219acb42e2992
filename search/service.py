"""The one entry point: a question becomes a page of practices and documents with evidence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import TransientError
from kb.runtime.metrics import SEARCH_SECONDS
from kb.runtime.services import Services
from search import query
from search.query import Embedded
from search.ranking.facets import FACETS, Facet, count
from search.ranking.grouping import Candidate, group, is_answered
from search.ranking.lexical_baseline import calibrated
from search.ranking.same_answer import collapsed
from search.ranking.scored_passage import known
from search.ranking.sentence_rerank import reranked
from search.result_page import compared, shown
from search.results import FacetValue, Question, ResultPage
from search.unanswered import note_unanswered

log = structlog.get_logger()


@dataclass(frozen=True)
class _Search:
    """One question on its way: what it was turned into and whose eyes it is for."""

    session: Session
    services: Services
    access: Access
    question: Question
    embedded: Embedded

    def candidates(self) -> list[Candidate]:
        """All items found, best first."""
        hits = self.services.index.search(self.embedded.hybrid)
        found = calibrated(known(self.session, hits, self.access))
        best = reranked(self.session, self.embedded, found)
        return group(best, self.embedded.language)

    def facets(self, candidates: list[Candidate]) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of every filter; one that is in use counts what there would be without it."""
        used = [facet for facet in FACETS if facet.is_used(self.question)]
        counted = {facet.name: candidates for facet in FACETS} | self._without(used)
        return {facet.name: count(facet, self.question, counted[facet.name]) for facet in FACETS}

    def _without(self, used: Sequence[Facet]) -> dict[str, list[Candidate]]:
        """By filter in use, all items found without it, in whatever order."""
        wider = [query.filter_of(facet.without(self.question), self.access) for facet in used]
        queries = [replace(self.embedded.hybrid, filter=where) for where in wider]
        answers = self.services.index.search_batch(queries) if queries else []
        return {
            facet.name: group(known(self.session, hits, self.access), self.embedded.language)
            for facet, hits in zip(used, answers, strict=True)
        }


def rank(question: Question, services: Services, access: Access) -> list[Candidate]:
    """All items found, best first, without what a page shows beside them.

    Raises:
        PermanentError: the question is empty or too long.
        TransientError: the index cannot answer at the moment.
    """
    question = query.check(question)
    embedded = query.embed(services, question, access)
    with services.database.session() as session:
        return _Search(session, services, access, question, embedded).candidates()


def search(
    question: Question, services: Services, access: Access, *, note: bool = True
) -> ResultPage:
    """Practices and documents that answer the question, best first.

    ``note``: a question to the whole base that nothing answers goes into the log.

    Raises:
        PermanentError: the question is empty or too long, or a code in it is unknown.
        TransientError: the index cannot answer at the moment.
    """
    started = time.perf_counter()
    question = query.check(question)
    embedded = query.embed(services, question, access)
    with services.database.session() as session:
        asked = _Search(session, services, access, question, embedded)
        found = asked.candidates()
        answered = is_answered(found)
        once = collapsed(session, embedded, compared(session, found, question.viewpoint))
        first = (question.page - 1) * question.page_size
        results = shown(session, embedded, once[first : first + question.page_size])
        facets = asked.facets(found)
    SEARCH_SECONDS.observe(time.perf_counter() - started)
    if note and not answered and question.page == 1 and question.is_to_the_whole_base:
        _note(services, question.text, embedded.language)
    return ResultPage(
        question=question,
        language=embedded.language,
        answered=answered,
        took_ms=(time.perf_counter() - started) * 1000,
        total=len(once),
        results=tuple(results),
        facets=facets,
    )


def _note(services: Services, text: str, language: str) -> None:
    """Whoever asked gets the answer even where it cannot be written down."""
    try:
        note_unanswered(services, text, language)
    except TransientError as error:
        log.warning("unanswered question not noted", reason=str(error))
